"""Where the journal lies: a directory of the user's own, and files that nobody else can read."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tfm.journal.errors import JournalError

__all__ = ["prepare", "prepared_alone"]

_SUFFIXES: Final = ("", "-wal", "-shm")
"""The database, and what SQLite puts beside it: https://www.sqlite.org/tempfiles.html. New ones get the database's
own permissions."""


def prepare(path: str) -> None:
    """Make the directory (0700) and the file (0600) where they are missing, and see that they are the user's own.

    Raises JournalError where another user owns one of them or can exchange it, and where they cannot be made. A file
    that is there is not opened: closing it would drop the locks that this process has on it through SQLite
    (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    directory = os.path.dirname(path) or os.curdir
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        _check_directory(directory)
        for suffix in _SUFFIXES:
            _check_file(path + suffix)
        _create(path)
    except OSError as error:
        if isinstance(error, JournalError):
            raise
        raise JournalError(
            f"The journal of what is under way cannot be made: {error.strerror}.",
            next_step="Look at the permissions of its directory, or set XDG_STATE_HOME to another one.",
            uri=path,
            operation="journal",
            error_number=error.errno,
        ) from error


@contextmanager
def prepared_alone(path: str) -> Iterator[None]:
    """Of several programs that set the journal up at once, one does it while the others wait: SQLite itself does not
    wait for another that turns the write-ahead log on. The kernel ends the wait when that one dies."""
    descriptor = os.open(os.path.dirname(path) or os.curdir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:  # some file systems over the network have no such locks
            if error.errno not in {errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.EBADF, errno.ENOSYS}:
                raise
        yield
    finally:
        os.close(descriptor)


def _check_directory(path: str) -> None:
    facts = os.stat(path)
    _check_owner(path, facts, or_root=True)
    # In a sticky directory (/tmp) others can add files, but not exchange one that is not theirs.
    if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not facts.st_mode & stat.S_ISVTX:
        raise JournalError(
            "Other users can write the directory of the journal, so it is not used.",
            next_step="chmod go-w it after a look at what is there.",
            uri=path,
            operation="journal",
            error_number=errno.EACCES,
        )


def _check_file(path: str) -> None:
    try:
        facts = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(facts.st_mode):
        raise JournalError("This is no regular file.", next_step="Move it away.", uri=path, operation="journal")
    _check_owner(path, facts, or_root=False)
    if facts.st_mode & 0o177:
        os.chmod(path, 0o600)


def _check_owner(path: str, facts: os.stat_result, *, or_root: bool) -> None:
    if facts.st_uid != os.geteuid() and not (or_root and facts.st_uid == 0):
        raise JournalError(
            f"Another user (id {facts.st_uid}) owns this, so it is not used as the journal.",
            next_step="Set XDG_STATE_HOME to a directory of your own.",
            uri=path,
            operation="journal",
            error_number=errno.EACCES,
        )


def _create(path: str) -> None:
    """An empty file, which SQLite takes for an empty database; by mknod, which opens nothing (see :func:`prepare`)."""
    try:
        os.mknod(path, stat.S_IFREG | 0o600)
    except FileExistsError:
        return
    except (AttributeError, PermissionError):  # Darwin lets only root do that, and says so as it does for the directory
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        except FileExistsError:
            return
