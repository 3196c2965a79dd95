"""Files that are open for writing: what is written is seen when they are closed, all of it, or never.

Python's own buffered and text layers stand on a raw file that knows how to end: :meth:`close` commits, and whatever is
no orderly close (an exception out of the ``with`` block, a file that is merely forgotten) discards.
"""

from __future__ import annotations

import io
import warnings
from abc import abstractmethod
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, cast

from tfm.path.files import BUFFER_BYTES
from tfm.storage.atomic_file import AtomicFile

if TYPE_CHECKING:
    from tfm.storage.writer import ObjectWriter

__all__ = ["AtomicOutput", "ObjectOutput", "Output", "opened_for_writing"]


class Output(io.RawIOBase):
    """A raw file that can be discarded. After that it takes bytes and forgets them, and closing it keeps nothing."""

    name: Any  # as io.FileIO has it: a path, or a descriptor

    @abstractmethod
    def discard(self) -> None:
        """Let nothing of it be kept. Raises nothing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.discard()
        super().__exit__(kind, error, trace)


class ObjectOutput(Output):
    """An object of a storage."""

    def __init__(self, writer: ObjectWriter, name: str) -> None:
        super().__init__()
        self.name = name
        self._writer = writer
        self._discarded = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:  # typeshed's ReadableBuffer is not there at run time
        if self.closed:
            raise ValueError("write to closed file")
        if self._discarded:
            return memoryview(data).nbytes
        try:
            return self._writer.write(data)
        except BaseException:
            self._discarded = True  # it was told; closing must not tell again, nor keep half of it
            raise

    def tell(self) -> int:
        return self._writer.written_bytes

    def discard(self) -> None:
        self._discarded = True
        self._writer.abort()

    def close(self) -> None:
        if self.closed:
            return
        try:
            if not self._discarded:
                self._writer.commit()
        finally:
            super().close()

    def __del__(self) -> None:
        _forgotten(self, self)


class AtomicOutput(Output, io.FileIO):
    """A file of the local disk, with a ``fileno()``; the name is the old file until it is closed."""

    def __init__(self, file: AtomicFile, name: str, mode: str) -> None:
        self._file = file
        self._discarded = True  # until it is open: then there is something to keep
        super().__init__(file.open(), mode, closefd=False)
        self.name = name
        self._discarded = False

    def write(self, data: Any, /) -> int:  # as above
        try:
            return super().write(data)
        except BaseException:
            self._discarded = True
            raise

    def discard(self) -> None:
        self._discarded = True

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        if self._discarded:
            self._file.abort()
        else:
            self._file.commit()

    def __del__(self) -> None:
        _forgotten(self, self)


class _Ending:
    """What the layers above a raw file share: how they end decides whether it is kept."""

    _output: Output

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._output.discard()
        self.close()

    def close(self) -> None:
        super().close()  # type: ignore[misc] # the layer's own: this class stands before one

    def __del__(self) -> None:
        _forgotten(self, getattr(self, "_output", None))


class _BufferedOutput(_Ending, io.BufferedWriter):
    is_getting_its_text_layer = False

    def __init__(self, raw: Output, size: int) -> None:
        self._output = raw
        super().__init__(raw, size)

    def seekable(self) -> bool:
        # TextIOWrapper looks only then whether it stands at the start of a file, which UTF-16 and UTF-32 mark.
        return self.is_getting_its_text_layer or super().seekable()


class _BufferedUpdate(_Ending, io.BufferedRandom):
    def __init__(self, raw: Output, size: int) -> None:
        self._output = raw
        super().__init__(raw, size)


class _TextOutput(_Ending, io.TextIOWrapper):
    def __init__(self, buffer: _BufferedOutput | _BufferedUpdate, *text: Any, **options: Any) -> None:
        # The remaining arguments are TextIOWrapper's own.
        self._output = buffer._output
        if isinstance(buffer, _BufferedOutput):
            buffer.is_getting_its_text_layer = True
        super().__init__(buffer, *text, **options)
        if isinstance(buffer, _BufferedOutput):
            buffer.is_getting_its_text_layer = False


def _forgotten(file: Any, output: Output | None) -> None:  # a file of any layer
    """Called by a file's finaliser. Nobody said that it is complete, so it is not kept."""
    try:
        if output is None or file.closed or output.closed:
            return
        output.discard()
        file.close()
    except (AttributeError, ValueError, OSError):
        return  # half made: there is nothing to close
    warnings.warn(f"{output.name!r} was not closed, so nothing was written", ResourceWarning, stacklevel=3)


def opened_for_writing(
    raw: Output,
    *,
    text: bool,
    update: bool,
    buffering: int,
    encoding: str | None,
    errors: str | None,
    newline: str | None,
) -> IO[Any]:
    """``raw`` behind the layers that :func:`open` would put before it."""
    if buffering == 0:
        # typeshed's IO is nominal; a RawIOBase is what open() returns here too
        return cast("IO[bytes]", raw)
    size = buffering if buffering > 1 else BUFFER_BYTES
    buffered = _BufferedUpdate(raw, size) if update else _BufferedOutput(raw, size)
    if not text:
        return buffered
    return _TextOutput(buffered, io.text_encoding(encoding), errors, newline, line_buffering=buffering == 1)
