"""What can be wrong with a journal, and what to do about it; the only place that looks at SQLite's error codes."""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from tfm.core.errors import StorageError

__all__ = ["JournalError", "translated"]


class JournalError(StorageError, OSError):
    """The journal cannot be read or written: what is under way could not be resumed after a kill."""

    code = errno.EIO


# Primary result codes, the lower byte of the extended ones: https://www.sqlite.org/rescode.html
_KNOWN: Final = {
    sqlite3.SQLITE_FULL: ("The disk is full.", "Free some space, then try again.", errno.ENOSPC),
    sqlite3.SQLITE_READONLY: ("It cannot be written.", "Look at its permissions, and the directory's.", errno.EACCES),
    sqlite3.SQLITE_CANTOPEN: ("It cannot be opened.", "Look at the permissions of its directory.", errno.EACCES),
    sqlite3.SQLITE_PERM: ("It cannot be opened.", "Look at its permissions.", errno.EACCES),
    sqlite3.SQLITE_BUSY: ("Another program has held it for too long.", "Try again when that is done.", errno.EBUSY),
    sqlite3.SQLITE_NOTADB: ("It is damaged.", "Move it away; what was under way in it is forgotten then.", errno.EIO),
    sqlite3.SQLITE_CORRUPT: ("It is damaged.", "Move it away; what was under way in it is forgotten then.", errno.EIO),
    sqlite3.SQLITE_IOERR: ("The disk failed to read or write it.", "Look at the disk.", errno.EIO),
}  # fmt: skip


def translated(error: sqlite3.Error, path: str) -> JournalError:
    """``error`` of the journal at ``path`` in words."""
    code = getattr(error, "sqlite_errorcode", None)  # None where Python's own module refuses
    known = None if code is None else _KNOWN.get(code & 0xFF)
    if known is None:
        cause, step, number = f"SQLite says: {error}.", "Move it away if that stays.", errno.EIO
    else:
        cause, step, number = known
    return JournalError(
        f"The journal of what is under way: {cause}",
        next_step=step,
        uri=path or None,
        operation="journal",
        error_number=number,
    )
