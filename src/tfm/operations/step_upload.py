"""A step's upload in the journal, as the transfer engine writes it down, and as a later run finds it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from tfm.core.errors import ConflictError, NotFoundError, UnsupportedOperation
from tfm.core.writing import ObjectFacts, Part, Upload
from tfm.journal import Job, PartRecord, UploadEntry, UploadRecord
from tfm.storage.crc32 import crc32 as crc32_of
from tfm.storage.storage import Storage

__all__ = ["StepUpload", "abort_recorded"]


_PIECE_BYTES: Final = 1 << 20


class StepUpload:
    """Of the step ``number``; ``earlier`` is what an interrupted run left of it, and ``is_done`` looks whether that run
    had finished it, for an upload that is there no more, given the parts that are on record."""

    def __init__(
        self,
        job: Job,
        target: Storage,
        number: int,
        earlier: UploadRecord | None,
        is_done: Callable[[Sequence[Part]], bool],
    ) -> None:
        self._job = job
        self._target = target
        self._number = number
        self._earlier = earlier
        self._is_done = is_done
        self._entry: UploadEntry | None = None

    def resumed(self) -> tuple[str, list[tuple[Part, int]], int] | None:
        """The id, the parts that the storage has with the CRC-32 of each, and the size of a part; None to begin anew.

        At most one request; what a disk has of it is read, and compared. What was begun and cannot be gone on with is
        swept away. ConflictError where it was finished, and only that was not on record: it need not be sent again.
        """
        earlier = self._earlier
        if earlier is None:
            return None
        self._earlier = None
        entry = self._job.upload(earlier)
        if earlier.id is None or earlier.part_bytes is None:
            abort_recorded(self._target, earlier)
            entry.ended()
            return None
        known = {record.part.number: record for record in entry.parts()}
        try:
            there = self._parts_there(_upload_of(earlier), known.values(), earlier.part_bytes)
        except NotFoundError:
            is_done = self._is_done([record.part for record in known.values()])
            entry.ended()
            if is_done:
                raise _finished_before(self._target, earlier) from None
            return None
        parts = []
        for part in there:
            record = known.get(part.number)
            # One whose checksum nobody wrote down is sent again.
            if record is not None and record.crc is not None and record.part.size_bytes == part.size_bytes:
                parts.append((record.part, record.crc))
        self._entry = entry
        return earlier.id, parts, earlier.part_bytes

    def _parts_there(self, upload: Upload, known: Collection[PartRecord], part_bytes: int) -> list[Part]:
        """Raises NotFoundError where the upload is gone."""
        try:
            return self._target.list_parts(upload)
        except UnsupportedOperation:
            self._target.read_upload(upload, start=0, length=1)  # there is a temporary, or this says that there is none
            return [record.part for record in known if self._is_whole(upload, record, part_bytes)]

    def _is_whole(self, upload: Upload, record: PartRecord, part_bytes: int) -> bool:
        """A machine that lost power, or a disk that was pulled, may have had it in memory only."""
        offset, left, crc32 = (record.part.number - 1) * part_bytes, record.part.size_bytes, 0
        while left and (piece := self._target.read_upload(upload, start=offset, length=min(left, _PIECE_BYTES))):
            crc32 = crc32_of(piece, crc32)
            offset += len(piece)
            left -= len(piece)
        return not left and crc32 == record.crc

    def intended(self, key: str) -> None:
        self._entry = self._job.begin_upload(self._target.address, key, step=self._number)

    def created(self, upload: Upload, part_bytes: int) -> None:
        if self._entry is not None:
            self._entry.created(upload.id, part_bytes)

    def part(self, part: Part, crc32: int) -> None:
        if self._entry is not None:
            self._entry.part(part, crc32)

    def ended(self) -> None:
        if self._entry is not None:
            self._entry.ended()


def abort_recorded(target: Storage, record: UploadRecord) -> None:
    """Sweep away what an upload left that nobody goes on with. Where its id is not known, every upload of that key is
    one that was begun for it: nobody else writes a key that a job is about to write. Raises StorageError."""
    if record.id is not None:
        target.abort_upload(_upload_of(record))
        return
    for upload in target.list_uploads(record.key):
        if upload.key == record.key:
            target.abort_upload(upload)


def _finished_before(target: Storage, record: UploadRecord) -> ConflictError:
    return ConflictError("It is there already.", uri=target.uri_of(record.key), operation="copy")


def _upload_of(record: UploadRecord) -> Upload:
    return Upload(record.key, record.id or "", ObjectFacts(), None)
