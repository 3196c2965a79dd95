"""Is what stands at a step's destination that step's own work, or what is left of it when a machine lost power?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry
from tfm.core.errors import StorageError
from tfm.core.step import Step, StepAction
from tfm.core.writing import Part
from tfm.storage.contract import Reader
from tfm.storage.resuming_reader import etag_of_parts
from tfm.storage.storage import Storage
from tfm.transfer.checksum import fits

__all__ = ["Sameness", "is_done_already", "is_left_of", "is_what_was_replaced", "sameness_of", "stands_whole"]

_CHUNK_BYTES = 1 << 20

_SAME_SECONDS = 0.001
"""Times go through text (x-amz-meta-mtime) and through the disk's nanoseconds."""

_COARSE_SECONDS = 2.1
"""FAT keeps even seconds: https://learn.microsoft.com/windows/win32/sysinfo/file-times."""


class Sameness(Enum):
    """Whether what stands at a destination is what the step would write."""

    OTHER = 0
    """It is not, or that cannot be told."""

    LIKELY = 1
    """It has the size and the time of a copy; the source has no checksum with which its bytes could be compared."""

    SAME = 2


def is_done_already(source: Storage, target: Storage, step: Step, *, reads: bool = False) -> bool:
    """As :func:`sameness_of`, for who need not know how certain it is."""
    return sameness_of(source, target, step, reads=reads) is not Sameness.OTHER


def sameness_of(
    source: Storage, target: Storage, step: Step, *, reads: bool = False, parts: Sequence[Part] = ()
) -> Sameness:
    """Whether the destination holds exactly what the step would write: at most a request to each side. Of two files of
    one size and time that ``reads`` both. ``parts`` are on record of an upload that is there no more: a copy that the
    server made has the etag of these."""
    try:
        if Capability.FLAT_KEYS in target.capabilities:
            return Sameness.SAME if _same_object(source, target, step, parts) else Sameness.OTHER
        return _same_file(source, target, step, reads=reads)
    except StorageError:
        return Sameness.OTHER


def stands_whole(target: Storage, step: Step) -> bool | None:
    """Whether what is on record as written is there, by its size; None where that cannot be told. No request: a disk is
    asked, which may have had it in memory only when the machine lost power. Other storages had it when they said so."""
    if Capability.LOCAL_PATHS not in target.capabilities or step.action is not StepAction.COPY:
        return True
    try:
        found = target.lookup(step.target_key, fresh=True, asked=Asked.FILE)
    except StorageError:
        return None
    if step.is_symlink:
        return found.found  # what it leads to may be a directory
    there = found.file
    return there is not None and (step.size_bytes is None or there.size_bytes == step.size_bytes)


def is_what_was_replaced(target: Storage, step: Step) -> bool:
    """Whether the file that the step replaced stands there still, by size and time."""
    replaced = step.replaces
    if replaced is None or Capability.LOCAL_PATHS not in target.capabilities:
        return False
    try:
        there = target.lookup(step.target_key, fresh=True, asked=Asked.FILE).file
    except StorageError:
        return False
    if there is None or there.size_bytes != replaced.size_bytes or not _same_time(there, replaced.modified_timestamp):
        return False
    # Where it looks like what was copied as well, it is that.
    return replaced.size_bytes != step.size_bytes or not _same_time(there, step.modified_timestamp)


def is_left_of(source: Storage, target: Storage, step: Step) -> bool:
    """Whether a file that is too short is what is left of the step's: with the time that it was given before it had its
    name, and the source's first bytes. At most two requests to the source. False where that cannot be told."""
    try:
        if Capability.LOCAL_PATHS not in target.capabilities or step.action is not StepAction.COPY:
            return False
        there = target.lookup(step.target_key, fresh=True, asked=Asked.FILE).file
        if there is None or there.is_symlink or (there.size_bytes or 0) >= (step.size_bytes or 0):
            return False
        same_time = any(_same_time(there, time) for time in _times(source, step))
        return same_time and _same_bytes(source, target, step, there.size_bytes or 0)
    except StorageError:
        return False


