"""The conformance suite itself: it names what it needs, and it catches backends that are wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import pytest

from tfm.backends.memory import MemoryBackendFactory
from tfm.core.entry import Entry, Lookup
from tfm.core.location import StorageAddress
from tfm.core.page import Page, page_from_entries
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


class Suite(BackendConformance):
    """Run by hand, one case at a time; pytest does not collect it."""

    kind: type[Wrong]

    @cached_property
    def factory(self) -> MemoryBackendFactory:
        return MemoryBackendFactory(self.context)

    def make_backend(self) -> Backend:
        return self.kind(self.factory.open(StorageAddress("memory", "bucket")))

    def populate(self, files: Mapping[str, bytes]) -> None:
        self.factory.store.remove_bucket("bucket")
        self.factory.store.put("bucket", files)


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
    ],
)
def test_a_mistake_is_caught(kind: type[Wrong], case: str, arguments: list[object]) -> None:
    sound, mistaken = Suite(), Suite()
    sound.kind, mistaken.kind = Wrong, kind
    getattr(sound, case)(*arguments)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        getattr(mistaken, case)(*arguments)
