"""An upload under way: its intent, its id and its parts, each on record before the next thing happens."""

from __future__ import annotations

import sqlite3

from tfm.core.location import StorageAddress
from tfm.core.writing import Part
from tfm.journal.database import Database, Statement
from tfm.journal.encoding import to_bytes, to_text
from tfm.journal.records import PartRecord

__all__ = ["UploadEntry", "insertion", "read_parts"]

_INSERT = """INSERT INTO uploads (job, step, holder, scheme, authority, profile, key, begun)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""

# Nothing of an upload that somebody else has swept by now.
_INSERT_PART = """INSERT OR REPLACE INTO parts SELECT ?, ?, ?, ?, ?, ?
    WHERE EXISTS (SELECT 1 FROM uploads WHERE number = ?)"""


class UploadEntry:
    """The journal's entry of one upload, or of one temporary file. Thread-safe.

    What :meth:`created` and :meth:`part` record outlives a kill once they return; they cost 0.05 ms and do not wait for
    the disk.
    """

    def __init__(self, journal: object, database: Database, number: int) -> None:
        self._journal = journal  # which lives as long as its entries
        self._database = database
        self.number = number

    def created(self, upload_id: str, part_bytes: int | None = None) -> None:
        """It was begun: the storage calls it ``upload_id`` (of a disk: the temporary's path)."""
        self._database.write(
            Statement(
                "UPDATE uploads SET id = ?, part_bytes = ? WHERE number = ?",
                to_bytes(upload_id),
                part_bytes,
                self.number,
            )
        )

    def part(self, part: Part, crc: int | None = None) -> None:
        """The storage has that part; one that was sent again takes the place of the first."""
        self._database.write(
            Statement(
                _INSERT_PART,
                self.number,
                part.number,
                part.size_bytes,
                _optional(part.etag),
                _optional(part.checksum),
                crc,
                self.number,
            )
        )

    def parts(self) -> list[PartRecord]:
        """The parts on record, by number."""
        return self._database.read(lambda connection: read_parts(connection, self.number))

    def ended(self) -> None:
        """It was finished, or aborted: there is nothing left of it to sweep. Is on record with the next group."""
        with self._database.lock:
            self._database.add(Statement("DELETE FROM parts WHERE upload = ?", self.number))
            self._database.add(Statement("DELETE FROM uploads WHERE number = ?", self.number))


def insertion(
    address: StorageAddress, key: str, begun: float, *, job: int | None, step: int | None, holder: int
) -> Statement:
    """The statement that records the intent."""
    return Statement(
        _INSERT, job, step, holder, address.scheme, to_bytes(address.authority), _optional(address.profile),
        to_bytes(key), begun,
    )  # fmt: skip


def read_parts(connection: sqlite3.Connection, upload: int) -> list[PartRecord]:
    rows = connection.execute(
        "SELECT number, size_bytes, etag, checksum, crc FROM parts WHERE upload = ? ORDER BY number", (upload,)
    )
    return [
        PartRecord(
            Part(
                number,
                size_bytes,
                None if etag is None else to_text(etag),
                None if checksum is None else to_text(checksum),
            ),
            crc,
        )
        for number, size_bytes, etag, checksum, crc in rows
    ]


def _optional(text: str | None) -> bytes | None:
    return None if text is None else to_bytes(text)
