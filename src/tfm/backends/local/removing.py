"""One file or one empty directory, removed by its name."""

from __future__ import annotations

import errno
import os
import stat

from tfm.backends.local.places import Place, Places
from tfm.backends.local.system import translating
from tfm.core.errors import IsDirectoryError

__all__ = ["delete_file", "remove_directory"]


def delete_file(places: Places, key: str) -> None:
    with places.at(key, "delete") as place, translating(key, "delete"):
        if key.endswith("/"):
            _require_no_directory(place, key)
        try:
            os.unlink(place.name, dir_fd=place.directory)
        except OSError as error:
            # POSIX says EPERM for a directory, Linux EISDIR.
            if error.errno in {errno.EPERM, errno.EISDIR} and stat.S_ISDIR(_facts(place, follow=False).st_mode):
                raise _is_directory(key) from error
            raise


def remove_directory(places: Places, key: str) -> None:
    # Without its slash: with it, some systems would remove the directory that a link leads to.
    with places.at(key, "rmdir") as place, translating(key, "rmdir"):
        os.rmdir(place.name, dir_fd=place.directory)


def _require_no_directory(place: Place, key: str) -> None:
    """What the system says of a slash behind the name of a file; a link to a directory is one here."""
    if stat.S_ISDIR(_facts(place, follow=True).st_mode):
        raise _is_directory(key)
    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), key)


def _facts(place: Place, *, follow: bool) -> os.stat_result:
    return os.stat(place.name, dir_fd=place.directory, follow_symlinks=follow)


def _is_directory(key: str) -> IsDirectoryError:
    return IsDirectoryError(
        "This is a directory.",
        next_step="Remove it as one; a link to one is deleted by its name without a slash.",
        uri=key,
        operation="delete",
    )
