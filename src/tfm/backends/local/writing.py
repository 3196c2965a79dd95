"""Files written under a temporary name and renamed, whole or in parts, and directories made."""

from __future__ import annotations

import errno
import math
import os
import stat
from collections.abc import Sequence
from typing import Final

from tfm.backends.local.entries import entry_of
from tfm.backends.local.system import path_of, translating
from tfm.core.entry import Entry
from tfm.core.errors import InvalidRequestError, UnsupportedOperation
from tfm.core.writing import Content, ObjectFacts, Part, Precondition, Upload
from tfm.storage.atomic_file import AtomicFile, is_temporary

__all__ = ["abort_upload", "begin_upload", "finish_upload", "make_directory", "write_part", "write_whole"]

_PART_FLAGS: Final = os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def write_whole(key: str, content: Content, facts: ObjectFacts, only_if: Precondition | None) -> Entry:
    file = _atomic_file(key, facts, only_if)
    with translating(key, "write"):
        try:
            descriptor = file.open()
            _write_all(descriptor, content, 0)
            _set_time(descriptor, facts.modified_timestamp)
            published = file.commit()
        except BaseException as error:
            file.abort()
            _require_writable_kind(key, error)
            raise
    return _written_entry(key, published)


def begin_upload(key: str, facts: ObjectFacts, only_if: Precondition | None) -> Upload:
    file = _atomic_file(key, facts, only_if)
    with translating(key, "write"):
        try:
            file.open()
        except OSError as error:
            _require_writable_kind(key, error)
            raise
        file.leave()
        # Not abspath: after a link, ".." is not what stands before it.
        temporary = os.path.join(os.getcwd(), file.temporary)
    return Upload(key, temporary, facts, only_if)


def write_part(upload: Upload, number: int, content: Content, offset: int) -> Part:
    _require_temporary(upload)
    with translating(upload.key, "write"):
        descriptor = os.open(upload.id, _PART_FLAGS)
        try:
            _write_all(descriptor, content, offset)
        finally:
            os.close(descriptor)
    return Part(number, memoryview(content).nbytes)


def finish_upload(upload: Upload, parts: Sequence[Part]) -> Entry:
    file = _atomic_file(upload.key, upload.facts, upload.only_if)
    with translating(upload.key, "write"):
        try:
            descriptor = file.resume(upload.id)
            _require_complete(upload, parts, os.fstat(descriptor).st_size)
            _set_time(descriptor, upload.facts.modified_timestamp)
            published = file.commit()
        except BaseException:
            file.leave()
            raise
    return _written_entry(upload.key, published)


def abort_upload(upload: Upload) -> None:
    _require_temporary(upload)
    with translating(upload.key, "write"):
        try:
            os.unlink(upload.id)
        except (FileNotFoundError, NotADirectoryError):  # swept, perhaps with its directory
            pass


def make_directory(key: str, mode: int) -> Entry:
    path = path_of(key.removesuffix("/"), "mkdir")
    with translating(key, "mkdir"):
        os.mkdir(path, mode)
        return entry_of(key, os.lstat(path), is_symlink=False)


def _atomic_file(key: str, facts: ObjectFacts, only_if: Precondition | None) -> AtomicFile:
    path = path_of(key, "write")
    if only_if is not None and only_if.etag is not None:
        raise UnsupportedOperation("A disk has no etags to compare.", uri=key, operation="write")
    return AtomicFile(path, only_if_free=only_if is not None, mode=facts.mode)


def _write_all(descriptor: int, content: Content, offset: int) -> None:
    """All of it: the system may take less at once, above 2 GiB always, and before it says that the disk is full."""
    view = memoryview(content).cast("B")
    while view:
        written = os.pwrite(descriptor, view, offset)
        view = view[written:]
        offset += written


def _set_time(descriptor: int, timestamp: float | None) -> None:
    if timestamp is None:
        return
    accessed = os.fstat(descriptor).st_atime_ns
    try:
        # By parts: a float of today's seconds, times a thousand million, would lose a tenth of a microsecond.
        seconds = math.floor(timestamp)
        modified = seconds * 1_000_000_000 + round((timestamp - seconds) * 1e9)
        os.utime(descriptor, ns=(accessed, modified))
    except (OverflowError, ValueError):  # before or beyond what a disk can say, or not a number
        pass


def _require_temporary(upload: Upload) -> None:
    if not is_temporary(os.path.basename(upload.id)):
        raise InvalidRequestError(f"{upload.id!r} is no upload of this disk.", uri=upload.key, operation="write")


def _require_complete(upload: Upload, parts: Sequence[Part], size_bytes: int) -> None:
    told = sum(part.size_bytes for part in parts)
    if not parts or told != size_bytes:
        raise InvalidRequestError(
            f"The {len(parts)} parts have {told:,} bytes, but {size_bytes:,} have come.",
            next_step="Send the missing parts, then finish.",
            uri=upload.key,
            operation="write",
        )


def _require_writable_kind(key: str, error: BaseException) -> None:
    """Raises UnsupportedOperation where the system's bare "invalid argument" means a pipe, a socket or a device."""
    if not isinstance(error, OSError) or error.errno != errno.EINVAL:
        return
    try:
        mode = os.stat(path_of(key, "write")).st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode):
        raise UnsupportedOperation(
            "This is a pipe, a socket or a device, which is not written to as a file.", uri=key, operation="write"
        ) from error


def _written_entry(key: str, published: os.stat_result) -> Entry:
    return entry_of(key, published, is_symlink=os.path.islink(path_of(key, "write")))
