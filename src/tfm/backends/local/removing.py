"""One file or one empty directory, removed by its name."""

from __future__ import annotations

import errno
import os
import stat

from tfm.backends.local.system import path_of, translating
from tfm.core.errors import IsDirectoryError

__all__ = ["delete_file", "remove_directory"]


def delete_file(key: str) -> None:
    path = path_of(key, "delete")
    with translating(key, "delete"):
        if path.endswith("/") and stat.S_ISDIR(os.stat(path).st_mode):
            raise _is_directory(key)
        try:
            os.unlink(path)
        except OSError as error:
            # POSIX says EPERM for a directory, Linux EISDIR.
            if error.errno in {errno.EPERM, errno.EISDIR} and stat.S_ISDIR(os.lstat(path).st_mode):
                raise _is_directory(key) from error
            raise


def remove_directory(key: str) -> None:
    # Without its slash: with it, some systems would remove the directory that a link leads to.
    path = path_of(key if key == "/" else key.removesuffix("/"), "rmdir")
    with translating(key, "rmdir"):
        os.rmdir(path)


def _is_directory(key: str) -> IsDirectoryError:
    return IsDirectoryError(
        "This is a directory.",
        next_step="Remove it as one; a link to one is deleted by its name without a slash.",
        uri=key,
        operation="delete",
    )
