"""What the transfers of one job share, and what comes of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

from tfm.core.entry import Entry
from tfm.core.progress import Cancel
from tfm.core.writing import Part, Upload
from tfm.storage.storage import Storage
from tfm.transfer.directories import Directories
from tfm.transfer.engine import BytesBudget
from tfm.transfer.meter import Meter
from tfm.transfer.writing_out import WritingOut

__all__ = ["Cancelled", "Outcome", "TransferContext", "UploadRecord"]


_MOST_KEPT_BYTES: Final = 2 << 30
"""What parts too large for the memory take of a disk, while they come from one server and wait to go to the other."""


class UploadRecord(Protocol):
    """Where an upload's course is written down, so that it can be gone on with. Thread-safe."""

    def resumed(self) -> tuple[str, list[tuple[Part, int]], int] | None:
        """What an earlier run had: the upload's id, its parts with the CRC-32 of each, and the size of a part."""

    def intended(self, key: str) -> None: ...

    def created(self, upload: Upload, part_bytes: int) -> None: ...

    def part(self, part: Part, crc32: int) -> None: ...

    def ended(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one step. ``verified`` is False where nothing could be compared, True where nothing had to be.
    ``copied`` has size, time and etag of what was copied, where that may be another version than the step's: the source
    may have changed since it was listed."""

    entry: Entry | None
    size_bytes: int
    verified: bool
    copied: Entry | None = None


@dataclass(frozen=True, slots=True)
class TransferContext:
    """What the transfers of one job share. ``budget`` is of the memory, ``disk`` of what is kept on one for a while;
    ``writing_out`` takes what has come of large files, where the job will wait for the target's disk."""

    source: Storage
    target: Storage
    directories: Directories
    meter: Meter
    cancel: Cancel
    budget: BytesBudget
    writing_out: WritingOut
    disk: BytesBudget = field(default_factory=lambda: BytesBudget(_MOST_KEPT_BYTES))

    @property
    def server_side(self) -> bool:
        return self.target.can_copy_from(self.source.address)

    @property
    def begins_requests(self) -> bool:
        """Whether one thread can have several objects under way."""
        return self.target.begins_requests or (self.source.begins_requests and not self.server_side)


class Cancelled(Exception):  # noqa: N818 - not an error
    """The job is to end: what is under way stays for whoever resumes it."""
