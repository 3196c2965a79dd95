"""Entries from what S3 answers about one object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

from tfm.core.entry import Entry, Kind

__all__ = ["as_directory", "name_of", "object_entry", "quoted_etag", "unquoted_etag", "written_entry"]

# botocore has no types; Any stands for its values throughout this module.


def name_of(key: str) -> str:
    return key[key.rfind("/") + 1 :]


def object_entry(key: str, response: Mapping[str, Any], size_bytes: int | None) -> Entry:
    """The object of that key as the headers of HEAD or GET tell of it."""
    modified = response.get("LastModified")
    return Entry(
        name_of(key),
        key,
        Kind.FILE,
        size_bytes,
        None if modified is None else modified.timestamp(),
        unquoted_etag(response.get("ETag")),
        response.get("StorageClass"),
    )


def as_directory(marker: Entry) -> Entry:
    """The directory that the object of a key with a slash at its end stands for, with that object's facts."""
    return replace(marker, name=name_of(marker.key[:-1]), kind=Kind.DIRECTORY)


def written_entry(key: str, response: Mapping[str, Any], size_bytes: int, storage_class: str | None) -> Entry:
    """What a write has made. No answer to one tells the object's time, so the server's clock stands for it: S3 counts
    in whole seconds, of which it is at most the next."""
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    modified = _seconds(headers.get("last-modified") or headers.get("date"))
    etag = unquoted_etag(response.get("ETag"))
    entry = Entry(name_of(key), key, Kind.FILE, size_bytes, modified, etag, storage_class)
    return as_directory(entry) if key.endswith("/") else entry


def _seconds(header: str | None) -> float | None:
    if header is None:
        return None
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
