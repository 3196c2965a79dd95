"""A new name for a file or a directory of the local disk, if that name is free: of many who want it one gets it."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from functools import cache
from typing import Final

__all__ = ["rename_exclusively"]

_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EINVAL})
"""How file systems say that they have no hard links (FAT, some of FUSE's and of the network's), as no directory has."""

_NO_EXCLUSIVE_RENAME: Final = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP})
_RENAME_NOREPLACE: Final = 1
_WORKING_DIRECTORY: Final = -100
"""RENAME_NOREPLACE and AT_FDCWD of Linux: https://man7.org/linux/man-pages/man2/rename.2.html"""


def rename_exclusively(
    old_name: str, new_name: str, *, old_directory: int | None = None, new_directory: int | None = None
) -> None:
    """Rename in one step. FileExistsError where anything has the new name, a link too. The directories are descriptors
    that the names are relative to. Raises plain OSErrors; after any the old name stands.

    renameat2 is one call, where link and unlink are two, between which a kill leaves both names; NFS and FUSE may know
    only those. Where there are neither, others see an empty file or directory of that name for a moment.
    """
    number = _rename_without_replacing(old_name, new_name, old_directory, new_directory)
    if not number:
        return
    if number not in _NO_EXCLUSIVE_RENAME:
        raise OSError(number, os.strerror(number), new_name)
    try:
        os.link(old_name, new_name, src_dir_fd=old_directory, dst_dir_fd=new_directory, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _reserve_and_rename(old_name, new_name, old_directory, new_directory)
    else:
        _unlink(old_name, old_directory)


def _reserve_and_rename(old_name: str, new_name: str, old_directory: int | None, new_directory: int | None) -> None:
    facts = os.stat(old_name, dir_fd=old_directory, follow_symlinks=False)
    take_back: Callable[..., None]
    if stat.S_ISDIR(facts.st_mode):
        os.mkdir(new_name, 0o700, dir_fd=new_directory)
        take_back = os.rmdir
    else:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(new_name, flags, 0o600, dir_fd=new_directory))
        take_back = os.unlink
    try:
        os.rename(old_name, new_name, src_dir_fd=old_directory, dst_dir_fd=new_directory)
    except BaseException:
        take_back(new_name, dir_fd=new_directory)
        raise


def _unlink(name: str, directory: int | None) -> None:
    try:
        os.unlink(name, dir_fd=directory)
    except FileNotFoundError:
        pass


def _rename_without_replacing(
    old_name: str, new_name: str, old_directory: int | None, new_directory: int | None
) -> int:
    """0, or the number of the error."""
    call = _renameat2()
    return errno.ENOSYS if call is None else call(old_name, new_name, old_directory, new_directory)


@cache
def _renameat2() -> Callable[[str, str, int | None, int | None], int] | None:
    """renameat2, for which Python has no function; None where the system has none either."""
    if sys.platform != "linux":
        return None
    import ctypes  # here: 4 ms, for those who write

    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return None
    function = library.renameat2

    def call(old_name: str, new_name: str, old_directory: int | None, new_directory: int | None) -> int:
        old = _WORKING_DIRECTORY if old_directory is None else old_directory
        new = _WORKING_DIRECTORY if new_directory is None else new_directory
        if function(old, os.fsencode(old_name), new, os.fsencode(new_name), _RENAME_NOREPLACE) == 0:
            return 0
        return ctypes.get_errno()

    return call
