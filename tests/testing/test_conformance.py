"""The conformance suite itself: it names what it needs, and it catches backends that are wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from threading import Barrier

import pytest

from tfm.backends.memory import MemoryBackendFactory
from tfm.core.entry import Entry, Lookup
from tfm.core.errors import ConflictError, NetworkError
from tfm.core.location import StorageAddress
from tfm.core.page import Page, page_from_entries
from tfm.core.writing import (
    Checksum,
    Condition,
    Content,
    DeleteFailure,
    Description,
    ObjectFacts,
    Part,
    PartContent,
    Precondition,
    Upload,
    UploadLimits,
    pieces_of,
)
from tfm.storage.contract import PAGE_ENTRIES, Backend, Reader
from tfm.testing import BackendConformance


@pytest.mark.parametrize("missing", ["pytest", "hypothesis"])
def test_what_is_not_installed_is_named(missing: str) -> None:
    code = f"""
import sys
sys.modules[{missing!r}] = None
try:
    import tfm.testing
except ImportError as error:
    print(error)
"""
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout == (
        f"tfm.testing needs {missing}, which is not installed. Install it: pip install pytest hypothesis\n"
    )


class Wrong(Backend):
    """The object store in memory, with a mistake that a subclass makes."""

    def __init__(self, inner: Backend) -> None:
        self.inner = inner
        self.address = inner.address
        self.capabilities = inner.capabilities
        self.upload_limits = inner.upload_limits
        self.copy_whole_bytes = inner.copy_whole_bytes

    def identity(self) -> str:
        return self.inner.identity()

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        page = self.inner.list_page(prefix, recursive=recursive, token=token, start_after=start_after, limit=limit)
        rows = self.changed([*page], prefix)
        return page_from_entries(page.base, rows, token=page.token, own_entry=self.own_entry(page))

    def changed(self, rows: list[Entry], prefix: str) -> list[Entry]:
        return rows

    def own_entry(self, page: Page) -> Entry | None:
        return page.own_entry

    def stat(self, key: str) -> Lookup:
        return self.inner.stat(key)

    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        return self.inner.read(key, start=start, length=length, if_match=if_match)

    def conditions(self) -> frozenset[Condition]:
        return self.inner.conditions()

    def put(self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Entry:
        return self.inner.put(key, content, facts=facts, only_if=only_if)

    def begin_upload(self, key: str, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Upload:
        return self.inner.begin_upload(key, facts=facts, only_if=only_if)

    def put_part(self, upload: Upload, number: int, content: PartContent, *, offset: int) -> Part:
        return self.inner.put_part(upload, number, content, offset=offset)

    def finish_upload(self, upload: Upload, parts: Sequence[Part], *, checksum: int | None = None) -> Entry:
        return self.inner.finish_upload(upload, parts, checksum=checksum)

    def abort_upload(self, upload: Upload) -> None:
        self.inner.abort_upload(upload)

    def delete(self, key: str, *, only_if: Precondition | None = None) -> None:
        self.inner.delete(key, only_if=only_if)

    def delete_many(self, keys: Sequence[str], *, etags: Mapping[str, str] | None = None) -> list[DeleteFailure]:
        return self.inner.delete_many(keys, etags=etags)

    def describe(self, key: str, *, if_match: str | None = None) -> Description:
        return self.inner.describe(key, if_match=if_match)

    def can_copy_from(self, source: StorageAddress) -> bool:
        return self.inner.can_copy_from(source)

    def copy_from(
        self,
        source: StorageAddress,
        entry: Entry,
        key: str,
        *,
        only_if: Precondition | None = None,
        copied: Callable[[int], None] | None = None,
    ) -> Entry:
        return self.inner.copy_from(source, entry, key, only_if=only_if, copied=copied)

    def copy_part(
        self, upload: Upload, number: int, source: StorageAddress, entry: Entry, *, offset: int, length: int
    ) -> Part:
        return self.inner.copy_part(upload, number, source, entry, offset=offset, length=length)

    def objection(self, key: str, *, below: str) -> str | None:
        return self.inner.objection(key, below=below)

    def list_uploads(self, prefix: str = "") -> list[Upload]:
        return self.inner.list_uploads(prefix)

    def list_parts(self, upload: Upload) -> list[Part]:
        return self.inner.list_parts(upload)


class LosesTheLastRowOfAFullPage(Wrong):
    def changed(self, rows: list[Entry], prefix: str) -> list[Entry]:
        return rows[:-1] if len(rows) == 7 else rows


class StripsKeys(Wrong):
    def changed(self, rows: list[Entry], prefix: str) -> list[Entry]:
        return [row if row.is_directory else replace(row, key=row.key.rstrip(" ")) for row in rows]


class ForgetsTheMarker(Wrong):
    def own_entry(self, page: Page) -> Entry | None:
        return None


class ListsNeighbours(Wrong):
    # The ignores here and below: options that are only passed on.
    def list_page(self, prefix: str, **options: object) -> Page:
        return self.inner.list_page(prefix.removesuffix("/"), **options)  # type: ignore[arg-type]


class IgnoresConditions(Wrong):
    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        return self.inner.read(key, start=start, length=length)


class ReadsOneByteTooMany(Wrong):
    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        length = None if length is None else length + 1
        return self.inner.read(key, start=start, length=length, if_match=if_match)


class CountsTwice(Wrong):
    def list_page(self, prefix: str, **options: object) -> Page:
        self.inner.list_page(prefix, limit=1)
        return self.inner.list_page(prefix, **options)  # type: ignore[arg-type]


class WritesUnasked(Wrong):
    def put(self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Entry:
        return self.inner.put(key, content, facts=facts)


class LooksThenWrites(Wrong):
    """A precondition asked for beside the write: two who look at the same moment both write."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.looked = Barrier(12)

    def put(self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Entry:
        found = self.inner.stat(key).found
        self.looked.wait(30)
        if only_if is not None and found:
            raise ConflictError("taken", uri=key, operation="write")
        return self.inner.put(key, content, facts=facts)


class TellsTheWrongEtag(Wrong):
    def put(self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Entry:
        return replace(self.inner.put(key, content, facts=facts, only_if=only_if), etag="of something else")


class LosesFacts(Wrong):
    def put(self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Entry:
        return self.inner.put(key, content, facts=replace(facts, metadata={"purpose": "lost"}), only_if=only_if)


class ShowsPartsAtOnce(Wrong):
    def begin_upload(self, key: str, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Upload:
        self.inner.put(key, b"", facts=facts)
        return self.inner.begin_upload(key, facts=facts, only_if=only_if)


class KeepsTheFirstOfTwo(Wrong):
    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.sent: dict[int, Part] = {}

    def put_part(self, upload: Upload, number: int, content: PartContent, *, offset: int) -> Part:
        if number not in self.sent:
            self.sent[number] = self.inner.put_part(upload, number, content, offset=offset)
        return self.sent[number]

    def finish_upload(self, upload: Upload, parts: Sequence[Part], *, checksum: int | None = None) -> Entry:
        return self.inner.finish_upload(upload, parts)


class KeepsPieces(Wrong):
    def put_part(self, upload: Upload, number: int, content: PartContent, *, offset: int) -> Part:
        return self.inner.put_part(upload, number, b"".join([*pieces_of(content)]), offset=offset)

    def finish_upload(self, upload: Upload, parts: Sequence[Part], *, checksum: int | None = None) -> Entry:
        return self.inner.finish_upload(upload, parts)


class TellsAnErrorOfItsOwn(Wrong):
    def put_part(self, upload: Upload, number: int, content: PartContent, *, offset: int) -> Part:
        try:
            return self.inner.put_part(upload, number, content, offset=offset)
        except ConflictError as error:
            raise NetworkError("The connection broke.") from error


class AbortsNothing(Wrong):
    def abort_upload(self, upload: Upload) -> None:
        pass


class DeletesByPrefix(Wrong):
    def delete(self, key: str, *, only_if: Precondition | None = None) -> None:
        for entry in self.inner.list_page(key, recursive=True):
            self.inner.delete(entry.key)


class DeletesTrimmedKeys(Wrong):
    def delete_many(self, keys: Sequence[str], *, etags: Mapping[str, str] | None = None) -> list[DeleteFailure]:
        return self.inner.delete_many([key.strip() for key in keys], etags=etags)


class DeletesWhateverIsThere(Wrong):
    def delete_many(self, keys: Sequence[str], *, etags: Mapping[str, str] | None = None) -> list[DeleteFailure]:
        del etags
        return self.inner.delete_many(keys)


class CopiesByWriting(Wrong):
    """A copy read and written again, which keeps the bytes and nothing else."""

    def copy_from(
        self,
        source: StorageAddress,
        entry: Entry,
        key: str,
        *,
        only_if: Precondition | None = None,
        copied: Callable[[int], None] | None = None,
    ) -> Entry:
        with self.inner.read(entry.key, if_match=entry.etag) as reader:
            return self.inner.put(key, reader.read(), facts=ObjectFacts(), only_if=only_if)


class CopiesUnasked(Wrong):
    # The ignores here and below: options that are only passed on.
    def copy_from(self, source: StorageAddress, entry: Entry, key: str, **options: object) -> Entry:
        return self.inner.copy_from(source, entry, key)


class CopiesWhateverIsThere(Wrong):
    def copy_from(self, source: StorageAddress, entry: Entry, key: str, **options: object) -> Entry:
        return self.inner.copy_from(source, replace(entry, etag=None), key, **options)  # type: ignore[arg-type]

    def copy_part(
        self, upload: Upload, number: int, source: StorageAddress, entry: Entry, *, offset: int, length: int
    ) -> Part:
        entry = replace(entry, etag=None)
        return self.inner.copy_part(upload, number, source, entry, offset=offset, length=length)


class CopiesTheFirstBytes(Wrong):
    def copy_part(
        self, upload: Upload, number: int, source: StorageAddress, entry: Entry, *, offset: int, length: int
    ) -> Part:
        return self.inner.copy_part(upload, number, source, entry, offset=0, length=length)


class CopiesTheObjectForTheMarker(Wrong):
    def copy_from(self, source: StorageAddress, entry: Entry, key: str, **options: object) -> Entry:
        stripped = replace(entry, key=entry.key.rstrip("/"), etag=None)
        return self.inner.copy_from(source, stripped, key, **options)  # type: ignore[arg-type]


class SumsSomethingElse(Wrong):
    def describe(self, key: str, *, if_match: str | None = None) -> Description:
        told = self.inner.describe(key, if_match=if_match)
        return told._replace(checksum=Checksum("CRC32", b"none"))


class LosesTagsOnTheWay(Wrong):
    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        reader = super().read(key, start=start, length=length, if_match=if_match)
        if reader.facts is not None:
            reader.facts = replace(reader.facts, tags={})
        return reader


class CountsTagsAndKnowsNone(Wrong):
    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        reader = self.inner.read(key, start=start, length=length, if_match=if_match)
        if reader.facts is not None:
            reader.facts = replace(reader.facts, tags={}, untold_tags=len(reader.facts.tags))
        return reader

    def tags(self, key: str) -> Mapping[str, str]:
        return {}


class ListsAllUploads(Wrong):
    def list_uploads(self, prefix: str = "") -> list[Upload]:
        return self.inner.list_uploads()


class ForgetsAPart(Wrong):
    def list_parts(self, upload: Upload) -> list[Part]:
        return self.inner.list_parts(upload)[:1]


class ObjectsToWhatItHolds(Wrong):
    def objection(self, key: str, *, below: str) -> str | None:
        return "It has an empty segment." if "//" in key else None


class Suite(BackendConformance):
    """Run by hand, one case at a time; pytest does not collect it."""

    kind: type[Wrong]

    @cached_property
    def factory(self) -> MemoryBackendFactory:
        factory = MemoryBackendFactory(self.context)
        factory.store.upload_limits = UploadLimits(whole_bytes=20, part_bytes=10, most_parts=10)
        factory.store.copy_whole_bytes = 1000
        return factory

    def make_backend(self) -> Backend:
        return self.kind(self.factory.open(StorageAddress("memory", "bucket")))

    def populate(self, files: Mapping[str, bytes]) -> None:
        self.factory.store.remove_bucket("bucket")
        self.factory.store.put("bucket", files)

    def read_facts(self, key: str) -> ObjectFacts | None:
        found = self.factory.store.find("bucket", key)
        return None if found is None else found.facts


@pytest.mark.parametrize(
    ("kind", "case", "arguments"),
    [
        (LosesTheLastRowOfAFullPage, "test_pages_of_any_limit_tell_each_row_once", [7]),
        (StripsKeys, "test_odd_keys_are_told_exactly", []),
        (ForgetsTheMarker, "test_the_marker_of_the_listed_directory_is_its_own_entry", []),
        (ListsNeighbours, "test_any_text_is_a_prefix", ["bak/"]),
        (IgnoresConditions, "test_a_changed_object_is_a_conflict", []),
        (ReadsOneByteTooMany, "test_a_range", [3, 4]),
        (CountsTwice, "test_each_call_is_one_request_and_is_reported", []),
        (WritesUnasked, "test_a_key_that_must_be_free", []),
        (WritesUnasked, "test_a_version_is_replaced_and_no_other", []),
        (LooksThenWrites, "test_of_many_who_create_one_wins", []),
        (TellsTheWrongEtag, "test_an_object_is_replaced_whole", [b"short"]),
        (LosesFacts, "test_facts_are_kept", []),
        (ShowsPartsAtOnce, "test_parts_in_any_order_are_one_object", [[2, 3, 1]]),
        (ShowsPartsAtOnce, "test_the_old_content_stays_until_the_end", []),
        (KeepsTheFirstOfTwo, "test_a_part_sent_again_takes_the_place_of_the_first", []),
        (KeepsPieces, "test_a_part_comes_in_pieces", []),
        (TellsAnErrorOfItsOwn, "test_pieces_that_cannot_be_read_tell_why", []),
        (AbortsNothing, "test_an_aborted_upload_leaves_nothing", []),
        (DeletesByPrefix, "test_a_delete_is_of_exactly_that_key", ["bak"]),
        (DeletesTrimmedKeys, "test_many_are_deleted_and_nothing_else", []),
        (DeletesWhateverIsThere, "test_of_many_only_the_versions_that_are_meant_are_deleted", []),
        (CopiesByWriting, "test_facts_are_kept_by_a_copy", []),
        (CopiesUnasked, "test_a_copy_to_a_key_that_must_be_free", []),
        (CopiesUnasked, "test_of_many_copies_to_a_free_key_one_wins", []),
        (CopiesUnasked, "test_a_copy_in_place_of_one_version_and_no_other", []),
        (CopiesWhateverIsThere, "test_a_source_that_is_no_longer_the_one_that_was_listed", []),
        (CopiesWhateverIsThere, "test_a_part_of_another_version", []),
        (CopiesTheFirstBytes, "test_parts_of_another_object_are_an_object", []),
        (CopiesTheObjectForTheMarker, "test_a_marker_is_copied_with_its_content", []),
        (SumsSomethingElse, "test_a_checksum_is_that_of_the_bytes", [b"content"]),
        (LosesTagsOnTheWay, "test_tags_are_told_or_can_be_asked_for", []),
        (CountsTagsAndKnowsNone, "test_tags_are_told_or_can_be_asked_for", []),
        (ListsAllUploads, "test_uploads_that_are_under_way_are_listed", []),
        (ForgetsAPart, "test_parts_that_have_come_are_listed", []),
        (ObjectsToWhatItHolds, "test_what_the_storage_can_hold_meets_no_objection", []),
    ],
)
def test_a_mistake_is_caught(kind: type[Wrong], case: str, arguments: list[object]) -> None:
    sound, mistaken = Suite(), Suite()
    sound.kind, mistaken.kind = Wrong, kind
    getattr(sound, case)(*arguments)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        getattr(mistaken, case)(*arguments)
