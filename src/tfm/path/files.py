"""A remote object as a file that is open for reading: ranges behind Python's own buffered and text layers; and what
the modes of :func:`open` mean."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final

from tfm.core.errors import UnsupportedOperation
from tfm.core.writing import Checksum
from tfm.storage.contract import Reader

__all__ = ["BUFFER_BYTES", "ObjectFile", "mode_letters", "refuse_update"]

BUFFER_BYTES: Final = 256 * 1024
"""One request streams to the end of the object; the buffer only sets how much of it Python copies at a time."""


def mode_letters(mode: str, buffering: int, text: tuple[str | None, ...]) -> set[str]:
    """The letters of a mode of :func:`open`. ValueError for what is none, and for what does not fit to it: ``text`` are
    the arguments that only text takes."""
    letters = set(mode)
    known = letters <= set("rwxabt+") and len(letters) == len(mode)
    if not known or len(letters & set("rwxa")) != 1 or {"b", "t"} <= letters:
        raise ValueError(f"invalid mode: {mode!r}")
    if "b" in letters and any(each is not None for each in text):
        raise ValueError("binary mode takes no encoding, errors or newline argument")
    if buffering == 0 and "b" not in letters:
        raise ValueError("can't have unbuffered text I/O")
    return letters


def refuse_update(letters: set[str], uri: str) -> None:
    """UnsupportedOperation for a mode that changes a part of an object, which no object store can."""
    if "a" in letters:
        raise UnsupportedOperation(
            "An object cannot be appended to.",
            next_step="Read it, and write it whole: path.write_bytes(path.read_bytes() + more).",
            uri=uri,
            operation="open",
        )
    if "+" in letters:
        raise UnsupportedOperation(
            "An object is read, or written whole, but not changed in place.",
            next_step="Open it for reading, and again for writing.",
            uri=uri,
            operation="open",
        )


class ObjectFile(io.RawIOBase):
    """Reads one version of one object. Sequential reading is one request; a seek elsewhere is one more, when read.

    ``open_at`` opens a reader at an offset, given the etag that must still be there (None at first).
    """

    def __init__(self, open_at: Callable[[int, str | None], Reader], name: str) -> None:
        super().__init__()
        self._open_at = open_at
        self.name = name
        self._position = 0
        self._reader_position = 0
        self._reader: Reader | None = None  # for close(), which the finaliser calls when opening fails
        self._reader = open_at(0, None)
        self._entry = self._reader.entry

    @property
    def checksums(self) -> list[Checksum]:
        """What its storage has said of the object's bytes; none once the file is closed."""
        told = [] if self._reader is None else [self._reader.checksum, *self._reader.others]
        return [each for each in told if each is not None]

    @property
    def verified(self) -> bool:
        """Whether all bytes were read, from the first to the last, and are the checksum's. False once it is closed."""
        return self._reader is not None and self._reader.verified

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # typeshed's WriteableBuffer is not there at run time
        view = memoryview(buffer).cast("B")
        data = self._next(len(view))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._next(-1)

    def _next(self, size: int) -> bytes:
        self._check_open()
        if self._reader is None or self._reader_position != self._position:
            self._drop()
            self._reader = self._open_at(self._position, self._entry.etag)
            self._reader_position = self._position
        data = self._reader.read(size)
        self._position += len(data)
        self._reader_position = self._position
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._check_open()
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position}.get(whence)
        if whence == io.SEEK_END:
            base = self._size()
        if base is None:
            raise ValueError(f"invalid whence ({whence})")
        if base + offset < 0:
            raise ValueError(f"negative seek position {base + offset}")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        self._check_open()
        return self._position

    def close(self) -> None:
        if not self.closed:
            self._drop()
        super().close()

    def _size(self) -> int:
        if self._entry.size_bytes is None:
            raise io.UnsupportedOperation("the storage does not say how long this object is")
        return self._entry.size_bytes

    def _drop(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file.")
