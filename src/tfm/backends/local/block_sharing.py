"""Copies that share the blocks of their originals: btrfs, XFS and a few others can do that."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import struct
from contextlib import ExitStack
from typing import Final

__all__ = ["may_share_blocks", "share_blocks"]

_FICLONE: Final = 0x40049409
_FICLONERANGE: Final = 0x4020940D
"""Both: https://man7.org/linux/man-pages/man2/FICLONE.2const.html"""

_CANNOT: Final = frozenset({errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV})
_UNNAMED: Final = getattr(os, "O_TMPFILE", 0)
_OPEN_FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def share_blocks(source: int, target: int) -> bool:
    """Let the file ``target`` be a copy of ``source``; False where the disk cannot, or it is another one."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True


def may_share_blocks(path: str, facts: os.stat_result, directory: str) -> bool:
    """Whether a copy of that regular file, whose ``facts`` are known, in a directory of the same disk would share its
    blocks: tried with the first of them, in a file without a name. True also where that cannot be tried."""
    if not _UNNAMED or not stat.S_ISREG(facts.st_mode) or not facts.st_size:
        return True
    with ExitStack() as stack:
        try:
            source = os.open(path, _OPEN_FLAGS)
            stack.callback(os.close, source)
            target = os.open(directory, _UNNAMED | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            stack.callback(os.close, target)
            block = os.fstatvfs(target).f_bsize
        except OSError:
            return True
        length = block if facts.st_size > block else 0  # to the end, which need not be a whole block
        try:
            fcntl.ioctl(target, _FICLONERANGE, struct.pack("qQQQ", source, 0, length, 0))
        except OSError as error:
            return error.errno not in _CANNOT
    return True
