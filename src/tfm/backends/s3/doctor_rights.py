"""What may be read in a bucket, tried in the least way: a few rows, one HEAD, one byte."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from tfm.backends.s3.asked import shown_text
from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.doctor_asking import ask, bad, good, note
from tfm.core.entry import Entry, Kind
from tfm.core.errors import CredentialsError, NotFoundError, ObjectArchivedError, StorageError
from tfm.core.finding import Finding, Verdict
from tfm.storage.contract import Backend

__all__ = ["rights_at"]

_ROWS: Final = 20
"""Among so many a file with content should be."""


def rights_at(backend: Backend, bucket: Bucket, key: str) -> Generator[Finding, None, bool]:
    """Listing the bucket and what begins with ``key``, and reading one of those objects; two to four requests.

    Answers whether to go on: with credentials that are refused, or without the bucket, nothing else would be new.
    """
    listed = _listed(backend, "")
    if isinstance(listed, StorageError):
        if isinstance(listed, CredentialsError | NotFoundError):
            yield bad("credentials" if isinstance(listed, CredentialsError) else "bucket", listed)
            return False
        yield _cannot_list(listed, named=bool(key))
    else:
        yield good("list bucket", "allowed")
    if key:
        listed = _listed(backend, key)
        if isinstance(listed, StorageError):
            yield bad("list prefix", listed)
        else:
            yield good("list prefix", "allowed" if listed else "allowed; nothing begins with it")
    entry = _readable(listed, key)
    if entry is None:
        yield note("read object", "not tried: there is no object here to try it on")
        return True
    yield _head(bucket, entry.key)
    yield _read(backend, entry)
    return True


def _listed(backend: Backend, prefix: str) -> list[Entry] | StorageError:
    try:
        page = backend.list_page(prefix, recursive=True, limit=_ROWS)
    except StorageError as error:
        return error
    return [*([page.own_entry] if page.own_entry is not None else []), *page]


def _cannot_list(error: StorageError, *, named: bool) -> Finding:
    if not named or error.temporary:
        return bad("list bucket", error)
    return note("list bucket", f"{error.cause.rstrip('.')}; what is asked about is below it")


def _readable(listed: list[Entry] | StorageError, key: str) -> Entry | None:
    """An object to try reading on: the one that is named, else one with content."""
    if isinstance(listed, StorageError):
        return None if not key or key.endswith("/") else Entry(key, key, Kind.FILE)
    objects = [each for each in listed if not each.is_directory or each.size_bytes is not None]
    objects.sort(key=lambda each: (each.key != key, not each.size_bytes))
    return objects[0] if objects else None


def _head(bucket: Bucket, key: str) -> Finding:
    client = bucket.clients().interactive()
    answer = ask(bucket, "stat", key, lambda: client.head_object(**bucket.parameters, Key=key))
    if answer.error is not None:
        return bad("head object", answer.error)
    encryption = shown_text(answer.headers.get("x-amz-server-side-encryption", ""))
    return good("head object", f"allowed; encrypted by {encryption}" if encryption else "allowed")


def _read(backend: Backend, entry: Entry) -> Finding:
    try:
        with backend.read(entry.key, length=None if entry.size_bytes == 0 else 1) as reader:
            reader.read(1)
    except ObjectArchivedError as error:
        return Finding("read object", Verdict.NOTE, error.cause, error.next_step)
    except StorageError as error:
        return bad("read object", error)
    return good("read object", "allowed")
