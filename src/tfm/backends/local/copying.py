"""A file copied on this machine: shared with the original where the disk can, else by the kernel, else by us."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from tfm.backends.local.block_sharing import share_blocks
from tfm.backends.local.link_copy import copy_link
from tfm.backends.local.places import Places
from tfm.backends.local.reading import require_regular
from tfm.backends.local.system import path_of, translating
from tfm.backends.local.writing import must_be_free, write_all, writing_to, written_entry
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError, DamagedError
from tfm.core.writing import Precondition
from tfm.storage.atomic_file import AtomicFile

__all__ = ["copy_file"]

_CHUNK_BYTES: Final = 8 << 20
"""Copied between two questions whether to go on: 5 ms in memory, 40 ms on a disk of 200 MB/s."""

_BUFFER_BYTES: Final = 1 << 20

_OPEN_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW

_NO_KERNEL_COPY: Final = frozenset(
    {errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM, errno.EBADF}
)
"""How copy_file_range says that it cannot do it between these two: https://man7.org/linux/man-pages/man2/copy_file_range.2.html"""

Copied = Callable[[int], None] | None


def copy_file(places: Places, entry: Entry, key: str, only_if: Precondition | None, copied: Copied) -> Entry:
    """Raises ConflictError where the two are one file, or it changed meanwhile; UnsupportedOperation for pipes and
    devices, and where ``only_if`` asks for an etag."""
    only_if_free = must_be_free(key, only_if, "copy")
    if entry.is_symlink:
        return copy_link(places, entry.key, key, only_if_free=only_if_free)
    with _source(entry.key) as source, writing_to(places, key, "copy") as place:
        file = AtomicFile(place.name, only_if_free=only_if_free, directory=place.directory, hands_on=False)
        try:
            descriptor = file.open()
            before = os.fstat(source)
            _require_another(before, file.replaced, key)
            _copy_content(source, descriptor, before, copied)
            _require_unchanged(source, descriptor, before, entry.key)
            _copy_facts(source, descriptor, before)
            published = file.commit()
        except BaseException:
            file.abort()
            raise
    return written_entry(key, file, published)


@contextmanager
def _source(key: str) -> Iterator[int]:
    path = path_of(key, "copy")
    with translating(key, "copy"):
        # Before it is opened, since opening alone can rewind a tape or wake the writer of a FIFO.
        facts = os.stat(path, follow_symlinks=False)
        if stat.S_ISLNK(facts.st_mode):
            raise ConflictError(
                "A link has taken the file's name.", next_step="List it again.", uri=key, operation="copy"
            )
        require_regular(facts.st_mode, key, "copy")
        descriptor = os.open(path, _OPEN_FLAGS)
    try:
        require_regular(os.fstat(descriptor).st_mode, key, "copy")
        yield descriptor
    finally:
        os.close(descriptor)


def _require_another(source: os.stat_result, replaced: os.stat_result | None, key: str) -> None:
    if replaced is not None and os.path.samestat(source, replaced):
        raise ConflictError(
            "This is the file itself, under this or another name.",
            next_step="Choose another destination.",
            uri=key,
            operation="copy",
        )


def _copy_content(source: int, target: int, facts: os.stat_result, copied: Copied) -> None:
    if share_blocks(source, target):
        if copied is not None and facts.st_size:
            copied(facts.st_size)
        return
    if not facts.st_size:  # files of /proc say so, and have content
        _copy_by_hand(source, target, 0, sys.maxsize, copied)
        return
    done = 0
    for start, end in _runs(source, facts):
        if copied is not None and start > done:
            copied(start - done)  # a hole counts: at the end it is all of the file
        _copy_run(source, target, start, end, copied)
        done = end
    if done < facts.st_size:
        os.ftruncate(target, facts.st_size)  # a hole at the end
        if copied is not None:
            copied(facts.st_size - done)


def _runs(source: int, facts: os.stat_result) -> Iterator[tuple[int, int]]:
    """Where there is content between holes; all of it where there are none, or nobody knows."""
    if facts.st_blocks * 512 >= facts.st_size or not hasattr(os, "SEEK_DATA"):
        yield 0, facts.st_size
        return
    position = 0
    while position < facts.st_size:
        try:
            start = os.lseek(source, position, os.SEEK_DATA)
            position = os.lseek(source, start, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole is left
                return
            start, position = position, facts.st_size
        yield start, min(position, facts.st_size)


def _copy_run(source: int, target: int, start: int, end: int, copied: Copied) -> None:
    while start < end:
        try:
            done = os.copy_file_range(source, target, min(end - start, _CHUNK_BYTES), start, start)
        except OSError as error:
            if error.errno not in _NO_KERNEL_COPY:
                raise
            _copy_by_hand(source, target, start, end, copied)
            return
        if not done:  # it was cut off meanwhile, or a file system that cannot says so in this way
            _copy_by_hand(source, target, start, end, copied)
            return
        start += done
        if copied is not None:
            copied(done)


def _copy_by_hand(source: int, target: int, start: int, end: int, copied: Copied) -> None:
    while start < end and (data := os.pread(source, min(end - start, _BUFFER_BYTES), start)):
        write_all(target, data, start)
        start += len(data)
        if copied is not None:
            copied(len(data))


def _require_unchanged(source: int, target: int, before: os.stat_result, key: str) -> None:
    after = os.fstat(source)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ConflictError(
            "The file changed while it was copied; nothing was kept.",
            next_step="Copy it again.",
            uri=key,
            operation="copy",
        )
    size_bytes = os.fstat(target).st_size
    if before.st_size and size_bytes != before.st_size:
        raise DamagedError(
            f"The copy has {size_bytes:,} bytes, the file {before.st_size:,}; nothing was kept.",
            next_step="Copy it again; if that does not help, look into the system's log.",
            uri=key,
            operation="copy",
        )


def _copy_facts(source: int, target: int, facts: os.stat_result) -> None:
    """Owner where root asks, extended attributes, mode, and times last.

    As ``cp --preserve=all``: rights that a file lends (set-user-id, set-group-id, capabilities) are kept only where the
    copy belongs to the same user and group.
    """
    own = os.fstat(target)
    if os.geteuid() == 0 and (own.st_uid, own.st_gid) != (facts.st_uid, facts.st_gid):
        try:
            os.fchown(target, facts.st_uid, facts.st_gid)
        except OSError:  # a file system without owners
            pass
        own = os.fstat(target)
    same_owner = (own.st_uid, own.st_gid) == (facts.st_uid, facts.st_gid)
    _copy_attributes(source, target, lends=same_owner)
    os.fchmod(target, facts.st_mode & (0o7777 if same_owner else 0o777))
    os.utime(target, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _copy_attributes(source: int, target: int, *, lends: bool) -> None:
    if sys.platform != "linux":
        return
    try:
        names = os.listxattr(source)
    except OSError:  # a file system without them
        return
    for name in names:
        if name == "security.capability" and not lends:
            continue
        try:
            os.setxattr(target, name, os.getxattr(source, name))
        except OSError:  # not allowed, or none there: the content matters more
            pass
