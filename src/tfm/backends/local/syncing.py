"""What was written to files reaches the disk behind them."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Final

from tfm.backends.local.system import path_of, translating

if TYPE_CHECKING:
    import ctypes

__all__ = ["begin_writing_out", "sync_disk"]

_BEGIN: Final = 2
"""SYNC_FILE_RANGE_WRITE: https://man7.org/linux/man-pages/man2/sync_file_range.2.html"""


def sync_disk(prefix: str) -> None:
    """Return when all that was written to the file system of that directory would outlive a crash; all of the machine
    where the system has no narrower call. Raises what the disk answers to what is written out only now."""
    library = _library()
    if library is None or not hasattr(library, "syncfs"):
        os.sync()
        return
    import ctypes

    with translating(prefix, "sync"):
        descriptor = os.open(path_of(prefix, "sync"), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if library.syncfs(descriptor):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
        finally:
            os.close(descriptor)


def begin_writing_out(descriptor: int, offset: int, length: int) -> None:
    """Let the disk take these bytes of a file from now on, and wait for it only where it has too much to do already.

    Nothing where the system, or what the file is on, has no such call, or does not allow it. What the disk refuses is
    told to who waits for it.
    """
    library = _library()
    if length and library is not None and hasattr(library, "sync_file_range"):  # no length: to the end of the file
        library.sync_file_range(descriptor, offset, length, _BEGIN)


@cache
def _library() -> ctypes.CDLL | None:
    """The system's own, for calls that Python has no function for: on Linux, and there where its C library has them."""
    if sys.platform != "linux":
        return None
    try:
        import ctypes  # here: 4 ms, for those who need it
    except ImportError:  # a Python that was built without
        return None
    library = ctypes.CDLL(None, use_errno=True)
    if hasattr(library, "sync_file_range"):
        library.sync_file_range.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
    return library
