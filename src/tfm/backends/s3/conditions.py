"""Which preconditions an S3 server enforces itself: as set, as found by a check, or as known of its provider."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from tfm.backends.s3.known_servers import KnownServers
from tfm.backends.s3.servers import Servers
from tfm.core.errors import SettingsError
from tfm.core.writing import Condition

__all__ = ["Conditions", "Origin", "conditions_of_provider", "conditions_of_setting", "is_other_door"]

_NONE: Final[frozenset[Condition]] = frozenset()
_WRITES: Final = frozenset({Condition.CREATE, Condition.REPLACE})
_DELETES: Final = frozenset({Condition.DELETE, Condition.DELETE_MANY})
_ALL: Final = frozenset(Condition)

_HOSTS: Final = {
    # PutObject and CompleteMultipartUpload since August and November 2024, DeleteObject since September 2025,
    # DeleteObjects, by its entries' ETag, too; CopyObject since October 2025; directory buckets too.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
    ".amazonaws.com": _ALL,
    ".amazonaws.com.cn": _ALL,
    # Copies have headers of their own there, and deletes none.
    # https://developers.cloudflare.com/r2/api/s3/conditional-operations/
    ".r2.cloudflarestorage.com": _WRITES,
}
"""By the end of the endpoint's host."""

_SERVERS: Final = (
    # In one step with the write, and for deletes and copies too, since https://github.com/seaweedfs/seaweedfs/pull/8802,
    # which 4.19 was the first to have for certain. Measured on 4.48, of batches of deletes only there.
    (re.compile(r"SeaweedFS \S+ (\d+)\.(\d+)"), (4, 48), _ALL),
    (re.compile(r"SeaweedFS \S+ (\d+)\.(\d+)"), (4, 19), _ALL - {Condition.DELETE_MANY}),
)
"""By the ``Server`` header, from a version on.

MinIO is not here, since its header names no version: until September 2025 it let a write with If-Match through where
the object was gone (https://github.com/minio/minio/issues/21526), before 2023 it knew neither header, and it has none
for deletes (https://github.com/minio/minio/issues/21677). ``tfm doctor`` finds out which of them one has.
"""

_MOST_ANSWERS: Final = 256

_OTHER_DOORS: Final = re.compile(r"arn:.*|.*-s3alias|.*--ol-s3|.*--op-s3")
"""Access points: what is behind one may be a function, an Outpost or a file system, of which nothing is known."""


class Origin(Enum):
    """From where it is known which preconditions a server enforces."""

    SETTING = "as S3_CONDITIONS says"
    DOCTOR = "as tfm doctor found out"
    PROVIDER = "as is known of the provider"


class Conditions:
    """Answers for every server of a session. Thread-safe; no requests."""

    def __init__(self, setting: str, known: KnownServers, servers: Servers) -> None:
        """Raises SettingsError for a setting S3_CONDITIONS that cannot be read."""
        self._set = conditions_of_setting(setting)
        self._known = known
        self._servers = servers
        self._answers: dict[tuple[str, str], tuple[frozenset[Condition], Origin]] = {}
        self._answered_at = servers.changes

    def enforced(self, endpoint_url: str, bucket: str) -> frozenset[Condition]:
        """The preconditions that are known to be enforced there."""
        return self.enforced_and_origin(endpoint_url, bucket)[0]

    def enforced_and_origin(self, endpoint_url: str, bucket: str) -> tuple[frozenset[Condition], Origin]:
        """The same, and who says it. What was found out is about buckets: what is behind another door it says nothing
        of."""
        if self._set is not None:
            return self._set, Origin.SETTING
        # Asked for each request, and found out anew only when something was learned: that takes a tenth of a request.
        changes = self._servers.changes
        if self._answered_at != changes or len(self._answers) >= _MOST_ANSWERS:
            self._answers = {}
            self._answered_at = changes
        answers = self._answers
        known = answers.get((endpoint_url, bucket))
        if known is None:
            known = answers[endpoint_url, bucket] = self._found(endpoint_url, bucket)
        return known

    def _found(self, endpoint_url: str, bucket: str) -> tuple[frozenset[Condition], Origin]:
        found = None if is_other_door(bucket) else self._known.conditions(endpoint_url)
        origin = Origin.PROVIDER if found is None else Origin.DOCTOR
        if found is None:
            found = conditions_of_provider(endpoint_url, bucket, self._servers.name(endpoint_url))
        return frozenset(each for each in found if not self._servers.has_refused(endpoint_url, each)), origin

    def learn(self, endpoint_url: str, found: Iterable[Condition], found_at: datetime) -> str:
        """Go by what was found out of that server, from now on and in later sessions; the file that keeps it.

        Raises OSError where it cannot be written.
        """
        self._known.record(endpoint_url, found, server=self._servers.name(endpoint_url), found_at=found_at)
        self._answers = {}
        return self._known.path()

    def are_sent(self, condition: Condition, endpoint_url: str, bucket: str) -> bool:
        """Whether that precondition goes along with a request.

        With writes also where nobody knows what comes of it: it costs nothing, and may be heeded. With copies only
        where nothing at all is known, since some have other headers for them. Not with deletes, where a server that
        knows no conditions may take the header for an error.
        """
        enforced = self.enforced(endpoint_url, bucket)
        if self._set is not None or condition in _DELETES or (condition is Condition.COPY and enforced):
            return condition in enforced
        return not self._servers.has_refused(endpoint_url, condition)


def is_other_door(bucket: str) -> bool:
    """Whether that bucket's name is an access point's."""
    return _OTHER_DOORS.fullmatch(bucket) is not None


def conditions_of_setting(text: str) -> frozenset[Condition] | None:
    """What S3_CONDITIONS says; None where it leaves it to what is known. Raises SettingsError."""
    names = [name.strip().lower() for name in text.split(",")]
    if names == [""]:
        return None
    if names == ["none"]:
        return _NONE
    try:
        return frozenset(map(Condition, names))
    except ValueError:
        known = ", ".join(Condition)
        raise SettingsError(
            f"S3_CONDITIONS must be empty, none, or some of {known} with commas between, not {text!r}."
        ) from None


def conditions_of_provider(endpoint_url: str, bucket: str, server: str) -> frozenset[Condition]:
    """What is known of a server by the host of its URL, or by the ``Server`` header that it has sent."""
    host = f".{urlsplit(endpoint_url).hostname or ''}"
    for ending, conditions in _HOSTS.items():
        if host.endswith(ending):
            return _NONE if is_other_door(bucket) else conditions
    for pattern, least, conditions in _SERVERS:
        match = pattern.match(server)
        if match is not None and tuple(map(int, match.groups())) >= least:
            return conditions
    return _NONE
