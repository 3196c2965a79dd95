"""Parts that are copied within the storage, and what it tells of uploads that are under way."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import ConflictError, NotFoundError, UnsupportedOperation
from tfm.core.writing import ObjectFacts, Part, Upload
from tfm.storage.contract import Backend
from tfm.testing.trees import Trees

__all__ = ["CopiedPartCases"]


class CopiedPartCases(Trees):
    """Each part but the last has the least size that the backend's ``upload_limits`` allow."""

    def test_parts_of_another_object_are_an_object(self) -> None:
        content = self._content()
        self.populate({"x": content, "neighbour": b"stays"})
        source, upload = self.one_entry("x"), self._begin("copy")
        least = self.backend.upload_limits.part_bytes
        parts = [
            self._copy_part(upload, 3, source, 2 * least, len(content) - 2 * least),
            self._copy_part(upload, 1, source, 0, least),
            self.backend.put_part(upload, 2, content[least : 2 * least], offset=least),
        ]
        parts.sort(key=lambda part: part.number)
        assert sum(part.size_bytes for part in parts) == len(content)
        entry = self.backend.finish_upload(upload, parts)
        assert (entry.size_bytes, entry.etag) == (len(content), self.one_entry("copy").etag)
        assert self.tree() == {"x": content, "copy": content, "neighbour": b"stays"}

    def test_a_part_of_another_version(self) -> None:
        self._content()
        self.populate({"x": b"first"})
        listed, upload = self.one_entry("x"), self._begin("copy")
        self.write("x", b"second")
        with pytest.raises(ConflictError) as caught:
            self._copy_part(upload, 1, listed, 0, 5)
        self.require_clear(caught.value, "")
        self.backend.abort_upload(upload)
        assert self.tree() == {"x": b"second"}

    def test_uploads_that_are_under_way_are_listed(self) -> None:
        self._need_listed_uploads()
        uploads = [self._begin(key) for key in ("d/x", "d/x", "d/ü +%", "dd", "e")]
        for prefix in ("", "d", "d/", "d/x", "none/"):
            expected = sorted((each.key, each.id) for each in uploads if each.key.startswith(self.root + prefix))
            assert self._listed(prefix) == expected
        for upload in uploads[:4]:
            self.backend.abort_upload(upload)
        part = self.backend.put_part(uploads[4], 1, b"content", offset=0)
        assert self._listed() == [(uploads[4].key, uploads[4].id)]
        self.backend.finish_upload(uploads[4], [part])
        assert self._listed() == []

    def test_parts_that_have_come_are_listed(self) -> None:
        content = self._content(copied=False)
        self._need_listed_uploads()
        least = self.backend.upload_limits.part_bytes
        upload = self._begin("x")
        assert self.backend.list_parts(upload) == []
        sent = {
            number: self.backend.put_part(upload, number, content[start:end], offset=start)
            for number, start, end in ((2, least, None), (1, 0, least))
        }
        listed = self.backend.list_parts(upload)
        assert [(part.number, part.size_bytes, part.etag) for part in listed] == [
            (number, sent[number].size_bytes, sent[number].etag) for number in (1, 2)
        ]
        self.backend.finish_upload(upload, listed, checksum=zlib.crc32(content))
        assert self.tree() == {"x": content}
        with pytest.raises(NotFoundError) as caught:
            self.backend.list_parts(upload)
        self.require_clear(caught.value, "x")

    def test_what_has_come_of_an_upload_is_read(self) -> None:
        self.need(Capability.WRITE)
        self.populate({})
        upload = self._begin("x")
        part = self.backend.put_part(upload, 1, b"0123456789", offset=0)
        try:
            assert self.backend.read_upload(upload, start=0, length=10) == b"0123456789"
        except UnsupportedOperation:
            self.backend.abort_upload(upload)
            pytest.skip("what was sent cannot be read before it is finished")
        for start, length in ((3, 4), (8, 10), (10, 1), (0, 0)):
            assert self.backend.read_upload(upload, start=start, length=length) == b"0123456789"[start:][:length]
        self.backend.finish_upload(upload, [part])
        assert self.tree() == {"x": b"0123456789"}

    def test_each_of_these_is_one_request(self) -> None:
        self.need(Capability.CACHED)
        content = self._content()
        self._need_listed_uploads()
        self.populate({"x": content})
        source, upload = self.one_entry("x"), self._begin("copy")
        calls: list[Callable[[], object]] = [
            lambda: self.backend.list_uploads(self.root),
            lambda: self.backend.list_parts(upload),
        ]
        for call in calls:
            with self.meter.counting() as requests:
                call()
            assert requests.total == 1
        with self.meter.counting() as requests:
            self._copy_part(upload, 1, source, 0, 10)
        assert requests.total <= 2  # one more where the storage does not enforce the source's version
        self.backend.abort_upload(upload)

    def _begin(self, key: str) -> Upload:
        return self.backend.begin_upload(self.root + key, facts=ObjectFacts())

    def _copy_part(self, upload: Upload, number: int, source: Entry, offset: int, length: int) -> Part:
        address = self.backend.address
        part = self.backend.copy_part(upload, number, address, source, offset=offset, length=length)
        assert (part.number, part.size_bytes) == (number, length)
        return part

    def _listed(self, prefix: str = "") -> list[tuple[str, str]]:
        return sorted((each.key, each.id) for each in self.backend.list_uploads(self.root + prefix))

    def _content(self, *, copied: bool = True) -> bytes:
        """What takes three parts, or where the storage needs no copies in parts, none of these cases."""
        self.need(Capability.WRITE)
        if copied:
            self.need(Capability.SERVER_COPY)
            if self.backend.copy_whole_bytes == Backend.copy_whole_bytes:
                pytest.skip("the storage copies objects of any size at once")
        least = self.backend.upload_limits.part_bytes
        return b"1" * least + b"2" * least + b"the end"

    def _need_listed_uploads(self) -> None:
        self.need(Capability.WRITE)
        self.populate({})
        upload = self._begin("probe")
        known = self._listed()
        self.backend.abort_upload(upload)
        if not known:
            pytest.skip("only who began an upload knows of it")
