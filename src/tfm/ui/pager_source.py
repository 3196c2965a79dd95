"""Where the bytes come from that the pager shows: the object's own, or what they hold where they are compressed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from tfm.core.errors import StorageError
from tfm.core.location import Location
from tfm.operations.compression import LONGEST_BEGINNING, compression_of
from tfm.operations.held_bytes import ByteSource
from tfm.operations.unpacked import Unpacked
from tfm.operations.view import BytesNotLoadedError

__all__ = ["PagerSource", "Viewed"]


class Viewed(Protocol):
    """An object that is looked at: :class:`tfm.operations.view.View`, or a part of one that is held."""

    @property
    def location(self) -> Location: ...
    @property
    def size_bytes(self) -> int | None: ...
    @property
    def error(self) -> StorageError | None: ...
    @property
    def is_whole(self) -> bool: ...
    def open(self) -> None: ...
    def close(self) -> None: ...
    def retry(self) -> None: ...
    @property
    def asking_costs(self) -> bool: ...
    def look_for_change(self) -> None: ...
    def bytes_at(self, start: int, end: int) -> bytes: ...
    def chunks(self, start: int, end: int) -> Iterator[bytes]: ...


class PagerSource:
    """``view`` and, where its first bytes say that they are compressed, what is in them. ``changed``: more is here."""

    def __init__(self, view: Viewed, changed: Callable[[], None]) -> None:
        self.view: Final = view
        self.unpacked: Unpacked | None = None
        self.refused = ""
        self._changed = changed
        self._packed_wanted = False
        self._looked = False

    def close(self) -> None:
        self.view.close()
        self.forget()

    def forget(self) -> None:
        """It is another version now."""
        if self.unpacked is not None:
            self.unpacked.close()
        self.unpacked = None
        self.refused = ""
        self._looked = False

    def look(self) -> None:
        """Find out whether it is compressed. Raises BytesNotLoadedError until the first bytes are here."""
        if self._looked:
            return
        compression = compression_of(self.view.bytes_at(0, LONGEST_BEGINNING))
        self._looked = True
        if compression is None:
            return
        try:
            self.unpacked = Unpacked(compression, self.view, self._changed)
        except StorageError as error:
            self.refused = f"{error.cause.removesuffix('.')}: {error.next_step}"
        else:
            self.unpacked.open()

    @property
    def shows_packed(self) -> bool:
        """Whether compressed bytes are shown as they are, though they can be unpacked."""
        return self.unpacked is not None and self._packed_wanted

    def toggle_packed(self) -> None:
        self._packed_wanted = not self._packed_wanted

    @property
    def bytes_shown(self) -> ByteSource:
        return self.view if self.unpacked is None or self._packed_wanted else self.unpacked

    @property
    def is_unpacked(self) -> bool:
        """Whether what is shown is what compressed bytes hold."""
        return self.bytes_shown is not self.view

    @property
    def knows_end(self) -> bool:
        return not self.is_unpacked or self.unpacked is None or self.unpacked.known_size_bytes is not None

    @property
    def error(self) -> StorageError | None:
        unpacked = self.unpacked.error if self.unpacked is not None and self.is_unpacked else None
        return self.view.error or unpacked

    @property
    def text(self) -> str:
        """``gzip`` and the like, for the line that says how the bytes are shown."""
        if self.unpacked is None:
            return self.refused
        if self._packed_wanted:
            return f"{self.unpacked.compression}, as it is"
        cut_off = self.unpacked.cut_off and self.view.is_whole
        return f"{self.unpacked.compression}{', ends too early' if cut_off else ''}"

    def read_whole(self, start: int, end: int) -> bytes:
        """For a thread: what is held costs nothing, the rest is asked for."""
        if self.is_unpacked and self.unpacked is not None:
            return self.unpacked.awaited_bytes(start, end)
        try:
            return self.view.bytes_at(start, end)
        except BytesNotLoadedError:
            return b"".join(self.view.chunks(start, end))