def _same_bytes(source: Storage, target: Storage, step: Step, size_bytes: int) -> bool:
    """Whether the first ``size_bytes`` of both are the same."""
    if not size_bytes:
        return True
    etag = step.etag if Capability.CONDITIONAL_READ in source.capabilities else None
    with (
        source.read(step.source_key, length=size_bytes, if_match=etag) as here,
        target.read(step.target_key, length=size_bytes) as there,
    ):
        left = size_bytes
        while left:
            piece = there.read(min(left, _CHUNK_BYTES))
            if not piece or _all_of(here, len(piece)) != piece:
                return False
            left -= len(piece)
    return True


def _all_of(reader: Reader, size_bytes: int) -> bytes:
    pieces = []
    while size_bytes and (piece := reader.read(size_bytes)):
        pieces.append(piece)
        size_bytes -= len(piece)
    return b"".join(pieces)


def _times(source: Storage, step: Step) -> Iterator[float | None]:
    """Those that a copy may have."""
    yield step.modified_timestamp
    if Capability.FLAT_KEYS in source.capabilities:
        here = source.describe(step.source_key, if_match=step.etag)
        yield here.facts.modified_timestamp
        yield here.entry.modified_timestamp


def _same_object(source: Storage, target: Storage, step: Step, parts: Sequence[Part]) -> bool:
    there = target.describe(step.target_key)
    if there.entry.size_bytes != (step.size_bytes or 0):
        return False
    if target.can_copy_from(source.address):
        if there.entry.etag == step.etag:
            return True
        # Each was copied on the condition that the source is the step's version.
        made = etag_of_parts(parts) if parts else None
        if made is not None and there.entry.etag == made:
            return True
    if there.checksum is None:
        return False
    if Capability.LOCAL_PATHS in source.capabilities:
        return fits(there.checksum, there.entry.size_bytes or 0, None, _Reading(source, step.source_key)) is True
    return source.describe(step.source_key, if_match=step.etag).agrees_with(there) is True


def _same_file(source: Storage, target: Storage, step: Step, *, reads: bool) -> Sameness:
    there = target.lookup(step.target_key, fresh=True, asked=Asked.FILE).file
    if there is None or there.is_symlink != step.is_symlink:
        return Sameness.OTHER
    if step.is_symlink:
        return Sameness.SAME  # a link is not looked into
    if there.size_bytes != step.size_bytes:
        return Sameness.OTHER
    if Capability.FLAT_KEYS not in source.capabilities:
        # Some disks keep times to two seconds: then the bytes decide.
        if not _same_time(there, step.modified_timestamp, _COARSE_SECONDS):
            return Sameness.OTHER
        reads = reads or not _same_time(there, step.modified_timestamp)
        same = not reads or _same_bytes(source, target, step, step.size_bytes or 0)
        return Sameness.SAME if same else Sameness.OTHER
    here = source.describe(step.source_key, if_match=step.etag)
    # The bytes themselves say it best: the object may have been written again since, and times may be equal by chance.
    fitting = None
    if here.checksum is not None:
        fitting = fits(here.checksum, step.size_bytes or 0, None, _Reading(target, step.target_key))
    if fitting is not None:
        return Sameness.SAME if fitting else Sameness.OTHER
    times = (here.facts.modified_timestamp, here.entry.modified_timestamp, step.modified_timestamp)
    return Sameness.LIKELY if any(_same_time(there, time) for time in times) else Sameness.OTHER


def _same_time(there: Entry, time: float | None, within_seconds: float = _SAME_SECONDS) -> bool:
    return (
        time is not None
        and there.modified_timestamp is not None
        and abs(there.modified_timestamp - time) < within_seconds
    )


class _Reading:
    """Reads an object again, piece by piece."""

    def __init__(self, storage: Storage, key: str) -> None:
        self._storage = storage
        self._key = key

    def __call__(self, start: int, length: int) -> Iterator[bytes]:
        with self._storage.read(self._key, start=start, length=length) as reader:
            while piece := reader.read(_CHUNK_BYTES):
                yield piece
