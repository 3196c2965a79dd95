"""Going on in memory where the journal's file cannot be written any more."""

from __future__ import annotations

import sqlite3
from typing import Final

from tfm.journal.encoding import to_bytes
from tfm.journal.holder import Holder

__all__ = ["rescued"]

# By the column that says which job a row belongs to. Parts come with the uploads.
_JOB_TABLES: Final = (("jobs", "number"), ("counts", "job"), ("blocks", "job"), ("block_states", "job"),
                      ("step_texts", "job"), ("uploads", "job"))  # fmt: skip

_OWN: Final = "process_id = ? AND started = ? AND boot_id = ?"
_OWN_HOLDERS: Final = f"SELECT number FROM holders WHERE {_OWN}"  # noqa: S608 - ours


def rescued(disk: sqlite3.Connection, memory: sqlite3.Connection, process: Holder) -> sqlite3.Connection:
    """``memory``, an empty journal, with what ``process`` holds in that on ``disk``, which can still be read; numbers
    stay, so whoever has a job or an upload goes on with it. Raises sqlite3.Error where it cannot be read either."""
    own = (process.process_id, to_bytes(process.started), to_bytes(process.boot_id))
    _copy(disk, memory, "holders", _OWN, own)
    for table, column in _JOB_TABLES:
        _copy(disk, memory, table, f"{column} IN (SELECT number FROM jobs WHERE holder IN ({_OWN_HOLDERS}))", own)  # noqa: S608 - ours
    _copy(disk, memory, "uploads", f"job IS NULL AND holder IN ({_OWN_HOLDERS})", own)
    for (upload,) in memory.execute("SELECT number FROM uploads").fetchall():
        _copy(disk, memory, "parts", "upload = ?", (upload,))
    return memory


def _copy(
    disk: sqlite3.Connection, memory: sqlite3.Connection, table: str, condition: str, values: tuple[object, ...]
) -> None:
    """A row at a time: of a million steps that are 2,000 rows of 20 KB."""
    # By name: a newer program may have given the table on the disk more columns.
    names = [column[1] for column in memory.execute(f"PRAGMA table_info({table})")]
    columns, marks = ", ".join(names), ", ".join("?" * len(names))
    for row in disk.execute(f"SELECT {columns} FROM {table} WHERE {condition}", values):  # noqa: S608 - the text is ours
        memory.execute(f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})", row)  # noqa: S608 - ours
