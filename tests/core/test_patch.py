"""A listing with a change put into it is the listing that the storage would give."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from tfm.core.entry import Entry, Kind
from tfm.core.listing import Listing
from tfm.core.page import Page, encode_sort_key, page_from_entries
from tfm.core.patch import with_entry, with_own_entry, without_below, without_entry

UNHURRIED = settings(deadline=None, max_examples=300)

names = some.text("ab/-\u00e9", min_size=1, max_size=4)
etags = some.one_of(some.none(), some.just("e" * 32), some.just("0123456789abcdef" * 2 + "-3"))


@some.composite
def entries(draw: some.DrawFn, prefix: str) -> Entry:
    kind = draw(some.sampled_from([Kind.FILE, Kind.DIRECTORY]))
    name = draw(names)
    name = name.rstrip("/") or "a" if kind is Kind.FILE else name  # a key that ends in a slash is a directory's
    key = f"{prefix}{name}/" if kind is Kind.DIRECTORY else f"{prefix}{name}"
    size = draw(some.one_of(some.none(), some.integers(0, 9)))
    modified = draw(some.one_of(some.none(), some.just(1.5)))
    storage_class = draw(some.one_of(some.none(), some.just("STANDARD")))
    return Entry(name, key, kind, size, modified, draw(etags), storage_class)


def listed(prefix: str, rows: list[Entry], *, page_rows: int, ordered: bool) -> Listing:
    held = {(row.key, row.kind): row for row in rows}
    chosen = list(held.values())
    if ordered:
        chosen.sort(key=sort_key)
    pages: list[Page] = [
        page_from_entries(prefix, chosen[start : start + page_rows]) for start in range(0, len(chosen), page_rows)
    ]
    return Listing(prefix, pages, recursive=False, complete=True, fetched_at=7.0)


def sort_key(entry: Entry) -> bytes:
    return encode_sort_key(entry.name, directory=entry.is_directory)


@UNHURRIED
@given(some.data(), some.booleans(), some.integers(1, 5))
def test_any_changes_of_any_listing(data: some.DataObject, ordered: bool, page_rows: int) -> None:
    prefix = data.draw(some.sampled_from(["", "d/"]))
    rows = data.draw(some.lists(entries(prefix), max_size=12))
    model = {(row.key, row.kind): row for row in rows}
    listing = listed(prefix, rows, page_rows=page_rows, ordered=ordered)
    for _ in range(data.draw(some.integers(1, 6))):
        if data.draw(some.booleans()):
            entry = data.draw(entries(prefix))
            listing = with_entry(listing, entry)
            model[entry.key, entry.kind] = entry
        elif data.draw(some.booleans()):
            entry = data.draw(entries(prefix))
            listing = without_entry(listing, entry.key, entry.kind)
            model.pop((entry.key, entry.kind), None)
        else:
            below = f"{prefix}{data.draw(names)}".removesuffix("/") + "/"
            listing = without_below(listing, below)
            model = {
                place: each
                for place, each in model.items()
                if not sort_key(each).startswith(encode_sort_key(below[len(prefix) :], directory=False))
            }
        assert sorted(listing, key=sort_key) == sorted(model.values(), key=sort_key)
        assert len(listing) == len(model)
        if ordered:
            assert listing.is_sorted()
            assert list(listing) == sorted(model.values(), key=sort_key)
        for (_, kind), entry in model.items():
            assert listing.find(entry.name, kind) == entry
    assert (listing.prefix, listing.complete, listing.fetched_at) == (prefix, True, 7.0)


def test_the_marker_of_the_directory_itself() -> None:
    marker = Entry("d", "d/", Kind.DIRECTORY, 0, 1.0, "m" * 32)
    listing = listed("d/", [], page_rows=1, ordered=True)
    with_marker = with_entry(listing, marker)
    assert (with_marker.own_entry, len(with_marker)) == (marker, 0)
    assert with_own_entry(with_marker, None).own_entry is None
    assert without_entry(with_marker, "d/", Kind.DIRECTORY).own_entry is None
    assert without_below(with_marker, "d/").own_entry is None


def test_one_change_copies_one_page_and_long_pages_are_cut() -> None:
    rows = [Entry(f"{number:06}", f"{number:06}", Kind.FILE, number) for number in range(10_000)]
    listing = listed("", rows, page_rows=1000, ordered=True)
    changed = with_entry(listing, Entry("004500x", "004500x", Kind.FILE, 1))
    assert [old is new for old, new in zip(listing.pages, changed.pages, strict=True)] == [
        number != 4 for number in range(10)
    ]
    for number in range(3000):
        changed = with_entry(changed, Entry(f"004500y{number:05}", f"004500y{number:05}", Kind.FILE, 1))
    assert len(changed) == 13_001
    assert max(map(len, changed.pages)) <= 2000
    assert changed.is_sorted()
