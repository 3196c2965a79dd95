"""How one part of a large object gets from its source to its target."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from typing import Final

from tfm.core.capability import Capability
from tfm.core.step import Step
from tfm.core.writing import Part, Upload
from tfm.storage.content_check import new_digest
from tfm.storage.contract import Reader
from tfm.storage.crc32 import crc32 as crc32_of
from tfm.storage.storage import Storage
from tfm.transfer.context import TransferContext
from tfm.transfer.large_part import LargePart, kept_on_disk, own_piece
from tfm.transfer.one_version import changed, etag_for

__all__ = ["PartSending", "SentPart", "is_local"]

_MOST_HELD_BYTES: Final = 32 << 20
"""A larger part, of which an object of more than 300 GB has some, is never in memory as a whole."""


def is_local(storage: Storage) -> bool:
    return Capability.LOCAL_PATHS in storage.capabilities


@dataclass(frozen=True, slots=True)
class SentPart:
    """A part that is there. ``crc32`` is None where its bytes did not come through here; ``digest`` is the one of which
    the source's checksum is made, or with which it is combined, where that was followed."""

    part: Part
    crc32: int | None
    digest: bytes | None = None


class PartSending:
    """Sends parts of ``step``'s object, of ``part_bytes`` each; ``followed`` is the algorithm by which each part is
    digested, if any. Thread-safe."""

    def __init__(
        self, context: TransferContext, step: Step, upload: Upload, part_bytes: int, followed: str | None
    ) -> None:
        self._context = context
        self._step = step
        self._upload = upload
        self._part_bytes = part_bytes
        self._followed = followed
        # The system lets one thread write to a file at a time, and the others spin until they may.
        self._writing = threading.Lock()

    def send(self, number: int) -> SentPart:
        """Raises StorageError, and Cancelled. What the meter has counted is taken back then."""
        context, step = self._context, self._step
        offset = (number - 1) * self._part_bytes
        length = min(self._part_bytes, (step.size_bytes or 0) - offset)
        if context.server_side:
            part = context.target.copy_part(
                self._upload, number, context.source.address, step.entry, offset=offset, length=length
            )
            context.meter.add(length)
            return SentPart(part, None)
        if is_local(context.target):
            return self._stream(number, offset, length)
        return (self._send_large if length > _MOST_HELD_BYTES else self._send_held)(number, offset, length)

    def _send_held(self, number: int, offset: int, length: int) -> SentPart:
        context = self._context
        with context.budget.memory(length) as content, self._opened(offset, length) as reader:
            view, done = memoryview(content), 0
            while done < length:
                size = reader.readinto(view[done:])
                if not size:
                    raise changed(context.source, self._step)
                done += size
            part = context.target.put_part(self._upload, number, content, offset=offset)
            crc32 = crc32_of(content)
        context.meter.add(length)
        return SentPart(part, crc32)

    def _send_large(self, number: int, offset: int, length: int) -> SentPart:
        """What is on a disk is read from there as often as it must be; what comes over a wire comes once, and is kept
        on this disk meanwhile."""
        context = self._context
        with ExitStack() as stack:
            read = partial(self._pieces, offset, length)
            content = stack.enter_context(closing(LargePart(length, read, context.meter, context.cancel)))
            if not is_local(context.source):
                stack.enter_context(context.disk.held(length))
                uri = context.source.uri_of(self._step.source_key)
                kept = stack.enter_context(kept_on_disk(content.pieces(), length, uri))
                content = stack.enter_context(closing(LargePart(length, kept, context.meter, context.cancel)))
            try:
                part = context.target.put_part(self._upload, number, content, offset=offset)
            except BaseException:
                content.tell(0)
                raise
        content.tell(length)
        return SentPart(part, content.crc32)

    def _stream(self, number: int, offset: int, length: int) -> SentPart:
        """A disk takes a part piece by piece: the memory of one, always the same, into which the kernel puts what came
        and out of which it takes what is written. New memory for each costs a second for a GiB."""
        context = self._context
        crc32 = done = 0
        digest = None if self._followed is None else new_digest(self._followed)
        try:
            with closing(self._pieces(offset, length)) as pieces:
                for piece in pieces:
                    with self._writing:
                        context.target.put_part(self._upload, number, piece, offset=offset + done)
                    crc32 = crc32_of(piece, crc32)
                    if digest is not None:
                        digest.update(piece)
                    done += len(piece)
                    context.meter.add(len(piece))
        except BaseException:
            context.meter.add(-done)
            raise
        return SentPart(Part(number, length), crc32, None if digest is None else digest.digest())

    def _pieces(self, offset: int, length: int) -> Generator[memoryview, None, None]:
        """These bytes of the source; each piece is in this thread's own memory."""
        done = 0
        with self._opened(offset, length) as reader:
            view = own_piece()
            while done < length:
                size = reader.readinto(view[: length - done])
                if not size:
                    raise changed(self._context.source, self._step)
                done += size
                yield view[:size]

    def _opened(self, offset: int, length: int) -> Reader:
        source, step = self._context.source, self._step
        return source.read(step.source_key, start=offset, length=length, if_match=etag_for(source, step))
