"""One SQLite connection for many threads: what they write is queued and committed in groups."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from tfm.journal.errors import JournalError, translated

__all__ = ["Database", "Queued", "Statement", "connect"]

_Answer = TypeVar("_Answer")

_BUSY_SECONDS: Final = 10.0
"""How long another program may hold the database: its transactions take a few ms each."""

_GROUP_SECONDS: Final = 0.05
"""Between two commits of the writer thread. The first of what is queued is written at once, so with few steps a
second nothing waits, and with many a kill loses 50 ms of them; 20 commits a second cost 0.3 % of a CPU."""

_CHECKPOINT_COMMITS: Final = 100
"""Commits after which the log is moved into the database, which syncs: 2 MB of log where a million steps come in."""

_CHECKPOINT_SECONDS: Final = 2.0
"""After so long without anything to write it is moved too."""

_LONG_LOG_PAGES: Final = 4096
"""16 MB: from then on writers wait for the end of a checkpoint, some ms. Without it a million steps made it 99 MB."""

_LOG_BYTES: Final = 4 << 20
"""What the write-ahead log is cut to when SQLite begins it anew."""


class Queued(Protocol):
    """Something to be written. ``taken`` is set once a commit has it: nothing may be added to it from then on."""

    taken: bool

    def apply(self, connection: sqlite3.Connection) -> None:
        """Write it. May be called again, when the transaction was rolled back."""
        ...


class Statement:
    """One statement with its values. ``row_number`` is that of the row it inserted, once it is committed."""

    __slots__ = ("_sql", "_values", "row_number", "taken")

    def __init__(self, sql: str, *values: object) -> None:
        self._sql = sql
        self._values = values
        self.row_number = 0
        self.taken = False

    def apply(self, connection: sqlite3.Connection) -> None:
        self.row_number = connection.execute(self._sql, self._values).lastrowid or 0


def connect(path: str) -> sqlite3.Connection:
    """A connection as all of ours are. Transactions are begun by hand; ``Database`` keeps the threads apart."""
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous = NORMAL")  # with a log: no sync at a commit, and never corrupt
        connection.execute("PRAGMA fullfsync = ON")  # Darwin's fsync alone does not reach the disk
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # that syncs, on the caller: the writer thread does it
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
    except BaseException:
        connection.close()
        raise
    return connection


class _Outcome:
    """Whether what is queued was committed, however its commit was left: to write it twice would fail for ever."""

    is_committed = False


class Database:
    """``path`` is "" for one in memory. ``rescue`` makes, out of a connection that cannot be written any more, one that
    can, and ``on_rescue`` hears why, on the thread that was about to write; without them what cannot be written raises
    JournalError, stays queued, and is tried again.

    Locks: ``lock`` for what is queued (held for microseconds), inside of another one for the connection (held for a
    transaction: some ms at most, save in :meth:`flush` with ``durable``).
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: str,
        *,
        rescue: Callable[[sqlite3.Connection], sqlite3.Connection] | None = None,
        on_rescue: Callable[[JournalError], None] | None = None,
        group_seconds: float = _GROUP_SECONDS,
    ) -> None:
        self.lock = threading.RLock()  # re-entrant: the garbage collector may close a journal at any line
        self.path = path
        self._connection = connection
        self._connection_lock = threading.RLock()  # `on_rescue` may ask the journal something
        self._rescue = rescue
        self._on_rescue = on_rescue
        self._group_seconds = group_seconds
        self._queue: list[Queued] = []
        self._wake = threading.Condition(self.lock)
        self._closing = False
        self._closed = False
        self._writer: threading.Thread | None = None
        self._writer_waits = False
        self._commits = 0  # since the last checkpoint
        self._chores: list[Callable[[], bool]] = []

    # What is queued

    def add(self, item: Queued, *, wake: bool = True) -> None:
        """Queue it; ``lock`` must be held. The writer thread commits it soon, unless the caller does at once and says
        so by ``wake``."""
        if self._closing:
            raise JournalError("The journal is closed.", uri=self.path or None, operation="journal")
        self._queue.append(item)
        if wake:
            self._wake_writer()

    def _wake_writer(self) -> None:
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_in_groups, name="tfm-journal", daemon=True)
            self._writer.start()
        elif self._writer_waits:
            self._wake.notify()

    def queue(self, item: Queued) -> None:
        """Queue it, for the writer thread to commit soon."""
        with self.lock:
            self.add(item)

    def write(self, item: Queued) -> None:
        """Commit it, and all that was queued before. When this returns a kill of the process does not lose it.

        Of several threads that wait here one commits for all.
        """
        with self.lock:
            self.add(item, wake=False)
        self.commit()

    def commit(self) -> None:
        """Commit all that is queued. Does not wait for the disk."""
        with self._connection_lock:
            self._commit_queue()

    def flush(self, *, durable: bool = False) -> None:
        """As :meth:`commit`; ``durable`` returns when the disk has it all: a crash of the machine does not lose it."""
        if not durable:
            self.commit()
            return
        with self._connection_lock:
            self._commit_queue()
            # The sync at the end of this transaction is one of the whole log, so of all commits before it.
            self._attempt(self._sync)

    def _sync(self) -> None:
        self._connection.execute("PRAGMA synchronous = FULL")
        try:
            self._in_transaction(lambda: self._connection.execute("UPDATE durable SET flushes = flushes + 1"))
        finally:
            self._connection.execute("PRAGMA synchronous = NORMAL")

    # What is asked

    def read(self, ask: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        """What ``ask`` answers, with all that is queued committed before."""
        with self._connection_lock:
            self._commit_queue()
            return self._attempt(lambda: ask(self._connection))

    def change(self, do: Callable[[sqlite3.Connection], _Answer]) -> _Answer:
        """As :meth:`read`, in a transaction that nobody else writes in."""
        with self._connection_lock:
            self._commit_queue()
            return self._attempt(lambda: self._in_transaction(lambda: do(self._connection)))

    def later(self, chore: Callable[[], bool]) -> None:
        """Let the writer thread do it, between its commits, until it answers False."""
        with self.lock:
            if not self._closing:
                self._chores.append(chore)
                self._wake_writer()

    # Writing

    def _commit_queue(self) -> None:
        items: list[Queued] = []
        outcome = _Outcome()
        try:
            with self.lock:
                if self._closed:
                    raise JournalError("The journal is closed.", uri=self.path or None, operation="journal")
                items, self._queue = self._queue, items
                for item in items:
                    item.taken = True
            if items:
                self._attempt(lambda: self._in_transaction(lambda: self._apply(items), outcome))
        except BaseException:
            if not outcome.is_committed:
                with self.lock:
                    self._queue[:0] = items
            raise
        if items:
            with self.lock:
                self._commits += 1
                if self._commits >= _CHECKPOINT_COMMITS and self.path:
                    self._wake_writer()

    def _apply(self, items: list[Queued]) -> None:
        for item in items:
            item.apply(self._connection)

    def _in_transaction(self, do: Callable[[], _Answer], outcome: _Outcome | None = None) -> _Answer:
        outcome = outcome or _Outcome()
        is_ending = False
        try:
            # IMMEDIATE: one that begins by reading cannot wait for another program's write, it fails.
            self._connection.execute("BEGIN IMMEDIATE")
            answer = do()
            is_ending = True
            self._connection.execute("COMMIT")
            outcome.is_committed = True
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            elif is_ending and not isinstance(error, sqlite3.Error):
                outcome.is_committed = True  # Ctrl-C came when it was done
            raise
        return answer

    def _attempt(self, do: Callable[[], _Answer]) -> _Answer:
        try:
            return do()
        except sqlite3.Error as error:
            failure = translated(error, self.path)
            if self._rescue is None or not self.path:
                raise failure from error
            rescue, self._rescue = self._rescue, None
            try:
                rescued = rescue(self._connection)
            except sqlite3.Error:
                raise failure from error
            self._connection.close()
            self._connection, self.path = rescued, ""
            if self._on_rescue is not None:
                self._on_rescue(failure)
            return self._attempt(do)

    # The writer thread

    def _write_in_groups(self) -> None:
        try:
            self._loop()
        finally:
            with self.lock:  # where `on_rescue` raised, the next that is queued begins another thread
                self._writer = None

    def _loop(self) -> None:
        while True:
            with self.lock:
                self._writer_waits = True
                self._wake.wait_for(self._has_work, _CHECKPOINT_SECONDS if self._commits else None)
                self._writer_waits = False
                if self._closing:
                    return
                is_due = self._commits >= _CHECKPOINT_COMMITS or not self._queue
            try:
                self.commit()
                if is_due:
                    self._checkpoint()
                self._do_chores()
            except JournalError:
                pass  # it stays queued; whoever has to know it is written hears of it in write() and flush()
            with self.lock:
                self._wake.wait_for(lambda: self._closing, self._group_seconds)

    def _has_work(self) -> bool:
        return bool(self._closing or self._queue or self._chores or self._commits >= _CHECKPOINT_COMMITS)

    def _checkpoint(self) -> None:
        """Move the log into the database, on a connection of its own: others go on reading and writing meanwhile."""
        with self.lock:
            path, commits, self._commits = self.path, self._commits, 0
        if not path or not commits:
            return
        try:
            connection = connect(path)
            try:
                _, logged, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if logged > _LONG_LOG_PAGES:
                    # SQLite begins the log anew only when nothing was written since the checkpoint began.
                    with self._connection_lock:
                        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise translated(error, path) from error

    def _do_chores(self) -> None:
        with self.lock:
            chores, self._chores = self._chores, []
        again = [chore for chore in chores if chore()]
        with self.lock:
            self._chores[:0] = again

    def close(self, *last: Queued) -> None:
        """Commit what is queued and then ``last``, end the writer thread, close. May be called twice; raises
        JournalError where something could not be written, and is closed all the same."""
        with self.lock:
            if self._closing:
                return
            self._queue += last
            self._closing = True
            self._wake.notify_all()
            writer = self._writer
        if writer is not None and writer is not threading.current_thread():
            writer.join()
        with self._connection_lock:
            try:
                self._commit_queue()
            finally:
                with self.lock:
                    self._closed = True
                self._connection.close()
