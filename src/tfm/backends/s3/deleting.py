"""Deleting objects: one by one, or a thousand by one request."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.entries import quoted_etag
from tfm.backends.s3.errors import code_of, error_document
from tfm.backends.s3.hook import STRANGE
from tfm.core.errors import InvalidRequestError, StorageError, TemporaryError
from tfm.core.writing import Condition, DeleteFailure, Precondition

__all__ = ["Deleting", "fits_batch"]

# botocore has no types; Any stands for its values throughout this module.

_MOST_KEYS: Final = 1000
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""

_FITTING: Final = re.compile(r"[\t\n\x20-\x7E\xA0-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]*")
_NOT_THERE: Final = "NoSuchKey"


def fits_batch(key: str) -> bool:
    """Whether a batch means exactly this key on every server.

    XML 1.0 (https://www.w3.org/TR/xml/#charsets) has no way to write the other control characters; a carriage return
    that is not written as a reference is read as a newline, which is another object's key; directory buckets refuse
    U+007F to U+009F and keys of white space alone.
    """
    return _FITTING.fullmatch(key) is not None and not key.isspace()


class Deleting:
    """Deletes in one bucket. Thread-safe."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def delete(self, key: str, only_if: Precondition | None = None, *, operation: str = "delete") -> None:
        """Raises NotFoundError only from servers that tell, as S3 does where ``only_if`` names an etag."""
        self._bucket.check_key(operation, key)
        parameters: dict[str, Any] = {**self._bucket.parameters, "Key": key}
        if only_if is not None and only_if.etag is not None and self._bucket.sends(Condition.DELETE):
            parameters["IfMatch"] = quoted_etag(only_if.etag)
        with self._bucket.asking(operation, key, only_if):
            self._bucket.sender(self._bucket.clients().interactive(), "DeleteObject")(**parameters)

    def delete_many(self, keys: Sequence[str], etags: Mapping[str, str]) -> list[DeleteFailure]:
        """``etags`` of the versions that are meant are sent where the server is known to enforce them."""
        if len(keys) > _MOST_KEYS:
            raise InvalidRequestError(
                f"{len(keys):,} keys are more than the {_MOST_KEYS:,} that S3 deletes at once.",
                uri=self._bucket.asked("delete", "").uri, operation="delete",
            )  # fmt: skip
        batch: list[str] = []
        alone: list[str] = []
        failures: list[DeleteFailure] = []
        for key in keys:
            try:
                self._bucket.check_key("delete", key)
            except StorageError as error:
                failures.append(DeleteFailure(key, error))
            else:
                (batch if fits_batch(key) else alone).append(key)
        # First of all, since it may fail as a whole: then nothing else was done either.
        if batch:
            failures += self._delete_batch(batch, etags if self._bucket.sends(Condition.DELETE_MANY) else {})
        for key in alone:
            failures += self._delete_alone(key, etags.get(key) if self._bucket.sends(Condition.DELETE) else None)
        return failures

    def begin_delete_many(self, keys: Sequence[str]) -> Callable[[], list[DeleteFailure]] | None:
        """None too where not all of them go into one batch."""
        if len(keys) > _MOST_KEYS or not all(map(self._is_for_batch, keys)):
            return None
        short_way = self._bucket.clients().short_way
        with self._bucket.asking("delete", ""):
            begun = short_way.begin(self._bucket.clients().patient(), "DeleteObjects", self._naming(keys, {}))
        if begun is None:
            return None

        def answer() -> list[DeleteFailure]:
            with self._bucket.asking("delete", ""):
                response = begun()
            return self._told(keys, response)

        return answer

    def _is_for_batch(self, key: str) -> bool:
        try:
            self._bucket.check_key("delete", key)
        except StorageError:
            return False
        return fits_batch(key)

    def _delete_batch(self, keys: Sequence[str], etags: Mapping[str, str]) -> list[DeleteFailure]:
        with self._bucket.asking("delete", ""):
            # Patient: to give up on a thousand keys is to know nothing of any of them.
            send = self._bucket.sender(self._bucket.clients().patient(), "DeleteObjects")
            response = send(**self._naming(keys, etags))
        return self._told(keys, response)

    def _naming(self, keys: Sequence[str], etags: Mapping[str, str]) -> dict[str, Any]:
        objects = [{"Key": key, "ETag": quoted_etag(etags[key])} if key in etags else {"Key": key} for key in keys]
        return {**self._bucket.parameters, "Delete": {"Objects": objects, "Quiet": True}}

    def _told(self, keys: Sequence[str], response: Mapping[str, Any]) -> list[DeleteFailure]:
        if STRANGE in response:
            raise self._failed(TemporaryError, "answered a delete with something else", "Check the endpoint URL.")
        return self._failures(keys, response.get("Errors") or [])

    def _failures(self, keys: Sequence[str], errors: Sequence[dict[str, Any]]) -> list[DeleteFailure]:
        asked_for = frozenset(keys)
        failures: dict[str, DeleteFailure] = {}
        for each in errors:
            key, code = each.get("Key"), str(each.get("Code", ""))
            if key not in asked_for:
                raise self._failed(InvalidRequestError, "answered about a key that it was not to delete")
            if code != _NOT_THERE:
                asked = self._bucket.asked("delete", key)
                error = error_document(code, str(each.get("Message", "")), asked, status=400)
                failures[key] = DeleteFailure(key, error)
        return list(failures.values())

    def _delete_alone(self, key: str, etag: str | None) -> list[DeleteFailure]:
        parameters = {**self._bucket.parameters, "Key": key}
        if etag is not None:
            parameters["IfMatch"] = quoted_etag(etag)
        try:
            with self._bucket.asking("delete", key):
                client = self._bucket.clients().interactive()
                try:
                    self._bucket.sender(client, "DeleteObject")(**parameters)
                except client.exceptions.ClientError as error:
                    if code_of(error) != _NOT_THERE:
                        raise
        except StorageError as error:
            return [DeleteFailure(key, error, known=not error.temporary)]
        return []

    def _failed(self, kind: type[StorageError], what: str, next_step: str = "") -> StorageError:
        asked = self._bucket.asked("delete", "")
        return asked.error(kind, f"{asked.server} {what}.", next_step)
