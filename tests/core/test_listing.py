"""Pages in a row, and what they weigh."""

from __future__ import annotations

import hashlib
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tfm.core.entry import Entry, Kind
from tfm.core.listing import Listing
from tfm.core.page import Page, make_page, page_from_entries

# A busy machine is no failure, nor is the first use, in which hypothesis builds its tables of characters.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def listing(pages: list[Page], *, prefix: str = "") -> Listing:
    return Listing(prefix, pages, recursive=False, complete=True, fetched_at=0.0)


def paged(rows: list[Entry], size: int) -> list[Page]:
    return [page_from_entries("", rows[i : i + size]) for i in range(0, len(rows), size)]


def row(name: str, kind: Kind) -> Entry:
    return Entry(name, f"{name}/" if kind is Kind.DIRECTORY else name, kind, len(name))


ROWS = some.sets(
    some.tuples(
        some.text(some.characters(exclude_characters="/"), max_size=4), some.sampled_from([Kind.FILE, Kind.DIRECTORY])
    )
)


@UNHURRIED
@given(ROWS, some.integers(1, 5), some.booleans())
def test_every_entry_is_found_wherever_it_is(rows: set[tuple[str, Kind]], size: int, in_order: bool) -> None:
    entries = [row(name, kind) for name, kind in rows]
    if in_order:
        entries.sort(key=lambda entry: entry.key.encode("utf-8", "surrogatepass"))
    whole = listing(paged(entries, size))
    assert list(whole) == entries
    assert len(whole) == len(entries)
    assert [whole[i] for i in range(len(whole))] == entries
    for entry in entries:
        assert whole.find(entry.name, entry.kind) == entry
        other = Kind.FILE if entry.is_directory else Kind.DIRECTORY
        assert (whole.find(entry.name, other) is None) == ((entry.name, other) not in rows)


def test_pages_without_rows_change_nothing() -> None:
    empty = page_from_entries("", [])
    whole = listing([empty, *paged([row("a", Kind.FILE)], 1), empty, *paged([row("b", Kind.FILE)], 1), empty])
    assert [entry.key for entry in whole] == ["a", "b"]
    assert whole[1].key == "b"
    assert whole.find("b", Kind.FILE) is not None
    assert len(listing([])) == 0
    assert listing([]).find("a", Kind.FILE) is None


@pytest.mark.parametrize("index", [-1, 3, 10**6])
def test_a_row_outside_the_listing_is_an_index_error(index: int) -> None:
    whole = listing(paged([row(name, Kind.FILE) for name in "abc"], 2))
    with pytest.raises(IndexError):
        whole[index]


def test_the_own_entry_is_that_of_whichever_page_brought_it() -> None:
    marker = Entry("", "d/", Kind.DIRECTORY, 0)
    plain = page_from_entries("d/", [])
    assert listing([plain, page_from_entries("d/", [], own_entry=marker)], prefix="d/").own_entry == marker
    assert listing([plain], prefix="d/").own_entry is None


def arriving_page(number: int) -> Page:
    """1,000 rows as a storage sends them: names of 40 bytes, sizes, times, md5 etags."""
    rows = range(number * 1000, (number + 1) * 1000)
    return make_page(
        "some/directory/",
        [f"{i:040}" for i in rows],
        bytes(1000),
        [i * 1000 for i in rows],
        [1.7e9 + i for i in rows],
        etags=[hashlib.md5(str(i).encode()).hexdigest() for i in rows],
        storage_classes=["STANDARD"] * 1000,
    )


def test_100_000_entries_stay_under_10_megabytes_and_say_what_they_weigh() -> None:
    arriving_page(0)  # what is made once is not what a listing weighs
    tracemalloc.start()
    try:
        before_bytes = tracemalloc.get_traced_memory()[0]
        whole = Listing("some/directory/", arriving_pages(100), recursive=False, complete=True, fetched_at=0.0)
        weight_bytes = tracemalloc.get_traced_memory()[0] - before_bytes
    finally:
        tracemalloc.stop()
    assert len(whole) == 100_000
    assert weight_bytes < 10_000_000
    assert whole.size_bytes < 10_000_000
    assert whole.size_bytes == pytest.approx(weight_bytes, rel=0.15)


def arriving_pages(count: int) -> list[Page]:
    return [arriving_page(number) for number in range(count)]
