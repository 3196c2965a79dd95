from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tfm.core.entry import Kind
from tfm.core.listing import Listing
from tfm.core.page import make_page
from tfm.operations.row_order import RowOrder, RowOrderBuilder, order_listing

NAMES = st.lists(
    st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=6), st.booleans()),
    unique=True,
    max_size=60,
)


def listing_of(entries: list[tuple[str, bool]], page_entries: int, base: str = "d/") -> Listing:
    pages = []
    for start in range(0, len(entries), page_entries):
        part = entries[start : start + page_entries]
        kinds = bytes(Kind.DIRECTORY if is_directory else Kind.FILE for _, is_directory in part)
        pages.append(make_page(base, [name for name, _ in part], kinds, [0] * len(part), [0.0] * len(part)))
    return Listing(base, pages, recursive=False, complete=True, fetched_at=0.0)


def shown(listing: Listing, order: RowOrder) -> list[tuple[str, bool]]:
    entries = [listing[order.row(position)] for position in range(len(order))]
    return [(entry.name, entry.is_directory) for entry in entries]


@given(NAMES, st.integers(1, 7))
def test_sorting_puts_directories_first_and_each_kind_by_name(
    entries: list[tuple[str, bool]], page_entries: int
) -> None:
    listing = listing_of(entries, page_entries)
    wanted = sorted(entries, key=lambda entry: (not entry[1], entry[0]))
    assert shown(listing, order_listing(listing, by_name=True)) == wanted


@given(NAMES, st.integers(1, 7))
def test_the_storages_order_is_kept_within_each_kind(entries: list[tuple[str, bool]], page_entries: int) -> None:
    listing = listing_of(entries, page_entries)
    wanted = [entry for entry in entries if entry[1]] + [entry for entry in entries if not entry[1]]
    assert shown(listing, order_listing(listing, by_name=False)) == wanted


@given(NAMES, st.integers(1, 7), st.booleans())
def test_every_entry_is_found_where_it_stands(
    entries: list[tuple[str, bool]], page_entries: int, by_name: bool
) -> None:
    listing = listing_of(entries, page_entries)
    order = order_listing(listing, by_name=by_name)
    for position in range(len(order)):
        entry = listing[order.row(position)]
        assert order.position(listing, entry.key, entry.kind) == position
        assert order.position_of_row(order.row(position)) == position
        other = Kind.FILE if entry.is_directory else Kind.DIRECTORY
        assert order.position(listing, entry.key + "\U0010ffff", other) is None


@given(NAMES, st.integers(1, 5))
def test_a_snapshot_holds_each_row_once_and_never_changes(entries: list[tuple[str, bool]], page_entries: int) -> None:
    listing = listing_of(entries, page_entries)
    builder = RowOrderBuilder(by_name=True)
    snapshots: list[tuple[RowOrder, list[int]]] = []
    for page in listing.pages:
        builder.add(page)
        order = builder.snapshot()
        snapshots.append((order, [order.row(position) for position in range(len(order))]))
    for number, (order, rows) in enumerate(snapshots):
        assert sorted(rows) == list(range(sum(len(page) for page in listing.pages[: number + 1])))
        assert [order.row(position) for position in range(len(order))] == rows


def test_many_rows_are_sorted_in_pieces() -> None:
    entries = [(f"{(row * 7919) % 30_011:05}", False) for row in range(30_000)]
    listing = listing_of(entries, 1000)
    assert shown(listing, order_listing(listing, by_name=True)) == sorted(entries)


def test_an_entry_that_is_gone_leaves_its_place() -> None:
    listing = listing_of([("a", False), ("c", False), ("e", False)], 10)
    order = order_listing(listing, by_name=False)
    assert order.nearest(listing, "d/b", Kind.FILE) == 1
    assert order.nearest(listing, "d/z", Kind.FILE) == 3
