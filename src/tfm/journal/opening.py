"""How a journal is opened, and what is done where that is not possible."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Final

from tfm.journal.database import Database, connect
from tfm.journal.errors import JournalError, translated
from tfm.journal.holder import this_process
from tfm.journal.journal import Journal
from tfm.journal.place import prepare, prepared_alone
from tfm.journal.rescue import rescued
from tfm.journal.schema import check, migrate

__all__ = ["null_journal", "open_journal", "open_or_do_without"]

_MEMORY: Final = ":memory:"


def open_journal(
    path: str,
    *,
    clock: Callable[[], float] = time.time,
    on_failure: Callable[[JournalError], None] | None = None,
) -> Journal:
    """The journal in the file ``path``, which is made where it is missing. ``clock`` gives seconds since the epoch.

    Where it fails later (a full disk), the call that has to have something on record raises JournalError, and what is
    queued is tried again. With ``on_failure`` that is called once instead, and this process goes on with its jobs in
    memory: nothing raises, and :attr:`Journal.is_kept` is False from then on.

    Raises JournalError where the file cannot be used; the message says what to do.
    """
    prepare(path)
    process = this_process()
    try:
        with prepared_alone(path):
            connection = _open(path)
    except sqlite3.Error as error:
        raise translated(error, path) from error
    except JournalError:
        raise
    except OSError as error:
        raise JournalError(
            f"The journal of what is under way cannot be opened: {error.strerror}.", uri=path, operation="journal"
        ) from error
    if on_failure is None:
        database = Database(connection, path)
    else:
        database = Database(
            connection, path, rescue=lambda disk: rescued(disk, _open_memory(), process), on_rescue=on_failure
        )
    return Journal(database, process=process, clock=clock)


def open_or_do_without(
    path: str, *, clock: Callable[[], float] = time.time, warn: Callable[[JournalError], None]
) -> Journal:
    """As :func:`open_journal`, for callers whose work matters more than its being resumable: where the file cannot be
    used, now or later, ``warn`` is called once and all goes on in memory."""
    try:
        return open_journal(path, clock=clock, on_failure=warn)
    except JournalError as error:
        warn(error)
        return null_journal(clock=clock)


def null_journal(*, clock: Callable[[], float] = time.time) -> Journal:
    """A journal that keeps nothing: for the library, and where nothing can be written. It is the same thing in memory,
    where a million steps take 50 MB; nothing of it touches a disk."""
    return Journal(Database(_open_memory(), ""), process=this_process(), clock=clock)


def _open(path: str) -> sqlite3.Connection:
    connection = connect(path)
    try:
        check(connection, path)
        # Before the first table; what pruning frees goes back to the disk.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise JournalError(
                "The journal of what is under way needs a file system on which programs can share memory.",
                next_step="Set XDG_STATE_HOME to a directory on a local disk.",
                uri=path,
                operation="journal",
            )
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_memory() -> sqlite3.Connection:
    connection = connect(_MEMORY)
    migrate(connection, "")
    return connection
