"""Entries from what S3 answers about one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from tfm.core.entry import Entry, Kind

__all__ = [
    "as_directory",
    "described_entry",
    "headers_of",
    "made_entry",
    "name_of",
    "object_entry",
    "quoted_etag",
    "seconds_of",
    "unquoted_etag",
    "written_entry",
]

# botocore has no types; Any stands for its values throughout this module.


def name_of(key: str) -> str:
    return key[key.rfind("/") + 1 :]


def headers_of(response: Mapping[str, Any]) -> Mapping[str, str]:
    """The HTTP headers of an answer, by lower-case name."""
    headers: Mapping[str, str] = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return headers


def object_entry(key: str, headers: Mapping[str, str], size_bytes: int | None) -> Entry:
    """The object of that key as the headers of HEAD or GET tell of it."""
    return Entry(
        name_of(key),
        key,
        Kind.FILE,
        size_bytes,
        seconds_of(headers.get("last-modified")),
        unquoted_etag(headers.get("etag")),
        headers.get("x-amz-storage-class"),
    )


def as_directory(marker: Entry) -> Entry:
    """The directory that the object of a key with a slash at its end stands for, with that object's facts."""
    return replace(marker, name=name_of(marker.key[:-1]), kind=Kind.DIRECTORY)


def described_entry(key: str, headers: Mapping[str, str], size_bytes: int | None) -> Entry:
    """As :func:`object_entry`; a marker's key is told as its directory."""
    entry = object_entry(key, headers, size_bytes)
    return as_directory(entry) if key.endswith("/") else entry


def written_entry(key: str, headers: Mapping[str, str], size_bytes: int, storage_class: str | None) -> Entry:
    """What a write has made. No answer to one tells the object's time, so the server's clock stands for it: S3 counts
    in whole seconds, of which it is at most the next."""
    modified = seconds_of(headers.get("last-modified") or headers.get("date"))
    return made_entry(key, size_bytes, modified, unquoted_etag(headers.get("etag")), storage_class)


def made_entry(
    key: str, size_bytes: int | None, modified: float | None, etag: str | None, storage_class: str | None
) -> Entry:
    """The object that a request has made, or the directory whose marker it is."""
    entry = Entry(name_of(key), key, Kind.FILE, size_bytes, modified, etag, storage_class)
    return as_directory(entry) if key.endswith("/") else entry


def seconds_of(header: str | None) -> float | None:
    """A date of HTTP in seconds since the epoch; None where there is none, or nonsense."""
    return None if header is None else _seconds_of_date(header)


@lru_cache(maxsize=256)
def _seconds_of_date(header: str) -> float | None:
    # Of a thousand answers in one second all have the same.
    try:
        return parsedate_to_datetime(header).timestamp()
    except ValueError:
        return None


def unquoted_etag(text: str | None) -> str | None:
    """An etag as entries have it; None for none."""
    if text and len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text or None


def quoted_etag(etag: str) -> str:
    """An etag as headers have it."""
    return etag if etag.startswith(('"', "W/")) else f'"{etag}"'
