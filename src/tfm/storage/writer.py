"""An object as it is written, by whoever has its bytes one after the other: whole if it is small, in parts if not."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

from tfm.core.entry import Entry
from tfm.core.errors import InvalidRequestError, StorageError
from tfm.core.writing import Content, ObjectFacts, Part, Precondition, Upload
from tfm.storage.contract import Backend
from tfm.storage.crc32 import crc32

__all__ = ["ObjectWriter", "UploadRecord"]

_PARTS_OF_ONE_SIZE: Final = 1000
_LARGEST_PART_BYTES: Final = 128 << 20
"""What one part in memory may weigh. An S3 object that comes without its size told may so have 892 GiB."""


class UploadRecord(Protocol):
    """An upload in parts as it is written down, so that somebody can sweep it away should this process be killed."""

    def created(self, upload_id: str, part_bytes: int | None = None) -> None:
        """It was begun, and the storage calls it so."""

    def ended(self) -> None:
        """Nothing of it is left to be swept."""


class ObjectWriter:
    """Takes bytes; nobody sees them until :meth:`commit`, and what was there stays until then. For one thread.

    One request for an object up to the backend's ``whole_bytes``; a larger one costs one for each part and two more,
    and the memory of one part. Parts grow after each thousand, so that their number stays within what the storage
    takes. As a context manager it commits, or aborts where the block raises.
    """

    def __init__(
        self,
        backend: Backend,
        key: str,
        facts: ObjectFacts,
        only_if: Precondition | None,
        *,
        before_parts: Callable[[], None],
        committing: Callable[[Callable[[], Entry]], Entry],
        record: Callable[[str], UploadRecord] | None,
    ) -> None:
        """``before_parts`` is called before the first part is sent, and may refuse; ``committing`` runs the request
        that makes the object visible, as a write that the cache must know of; ``record``, with the key, writes down
        that parts will be sent."""
        self.key: Final = key
        self._backend = backend
        self._facts = facts
        self._only_if = only_if
        self._before_parts = before_parts
        self._committing = committing
        self._record = record
        self._recorded: UploadRecord | None = None
        self._limits = backend.upload_limits
        self._buffer = bytearray()
        self._upload: Upload | None = None
        self._parts: list[Part] = []
        self._sent_bytes = 0
        self._checksum = 0
        self._ended = False

    @property
    def written_bytes(self) -> int:
        return self._sent_bytes + len(self._buffer)

    def write(self, data: Content) -> int:
        """Take these bytes, all of them; their number. What fails ends the writing: nothing of it stays."""
        self._require_open()
        # A piece at a time: whoever hands over a gigabyte does not make this hold it twice.
        view = memoryview(data).cast("B")
        taken = 0
        while taken < len(view):
            room = self._threshold_bytes - len(self._buffer)
            piece = view[taken : taken + max(1, room)]
            self._buffer += piece
            taken += len(piece)
            if len(self._buffer) > self._threshold_bytes or (self._upload and len(self._buffer) == self._part_bytes):
                self._send_part()
        return taken

    def commit(self) -> Entry:
        """Make the object visible, whole; its entry. Raises what the storage answers, and then it was aborted."""
        self._require_open()
        try:
            if self._upload is None:
                content = bytes(self._buffer)
                entry = self._committing(
                    lambda: self._backend.put(self.key, content, facts=self._facts, only_if=self._only_if)
                )
            else:
                while self._buffer:
                    self._send_part()
                entry = self._committing(self._finish)
        except BaseException:
            self.abort()
            raise
        self._ended = True
        self._buffer = bytearray()
        self._record_end()
        return entry

    def abort(self) -> None:
        """Let nothing of it be there. May be called again, and after a commit, when it does nothing. Never raises: what
        could not be swept away costs storage, not data."""
        if self._ended:
            return
        self._ended = True
        self._buffer = bytearray()
        if self._upload is not None:
            try:
                self._backend.abort_upload(self._upload)
            except StorageError:
                return  # what is on record of it is swept away later
        self._record_end()

    def _record_end(self) -> None:
        if self._recorded is not None:
            self._recorded.ended()

    def _finish(self) -> Entry:
        if self._upload is None:
            raise RuntimeError("nothing was begun")
        return self._backend.finish_upload(self._upload, self._parts, checksum=self._checksum)

    @property
    def _threshold_bytes(self) -> int:
        return self._limits.whole_bytes if self._upload is None else self._part_bytes

    @property
    def _part_bytes(self) -> int:
        return _part_bytes(self._limits.part_bytes, len(self._parts))

    def _send_part(self) -> None:
        try:
            if self._upload is None:
                self._before_parts()
                if self._record is not None:
                    self._recorded = self._record(self.key)
                self._upload = self._backend.begin_upload(self.key, facts=self._facts, only_if=self._only_if)
                if self._recorded is not None:
                    self._recorded.created(self._upload.id)
            number = len(self._parts) + 1
            if number > self._limits.most_parts:
                raise InvalidRequestError(
                    f"An object that comes without its size told ends at {self._sent_bytes:,} bytes here.",
                    next_step="Copy it from a file, whose size is known.",
                    uri=self.key,
                    operation="write",
                )
            size = min(len(self._buffer), self._part_bytes)
            if size == len(self._buffer):  # not copied: the last parts of a long stream have 128 MiB
                content, self._buffer = self._buffer, bytearray()
            else:
                content = self._buffer[:size]
                del self._buffer[:size]
            self._parts.append(self._backend.put_part(self._upload, number, content, offset=self._sent_bytes))
            self._checksum = crc32(content, self._checksum)
            self._sent_bytes += size
        except BaseException:
            self.abort()
            raise

    def _require_open(self) -> None:
        if self._ended:
            raise ValueError("this writing has ended: it was committed, aborted, or it failed")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.abort()
        elif not self._ended:
            self.commit()


def _part_bytes(first: int, parts_before: int) -> int:
    """The size of the next part: twice as large after each thousand."""
    return max(first, min(first << min(20, parts_before // _PARTS_OF_ONE_SIZE), _LARGEST_PART_BYTES))
