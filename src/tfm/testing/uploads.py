"""Writing an object in parts: seen by nobody until it is finished, and then whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError, StorageError
from tfm.core.writing import NOTHING_THERE, Condition, ObjectFacts, Part, Precondition, Upload
from tfm.testing.trees import Trees

__all__ = ["UploadCases"]


class _InPieces:
    """One memory for all pieces: what is kept of them is wrong. With an ``error`` it ends in the middle."""

    def __init__(self, content: bytes, error: StorageError | None = None, *, only_sent: bool = False) -> None:
        self.sent_bytes = 0
        self._content = content
        self._error = error
        self._only_sent = only_sent

    def __len__(self) -> int:
        return len(self._content)

    def pieces(self, *, sends: bool = False) -> Iterator[memoryview]:
        memory = memoryview(bytearray(len(self._content) // 3 + 1))
        if sends:
            self.sent_bytes = 0
        for start in range(0, len(self._content), len(memory)):
            if self._error is not None and start and (sends or not self._only_sent):
                raise self._error
            piece = self._content[start : start + len(memory)]
            memory[: len(piece)] = piece
            yield memory[: len(piece)]
            if sends:
                self.sent_bytes += len(piece)


class UploadCases(Trees):
    """Each part but the last has the least size that the backend's ``upload_limits`` allow."""

    @pytest.mark.parametrize("order", [[1, 2, 3], [3, 1, 2], [2, 3, 1]])
    def test_parts_in_any_order_are_one_object(self, order: list[int]) -> None:
        contents = self._contents()
        self.populate({"neighbour": b"stays"})
        upload = self._begin("a b/ü+%.bin" if self.has(Capability.FLAT_KEYS) else "ü+% b.bin")
        sent = {number: self._send(upload, number, contents) for number in order}
        assert self._seen(upload) == {"neighbour": b"stays"}, "an object is seen before it is finished"
        entry = self._finish(upload, [sent[number] for number in sorted(sent)], contents)
        self._require_told(entry, b"".join(contents))
        assert self.tree() == {"neighbour": b"stays", upload.key[len(self.root) :]: b"".join(contents)}
        self._require_none_under_way()

    def test_a_part_tells_its_number_and_size(self) -> None:
        contents = self._contents()
        self.populate({})
        upload = self._begin("x")
        parts = [self._send(upload, number, contents) for number in (1, 2, 3)]
        assert [(part.number, part.size_bytes) for part in parts] == [
            (number, len(content)) for number, content in enumerate(contents, 1)
        ]
        self.backend.abort_upload(upload)

    def test_one_part_is_an_object(self) -> None:
        self.need(Capability.WRITE)
        self.populate({})
        upload = self._begin("x")
        entry = self._finish(upload, [self._send(upload, 1, [b"short"])], [b"short"])
        self._require_told(entry, b"short")
        assert self.tree() == {"x": b"short"}

    def test_threads_send_parts_at_once(self) -> None:
        contents = self._contents()
        self.populate({})
        upload = self._begin("x")
        with ThreadPoolExecutor(len(contents)) as pool:
            parts = list(pool.map(lambda number: self._send(upload, number, contents), [1, 2, 3]))
        self._finish(upload, parts, contents)
        assert self.tree() == {"x": b"".join(contents)}

    def test_a_part_sent_again_takes_the_place_of_the_first(self) -> None:
        contents = self._contents()
        self.populate({})
        upload = self._begin("x")
        parts = [self._send(upload, number, contents) for number in (1, 2, 3)]
        contents[1] = b"=" * len(contents[1])
        parts[1] = self._send(upload, 2, contents)
        parts[2] = self._send(upload, 3, contents)  # the same once more, as after an answer that was lost
        self._finish(upload, parts, contents)
        assert self.tree() == {"x": b"".join(contents)}

    def test_a_part_comes_in_pieces(self) -> None:
        contents = self._contents()
        self.populate({})
        upload = self._begin("x")
        parts = []
        for number, content in enumerate(contents, 1):
            pieces = _InPieces(content)
            offset = sum(map(len, contents[: number - 1]))
            parts.append(self.backend.put_part(upload, number, pieces, offset=offset))
            assert parts[-1].size_bytes == len(content)
            assert pieces.sent_bytes in {0, len(content)}, "some of it is told to be on its way, and some is not"
        self._finish(upload, parts, contents)
        assert self.tree() == {"x": b"".join(contents)}

    def test_pieces_that_cannot_be_read_tell_why(self) -> None:
        """As their own error says: the storage has nothing to do with it."""
        contents = self._contents()
        self.populate({})
        upload = self._begin("x")
        error = ConflictError("It changed meanwhile.", uri="where it is from")
        for failing in (_InPieces(contents[0], error), _InPieces(contents[0], error, only_sent=True)):
            with pytest.raises(StorageError) as caught:
                self.backend.put_part(upload, 1, failing, offset=0)
                raise error  # of who read it only once, and did not say that this was to send it
            assert caught.value is error
        self._finish(upload, [self._send(upload, number, contents) for number in (1, 2, 3)], contents)
        assert self.tree() == {"x": b"".join(contents)}

    def test_the_old_content_stays_until_the_end(self) -> None:
        contents = self._contents()
        self.populate({"x": b"old"})
        upload = self._begin("x")
        parts = [self._send(upload, number, contents) for number in (1, 2, 3)]
        assert self._seen(upload) == {"x": b"old"}
        self._finish(upload, parts, contents)
        assert self.tree() == {"x": b"".join(contents)}

    def test_an_aborted_upload_leaves_nothing(self) -> None:
        contents = self._contents()
        self.populate({"x": b"old"})
        for key in ("x", "new"):
            upload = self._begin(key)
            part = self._send(upload, 1, contents)
            self.backend.abort_upload(upload)
            self.backend.abort_upload(upload)  # gone already, which is no error
            with pytest.raises(StorageError) as caught:
                self._finish(upload, [part], contents[:1])
            self.require_clear(caught.value, key)
        assert self.tree() == {"x": b"old"}
        self._require_none_under_way()

    def test_another_backend_goes_on_with_an_upload(self) -> None:
        contents = self._contents()
        self.populate({})
        begun = self._begin("x")
        parts = [self._send(begun, 1, contents)]
        other = self.make_backend()
        upload = Upload(begun.key, begun.id, begun.facts, begun.only_if)
        offset = 0
        for number in (2, 3):
            offset += len(contents[number - 2])
            parts.append(other.put_part(upload, number, contents[number - 1], offset=offset))
        other.finish_upload(upload, parts, checksum=zlib.crc32(b"".join(contents)))
        assert self.tree() == {"x": b"".join(contents)}

    def test_two_uploads_for_one_key_do_not_mix(self) -> None:
        self.need(Capability.WRITE)
        self.populate({})
        first, second = self._begin("x"), self._begin("x")
        assert first.id != second.id
        parts = {upload.id: [self._send(upload, 1, [upload.id.encode()])] for upload in (first, second)}
        for upload in (second, first):
            self._finish(upload, parts[upload.id], [upload.id.encode()])
            assert self._seen(first, second) == {"x": upload.id.encode()}

    def test_a_key_that_must_be_free_at_the_end(self) -> None:
        self.need(Capability.WRITE)
        if Condition.CREATE not in self.backend.conditions():
            pytest.skip("the storage does not enforce it")
        self.populate({})
        upload = self._begin("x", only_if=NOTHING_THERE)
        parts = [self._send(upload, 1, [b"late"])]
        self.write("x", b"early")
        with pytest.raises(ConflictError) as caught:
            self._finish(upload, parts, [b"late"])
        self.require_clear(caught.value, "x")
        assert self._seen(upload) == {"x": b"early"}
        # The conflict left the upload as it was.
        self.backend.delete(self.root + "x")
        self._finish(upload, parts, [b"late"])
        assert self.tree() == {"x": b"late"}

    def test_a_version_is_replaced_by_parts_and_no_other(self) -> None:
        self.need(Capability.WRITE)
        if Condition.REPLACE not in self.backend.conditions():
            pytest.skip("the storage does not enforce it")
        self.populate({"x": b"first"})
        seen = Precondition(self.one_entry("x").etag)
        for content in (b"second", b"third"):
            upload = self._begin("x", only_if=seen)
            parts = [self._send(upload, 1, [content])]
            if content == b"second":
                self._finish(upload, parts, [content])
                continue
            with pytest.raises(ConflictError):
                self._finish(upload, parts, [content])
            self.backend.abort_upload(upload)
        assert self.tree() == {"x": b"second"}

    def test_facts_are_kept_with_parts(self) -> None:
        self.need(Capability.WRITE)
        self.populate({})
        facts = ObjectFacts("text/x-tfm", {"purpose": "a test"}, 1_234_567_890.25, mode=0o640)
        upload = self._begin("x", facts=facts)
        self._finish(upload, [self._send(upload, 1, [b"content"])], [b"content"])
        kept = self.read_facts("x")
        if kept is None:
            pytest.skip("read_facts() gives none")
        self.require_facts(kept, facts)

    def test_each_step_is_one_request(self) -> None:
        self.need(Capability.CACHED)
        contents = self._contents()
        self.populate({"warm": b""})
        self.read("warm")  # whatever is found out once is found out now
        with self.meter.counting() as requests:
            upload = self._begin("x")
            begun = requests.total
            assert begun <= 1
            parts = [self._send(upload, number, contents) for number in (1, 2, 3)]
            assert requests.total == begun + 3
            self._finish(upload, parts, contents)
            assert requests.total == begun + 4

    def _contents(self) -> list[bytes]:
        """Three parts, of which only the last is small. Random bytes would take longer than sending these."""
        self.need(Capability.WRITE)
        least = self.backend.upload_limits.part_bytes
        return [bytes(range(256)) * (least // 256) + b"1" * (least % 256), b"-" * least, b"the end"]

    def _seen(self, *under_way: Upload) -> dict[str, bytes]:
        """The tree without the temporary files of these uploads, which a disk keeps under names of their own."""
        ids = {upload.id for upload in under_way}
        return {key: content for key, content in self.tree().items() if self.root + key not in ids}

    def _begin(self, key: str, *, facts: ObjectFacts | None = None, only_if: Precondition | None = None) -> Upload:
        upload = self.backend.begin_upload(self.root + key, facts=facts or ObjectFacts(), only_if=only_if)
        assert (upload.key, upload.only_if) == (self.root + key, only_if)
        assert upload.id
        return upload

    def _send(self, upload: Upload, number: int, contents: Sequence[bytes]) -> Part:
        offset = sum(len(content) for content in contents[: number - 1])
        return self.backend.put_part(upload, number, contents[number - 1], offset=offset)

    def _finish(self, upload: Upload, parts: Sequence[Part], contents: Sequence[bytes]) -> Entry:
        return self.backend.finish_upload(upload, parts, checksum=zlib.crc32(b"".join(contents)))

    def _require_told(self, entry: Entry, content: bytes) -> None:
        listed = self.one_entry(entry.key[len(self.root) :])
        assert (entry.key, entry.kind, entry.size_bytes) == (listed.key, listed.kind, len(content))
        assert entry.size_bytes == listed.size_bytes
        assert entry.etag == listed.etag

    def _require_none_under_way(self) -> None:
        assert self.uploads_under_way() in {None, 0}
