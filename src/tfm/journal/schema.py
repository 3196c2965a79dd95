"""The tables of the journal, and how an older journal becomes one of today."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from tfm.journal.errors import JournalError

__all__ = ["APPLICATION_ID", "MIGRATIONS", "check", "migrate"]

APPLICATION_ID: Final = 0x74666D6A
"""``tfmj``, in the file's header: https://www.sqlite.org/fileformat2.html#application_id"""

# Text that comes from a storage, or from a user, is stored as bytes (UTF-8 with surrogatepass): SQLite's own text
# holds no lone surrogates, which names of files have where they are no UTF-8.
#
# Steps are stored in blocks of up to 512, compressed: 41 bytes a step where one row each took 250 (keys of 40
# characters with etags), and no write touches a block again. What became of them is one byte each in a table beside,
# so that marking 500 steps writes half a kilobyte and not 25 pages.
_FIRST: Final = """
CREATE TABLE holders (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    host BLOB NOT NULL, boot_id BLOB NOT NULL, pid_namespace BLOB NOT NULL, process_id INTEGER NOT NULL,
    started BLOB NOT NULL
);
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, title BLOB NOT NULL, created REAL NOT NULL, spec BLOB NOT NULL,
    state TEXT NOT NULL, ended REAL, planned INTEGER NOT NULL DEFAULT 0,
    holder INTEGER
);
CREATE TABLE counts (
    job INTEGER NOT NULL, state INTEGER NOT NULL, steps INTEGER NOT NULL, size_bytes INTEGER NOT NULL,
    PRIMARY KEY (job, state)
) WITHOUT ROWID;
CREATE TABLE blocks (
    job INTEGER NOT NULL, first INTEGER NOT NULL, steps INTEGER NOT NULL, sizes BLOB NOT NULL, content BLOB NOT NULL,
    UNIQUE (job, first)
);
CREATE TABLE block_states (
    job INTEGER NOT NULL, first INTEGER NOT NULL, states BLOB NOT NULL,
    PRIMARY KEY (job, first)
) WITHOUT ROWID;
CREATE TABLE step_texts (
    job INTEGER NOT NULL, step INTEGER NOT NULL, text BLOB NOT NULL,
    PRIMARY KEY (job, step)
) WITHOUT ROWID;
CREATE TABLE uploads (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER, step INTEGER, holder INTEGER,
    scheme TEXT NOT NULL, authority BLOB NOT NULL, profile BLOB, key BLOB NOT NULL, begun REAL NOT NULL,
    id BLOB, part_bytes INTEGER
);
CREATE INDEX uploads_by_job ON uploads (job);
CREATE TABLE parts (
    upload INTEGER NOT NULL, number INTEGER NOT NULL, size_bytes INTEGER NOT NULL, etag BLOB, checksum BLOB,
    crc INTEGER,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
CREATE TABLE durable (flushes INTEGER NOT NULL);
INSERT INTO durable VALUES (0)
"""

# In which start of the machine a job was begun: what is on record as done may not be on the disk after the next one.
_SECOND: Final = """
ALTER TABLE jobs ADD COLUMN boot_id BLOB NOT NULL DEFAULT X'';
UPDATE jobs SET boot_id = coalesce((SELECT holders.boot_id FROM holders WHERE holders.number = jobs.holder), X'')
"""

MIGRATIONS: Final = (_FIRST, _SECOND)
"""Statements, separated by ``;``, that lead from version n (the place in the tuple) to the next."""


def check(connection: sqlite3.Connection, path: str, migrations: Sequence[str] = MIGRATIONS) -> int:
    """The journal's version; changes nothing. Raises JournalError for a database that is no journal, or a newer one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application != APPLICATION_ID:
        raise JournalError("This is no journal of tfm.", next_step="Move it away.", uri=path, operation="journal")
    if version > len(migrations):
        raise JournalError(
            f"A newer tfm wrote this journal (version {version}, not {len(migrations)}).",
            next_step="Update tfm, or finish there what is under way.",
            uri=path,
            operation="journal",
        )
    return int(version)


def migrate(connection: sqlite3.Connection, path: str, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring the database to the last version, in one transaction. Its caller keeps other programs away, and has seen to
    it that this is a journal; raises as :func:`check`."""
    version = check(connection, path, migrations)
    if version == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in migrations[version:]:
            for statement in statements.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
