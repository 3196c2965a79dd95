"""``tfm doctor`` on the local disk: what kind of file system it is, what it can do, how full it is."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Final

from tfm.backends.local.system import path_of, translated
from tfm.core.errors import StorageError
from tfm.core.finding import Finding, Verdict

__all__ = ["examine_directory"]

_LEAST_FREE_BYTES: Final = 100 << 20
_FICLONE: Final = 0x40049409
"""Linux's ioctl that lets two files share their blocks: https://man7.org/linux/man-pages/man2/ioctl_ficlone.2.html"""

_LACKING: Final = frozenset({errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL, errno.ENOSYS, errno.EXDEV})
_MOUNTS: Final = "/proc/self/mountinfo"
_ESCAPE: Final = re.compile(r"\\(\d{3})")  # how a space and a backslash are written there


def examine_directory(key: str | None, *, may_write: bool) -> Iterator[Finding]:
    """What :meth:`Backend.diagnose` promises. A file stands for the directory that it is in."""
    if key is None:
        return
    try:
        path = os.path.realpath(path_of(key, "doctor"))
        directory = path if os.path.isdir(path) else os.path.dirname(path)
        yield from _file_system(directory)
        yield from _names(directory)
        if may_write:
            yield from _tried(directory)
    except StorageError as error:
        yield Finding("directory", Verdict.BAD, error.cause, error.next_step)
    except OSError as error:
        told = translated(error, key, "doctor")
        yield Finding("directory", Verdict.BAD, told.cause, told.next_step)


def _file_system(directory: str) -> Iterator[Finding]:
    kind = _kind(directory)
    yield Finding("file system", Verdict.GOOD, kind or "of a kind that the system does not tell")
    status = os.statvfs(directory)
    free = status.f_bavail * status.f_frsize
    total = status.f_blocks * status.f_frsize
    enough = free >= _LEAST_FREE_BYTES or not total
    yield Finding(
        "free space", Verdict.GOOD if enough else Verdict.NOTE, f"{free:,} of {total:,} bytes",
        "" if enough else "Free some space there, or choose another disk.",
    )  # fmt: skip
    if status.f_flag & os.ST_RDONLY:
        yield Finding("writing", Verdict.NOTE, "the file system is mounted for reading only")
    elif os.access(directory, os.W_OK | os.X_OK):
        yield Finding("writing", Verdict.GOOD, "allowed here")
    else:
        yield Finding("writing", Verdict.NOTE, "not allowed here")


def _kind(directory: str) -> str:
    """The type of the file system, as Linux names it; empty elsewhere. A later mount hides an earlier one."""
    best = ("", "")
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                left, _, right = line.partition(" - ")
                mount = _ESCAPE.sub(lambda match: chr(int(match[1], 8)), left.split(" ")[4])
                inside = directory == mount or directory.startswith(f"{mount.rstrip('/')}/")
                if inside and len(mount) >= len(best[0]):
                    best = (mount, right.split(" ")[0])
    except OSError:
        pass
    return best[1]


def _names(directory: str) -> Iterator[Finding]:
    sensitive = _is_case_sensitive(directory)
    if sensitive is None:
        yield Finding("upper and lower", Verdict.NOTE, "not known whether they differ: no name here has letters")
    elif sensitive:
        yield Finding("upper and lower", Verdict.GOOD, "differ in names")
    else:
        yield Finding(
            "upper and lower", Verdict.NOTE, "do not differ in names: two keys that differ in nothing else collide"
        )
    longest = os.pathconf(directory, "PC_NAME_MAX")
    yield Finding("longest name", Verdict.GOOD if longest >= 255 else Verdict.NOTE, f"{longest} bytes")


def _is_case_sensitive(directory: str) -> bool | None:
    """Found out by a name that is there, without writing any."""
    place, name = os.path.split(directory)
    with os.scandir(directory) as entries:
        names = [(directory, entry.name) for entry, _ in zip(entries, range(100), strict=False)]
    for where, each in [*names, (place, name)]:
        if each.swapcase() != each:
            try:
                return not os.path.samefile(os.path.join(where, each), os.path.join(where, each.swapcase()))
            except FileNotFoundError:
                return True
            except OSError:
                continue
    return None


def _tried(directory: str) -> Iterator[Finding]:
    """What only writing tells, on two temporary files."""
    with (
        tempfile.NamedTemporaryFile(dir=directory, prefix=".tfm-doctor-") as first,
        tempfile.NamedTemporaryFile(dir=directory, prefix=".tfm-doctor-") as second,
    ):
        first.write(b"content")
        first.flush()
        yield _ability("extended attributes", lambda: _set_attribute(first.name))
        yield _ability("shared blocks", lambda: fcntl.ioctl(second.fileno(), _FICLONE, first.fileno()))


def _set_attribute(path: str) -> None:
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    os.setxattr(path, "user.tfm", b"1")


def _ability(subject: str, use: Callable[[], object]) -> Finding:
    try:
        use()
    except OSError as error:
        lacking = error.errno in _LACKING
        return Finding(subject, Verdict.NOTE, "not supported" if lacking else f"not known: {error.strerror}")
    return Finding(subject, Verdict.GOOD, "supported")
