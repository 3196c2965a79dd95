"""What is hung into a botocore client: raw listing bodies, the count of requests, an end to redirects, and doubt.

botocore parses every 200 answer of S3 twice, once only to look for an error document: 227 ms CPU for a page of 1,000
keys, where reading the body into columns costs three. So the body of ListObjectsV2 is handed out as it came, and both
parsers see an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

__all__ = [
    "BODY",
    "DELETE_RESULT",
    "STRANGE",
    "count_requests",
    "doubt_delete_answers",
    "end_endless_redirects",
    "hand_out_listing_bodies",
]

BODY: Final = "TfmBody"
"""The key under which the answer of ``list_objects_v2`` holds the raw body of a 200 answer."""

STRANGE: Final = "TfmStrange"
"""A key that the answer of ``delete_objects`` has only if the server answered 200 and something else than S3 does."""

DELETE_RESULT: Final = re.compile(rb"<(?:[A-Za-z0-9]+:)?DeleteResult[\s/>]")
"""How the answer of ``delete_objects`` begins."""

# botocore has no types; Any stands for its values throughout this module.


def hand_out_listing_bodies(client: Any) -> None:
    """Make ``client.list_objects_v2`` answer with the raw body under :data:`BODY`, unparsed."""
    client.meta.events.register("before-parse.s3.ListObjectsV2", _keep_body)
    _skip_first_parse(client)


def _keep_body(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    if response_dict["status_code"] == 200:
        customized_response_dict[BODY] = response_dict["body"]
        response_dict["body"] = b""


def _skip_first_parse(client: Any) -> None:
    """Take botocore's search for an error document off ListObjectsV2, whose body is looked at here, and only off it."""
    from botocore import handlers

    # A private name, so it may go away; then listings are parsed once too often again, and nothing else changes.
    look_for_error: Callable[..., None] | None = getattr(handlers, "_handle_200_error", None)
    if look_for_error is None:
        return
    search = look_for_error

    def look_elsewhere(operation_model: Any, **event: Any) -> None:
        if operation_model.name != "ListObjectsV2":
            search(operation_model=operation_model, **event)

    events = client.meta.events
    events.unregister("before-parse.s3.*", search)
    events.register_first("before-parse.s3.*", look_elsewhere)


def doubt_delete_answers(client: Any) -> None:
    """Make ``client.delete_objects`` say under :data:`STRANGE` that an answer was none.

    A quiet answer names what was not deleted, so an empty one, or a proxy's own page, would pass for complete success.
    """
    client.meta.events.register("before-parse.s3.DeleteObjects", _note_strange)


def _note_strange(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    if response_dict["status_code"] == 200 and not DELETE_RESULT.search(response_dict["body"][:1000]):
        customized_response_dict[STRANGE] = True


def count_requests(client: Any, record_request: Callable[[str], None]) -> None:
    """Tell ``record_request`` the operation of all that this client puts on the wire, redirected requests too."""

    def sending(event_name: str, **_: Any) -> None:
        record_request(event_name.rpartition(".")[2])

    client.meta.events.register("before-send.s3", sending)


def end_endless_redirects(client: Any) -> None:
    """Let a server that redirects everything, and names no region, be told of instead of asked for ever.

    Where a redirect names none, botocore asks by HeadBucket, whose own redirect makes it ask again, hundreds of times,
    until Python's recursion limit. Anything that leads http:// to https:// answers like that.
    """
    client.meta.events.register_first("needs-retry.s3.HeadBucket", _follow_only_to_a_region)


def _follow_only_to_a_region(request_dict: dict[str, Any], response: Any, **_: Any) -> None:
    if response is not None and "x-amz-bucket-region" not in response[1]["ResponseMetadata"].get("HTTPHeaders", {}):
        request_dict.setdefault("context", {}).setdefault("s3_redirect", {})["redirected"] = True
