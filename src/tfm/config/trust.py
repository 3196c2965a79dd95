"""A configuration file is code, so it is read only where nobody else could have written it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from tfm.core.errors import SettingsError

__all__ = ["read_trusted"]

_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def read_trusted(path: Path, *, must_exist: bool) -> bytes | None:
    """The bytes of ``path``, None where it does not exist and need not. ``/dev/null`` is an empty file.

    Raises SettingsError where another user than root owns the file or the directory it is in, or group or others can
    write them, and where it cannot be read.
    """
    if str(path) == os.devnull:
        return b""
    try:
        # Checked and read through one descriptor, so that nobody changes the file in between. O_NONBLOCK: a pipe of
        # that name must not hang the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        if must_exist:
            raise SettingsError(f"{path}: there is no such configuration file; --config names one.") from None
        return None
    except OSError as error:
        raise SettingsError(f"{path}: the configuration file cannot be read: {error.strerror}.") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise SettingsError(f"{path}: this is not a file; --config names a Python file with a class Config.")
        _check(path, status)
        # A link's own directory says who can exchange the link, the target's who can exchange the target.
        for directory in sorted({path.parent, Path(os.path.realpath(path)).parent}):
            _check(directory, os.stat(directory))
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


def _check(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in {os.getuid(), 0}:
        raise SettingsError(
            f"{path}: another user (id {status.st_uid}) owns this, so it is not executed; "
            "the configuration must be in files and directories of your own."
        )
    # In a sticky directory (/tmp) others can add files, but not exchange one that is not theirs.
    sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    if status.st_mode & _WRITABLE_BY_OTHERS and not sticky:
        raise SettingsError(
            f"{path}: other users can write this, so it is not executed; `chmod go-w` it after a look at what is there."
        )
