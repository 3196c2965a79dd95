"""Asking about one object, and opening it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.entries import as_directory, described_entry, headers_of, name_of, object_entry, quoted_etag
from tfm.backends.s3.errors import code_of, status_of
from tfm.backends.s3.facts import checksum_of, checksums_of, facts_of
from tfm.backends.s3.quick_answers import CheckedBody
from tfm.backends.s3.reader import BodyReader, EmptyReader
from tfm.core.awaited import Awaited
from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.errors import InvalidRequestError, IsDirectoryError, PermissionDeniedError, UnsupportedOperation
from tfm.core.writing import Description
from tfm.storage.contract import Reader, WholeObject
from tfm.storage.reader import require_room, whole_object

__all__ = ["Reading"]

# botocore has no types; Any stands for its values throughout this module.

_MOST_BYTES: Final = 2**63 - 1
_TOLD_OTHERWISE: Final = frozenset({"content-range", "transfer-encoding"})
"""Where one of these is among the headers, the content's length is not all that they say of what comes."""

_CONTENT_RANGE: Final = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


class Reading:
    """Reads from one bucket. Thread-safe."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def stat(self, key: str) -> Lookup:
        with self._bucket.asking("stat", key):
            client = self._bucket.clients().interactive()
            if not key:
                return self._stat_bucket(client)
            unknown = UnsupportedOperation(
                "Only a listing tells whether there is a directory.",
                uri=self._bucket.asked("stat", key).uri,
                operation="stat",
            )
            try:
                response = self._bucket.sender(client, "HeadObject")(**self._bucket.parameters, Key=key)
            except client.exceptions.ClientError as error:
                if status_of(error) == 404:
                    return Lookup(directory_error=unknown)
                raise
        headers = headers_of(response)
        entry = object_entry(key, headers, _number(headers.get("content-length")))
        if key.endswith("/"):
            return Lookup(directory=as_directory(entry))
        return Lookup(file=entry, directory_error=unknown)

    def _stat_bucket(self, client: Any) -> Lookup:
        try:
            client.head_bucket(Bucket=self._bucket.name)
        except client.exceptions.ClientError as error:
            if status_of(error) == 404:
                return Lookup()
            raise
        return Lookup(directory=Entry("", "", Kind.DIRECTORY))

    def describe(self, key: str, if_match: str | None) -> Description:
        """One request, and one more for tags where the object has some."""
        parameters = self._parameters("stat", key, if_match)
        with self._bucket.asking("stat", key):
            client = self._bucket.clients().interactive()
            # Without the mode S3 keeps its checksums to itself.
            head = self._bucket.sender(client, "HeadObject")
            headers = headers_of(head(**parameters, ChecksumMode="ENABLED"))
            facts = facts_of(headers)
            if facts.untold_tags:
                facts = replace(facts, tags=self._tags(client, key), untold_tags=0)
        entry = described_entry(key, headers, _number(headers.get("content-length")))
        checksums = checksums_of(headers, self._bucket.name)
        return Description(entry, facts, next(iter(checksums), None), tuple(checksums[1:]))

    def tags(self, key: str) -> Mapping[str, str]:
        with self._bucket.asking("stat", key):
            return self._tags(self._bucket.clients().interactive(), key)

    def _tags(self, client: Any, key: str) -> Mapping[str, str]:
        try:
            told = client.get_object_tagging(**self._bucket.parameters, Key=key)
        except client.exceptions.ClientError as error:
            if code_of(error) != "AccessDenied":
                raise
            asked = self._bucket.asked("stat", key)
            raise asked.error(
                PermissionDeniedError,
                f"It has tags, and access to them is denied for {asked.who}.",
                "Ask for the right to read tags (s3:GetObjectTagging), or choose another profile.",
            ) from error
        return {tag["Key"]: tag["Value"] for tag in told.get("TagSet") or ()}

    def read(self, key: str, start: int, length: int | None, if_match: str | None) -> Reader:
        parameters = self._parameters("read", key, if_match)
        with self._bucket.asking("read", key):
            client = self._bucket.clients().interactive()
            if length == 0:
                # No Range header can ask for nothing.
                head = self._bucket.sender(client, "HeadObject")
                headers = headers_of(head(**parameters, ChecksumMode="ENABLED"))
                reader = EmptyReader(object_entry(key, headers, _number(headers.get("content-length"))))
                return self._told(reader, headers, whole=True)
            if start or length is not None:
                # Servers call a last byte that 64 bits cannot hold unsatisfiable, which would pass for no bytes there.
                endless = length is None or start + length > _MOST_BYTES
                parameters["Range"] = f"bytes={start}-" if endless else f"bytes={start}-{start + (length or 0) - 1}"
            try:
                response = self._bucket.sender(client, "GetObject")(**parameters)
            except client.exceptions.ClientError as error:
                if status_of(error) == 416:
                    return EmptyReader(Entry(name_of(key), key, Kind.FILE, _size_beyond(error)))
                raise
        return self._opened(key, start, length, response)

    def begin_read(self, key: str, most_bytes: int, if_match: str | None) -> Awaited[WholeObject] | None:
        parameters = self._parameters("read", key, if_match)
        with self._bucket.asking("read", key):
            clients = self._bucket.clients()
            begun = clients.short_way.begin(clients.interactive(), "GetObject", parameters)
        if begun is None:
            return None

        def answer() -> WholeObject:
            with self._bucket.asking("read", key):
                response = begun()
                body, headers = response["Body"], headers_of(response)
                size = _number(headers.get("content-length"))
                if size is not None and isinstance(body, CheckedBody) and _TOLD_OTHERWISE.isdisjoint(headers):
                    if size > most_bytes:
                        body.close()
                        require_room(size, most_bytes, self._bucket.asked("read", key).uri)
                    content = body.read(size)
                    checksum = checksum_of(headers, self._bucket.name)
                    return WholeObject(object_entry(key, headers, size), content, facts_of(headers), checksum)
            reader = self._opened(key, 0, None, response)
            return whole_object(reader, most_bytes, self._bucket.asked("read", key).uri)

        return begun.then(answer)

    def part_sizes(self, key: str, parts: int, if_match: str | None) -> list[int] | None:
        """One request for each part; None where the server does not tell."""
        parameters = self._parameters("stat", key, if_match)
        sizes = []
        with self._bucket.asking("stat", key):
            client = self._bucket.clients().patient()
            for number in range(1, parts + 1):
                headers = headers_of(client.head_object(**parameters, PartNumber=number))
                size = _number(headers.get("content-length"))
                if size is None or _number(headers.get("x-amz-mp-parts-count")) != parts:
                    return None
                sizes.append(size)
        return sizes

    def _parameters(self, operation: str, key: str, if_match: str | None) -> dict[str, Any]:
        if not key:
            raise IsDirectoryError(
                f"{self._bucket.name} is a bucket.",
                next_step="List it.",
                uri=self._bucket.asked(operation, key).uri,
                operation=operation,
            )
        condition = {} if if_match is None else {"IfMatch": quoted_etag(if_match)}
        return {**self._bucket.parameters, "Key": key, **condition}

    def _opened(self, key: str, start: int, length: int | None, response: Mapping[str, Any]) -> Reader:
        """A reader of what came; InvalidRequestError if those are other bytes than were asked for."""
        body = response["Body"]
        headers = headers_of(response)
        content_length = _number(headers.get("content-length"))
        content_range = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
        size = content_length
        begins = 0
        if content_range is not None and content_range[1] is not None:
            begins = int(content_range[1])
            size = None if content_range[3] == "*" else int(content_range[3])
        if begins != start or content_length is None:
            body.close()
            raise InvalidRequestError(
                f"The server answered with bytes from {begins} where bytes from {start} were asked for.",
                next_step="It does not support reading by range.",
                uri=self._bucket.asked("read", key).uri,
                operation="read",
            )
        promised = content_length if length is None else min(content_length, length)
        reader = BodyReader(object_entry(key, headers, size), body, promised, lambda: self._bucket.asked("read", key))
        return self._told(reader, headers, whole=content_range is None)

    def _told(self, reader: Reader, headers: Mapping[str, str], *, whole: bool) -> Reader:
        """That reader with what else the answer says of the object."""
        reader.facts = facts_of(headers)
        checksums = checksums_of(headers, self._bucket.name, whole=whole)
        reader.checksum, reader.others = next(iter(checksums), None), tuple(checksums[1:])
        return reader


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() else None


def _size_beyond(error: Any) -> int | None:
    """The object's size from the answer to a range beyond its end, where the server says it."""
    headers = headers_of(error.response)
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    text = match[3] if match else str(error.response.get("Error", {}).get("ActualObjectSize", ""))
    return int(text) if text.isdecimal() else None
