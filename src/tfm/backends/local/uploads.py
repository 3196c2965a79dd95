"""Files that come in parts: a temporary whose path is the upload's id, written to by whoever knows it."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from tfm.backends.local.places import Places
from tfm.backends.local.syncing import begin_writing_out
from tfm.backends.local.system import translating
from tfm.backends.local.writing import must_be_free, set_modified, write_all, writing_to, written_entry
from tfm.core.entry import Entry
from tfm.core.errors import InvalidRequestError
from tfm.core.writing import ObjectFacts, Part, PartContent, Precondition, Upload, pieces_of
from tfm.storage.atomic_file import AtomicFile, is_temporary

__all__ = ["HeldUploads", "abort_upload", "begin_upload", "finish_upload", "read_upload", "write_out", "write_part"]

_PART_FLAGS: Final = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK

_MOST_HELD: Final = 64
"""More are under way at once in no job; those that were left to be resumed are in the journal."""


class _Held:
    """A descriptor, closed when nobody uses it any more: another file may get its number."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor: Final = descriptor
        self.users = 1

    def leave(self) -> None:
        self.users -= 1
        if not self.users:
            os.close(self.descriptor)


class HeldUploads:
    """Uploads that this process began and has not ended, held open so that no other process sweeps them before its
    journal knows of them. Those that are neither finished nor aborted give way to later ones. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[str, _Held] = OrderedDict()

    def hold(self, upload_id: str, descriptor: int) -> None:
        with self._lock:
            self._held[upload_id] = _Held(descriptor)
            if len(self._held) > _MOST_HELD:
                self._held.popitem(last=False)[1].leave()

    def release(self, upload_id: str) -> None:
        with self._lock:
            held = self._held.pop(upload_id, None)
            if held is not None:
                held.leave()

    @contextmanager
    def borrowed(self, upload_id: str) -> Iterator[int | None]:
        """Its descriptor, open for reading and writing until the end of the block; None if it is not held here."""
        with self._lock:
            held = self._held.get(upload_id)
            if held is not None:
                held.users += 1
        try:
            yield None if held is None else held.descriptor
        finally:
            if held is not None:
                with self._lock:
                    held.leave()

    def __del__(self) -> None:
        while self._held:
            self._held.popitem()[1].leave()


def begin_upload(
    places: Places, held: HeldUploads, key: str, facts: ObjectFacts, only_if: Precondition | None
) -> Upload:
    with writing_to(places, key) as place:
        file = AtomicFile(
            place.name, only_if_free=must_be_free(key, only_if), mode=facts.mode, directory=place.directory
        )
        file.open()
        descriptor = file.detach()
        temporary = file.temporary
        if place.is_confined:
            temporary = os.path.join(os.path.dirname(key), temporary)
        # Not abspath: after a link, ".." is not what stands before it. The working directory may be gone.
        upload_id = temporary if os.path.isabs(temporary) else os.path.join(os.getcwd(), temporary)
        held.hold(upload_id, descriptor)
    return Upload(key, upload_id, facts, only_if)


def write_part(
    places: Places, held: HeldUploads, upload: Upload, number: int, content: PartContent, offset: int
) -> Part:
    written = 0
    with _opened(places, held, upload, os.O_WRONLY) as descriptor:
        for piece in pieces_of(content, sends=True):
            write_all(descriptor, piece, offset + written)
            written += memoryview(piece).nbytes
    return Part(number, written)


def write_out(places: Places, held: HeldUploads, upload: Upload, offset: int, length: int) -> None:
    with _opened(places, held, upload, os.O_WRONLY) as descriptor:
        begin_writing_out(descriptor, offset, length)


def read_upload(places: Places, held: HeldUploads, upload: Upload, start: int, length: int) -> bytes:
    """Fewer bytes only where the temporary ends."""
    with _opened(places, held, upload, os.O_RDONLY) as descriptor:
        parts: list[bytes] = []
        while length > 0 and (part := os.pread(descriptor, length, start)):
            parts.append(part)
            start += len(part)
            length -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def finish_upload(places: Places, held: HeldUploads, upload: Upload, parts: Sequence[Part]) -> Entry:
    with writing_to(places, upload.key) as place:
        file = AtomicFile(
            place.name,
            only_if_free=must_be_free(upload.key, upload.only_if),
            mode=upload.facts.mode,
            directory=place.directory,
        )
        try:
            descriptor = file.resume(upload.id)
            _require_complete(upload, parts, os.fstat(descriptor).st_size)
            set_modified(descriptor, upload.facts.modified_timestamp)
            published = file.commit()
        except BaseException:
            file.leave()
            raise
    held.release(upload.id)
    return written_entry(upload.key, file, published)


def abort_upload(places: Places, held: HeldUploads, upload: Upload) -> None:
    _require_temporary(upload)
    try:
        with _name_of_temporary(places, upload) as (name, directory):
            os.unlink(name, dir_fd=directory)
    except (FileNotFoundError, NotADirectoryError):  # swept, perhaps with its directory
        pass
    finally:
        held.release(upload.id)


@contextmanager
def _opened(places: Places, held: HeldUploads, upload: Upload, flags: int) -> Iterator[int]:
    _require_temporary(upload)
    with held.borrowed(upload.id) as descriptor:
        if descriptor is not None:
            with translating(upload.key, "write"):
                yield descriptor
            return
    with _name_of_temporary(places, upload) as (name, directory):
        descriptor = os.open(name, flags | _PART_FLAGS, dir_fd=directory)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


@contextmanager
def _name_of_temporary(places: Places, upload: Upload) -> Iterator[tuple[str, int | None]]:
    """Where links are not followed, it is in the directory of the key; else the id says it, whatever led there."""
    with places.at(upload.key, "write") as place, translating(upload.key, "write"):
        yield (os.path.basename(upload.id) if place.is_confined else upload.id), place.directory


def _require_temporary(upload: Upload) -> None:
    if not is_temporary(os.path.basename(upload.id)):
        raise InvalidRequestError(f"{upload.id!r} is no upload of this disk.", uri=upload.key, operation="write")


def _require_complete(upload: Upload, parts: Sequence[Part], size_bytes: int) -> None:
    told = sum(part.size_bytes for part in parts)
    if not parts or told != size_bytes:
        raise InvalidRequestError(
            f"The {len(parts)} parts have {told:,} bytes, but {size_bytes:,} have come.",
            next_step="Send the missing parts, then finish.",
            uri=upload.key,
            operation="write",
        )
