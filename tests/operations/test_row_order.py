from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tfm.core.entry import Kind
from tfm.core.listing import Listing
from tfm.core.page import make_page
from tfm.operations.natural_key import natural_key
from tfm.operations.row_order import RowOrder, RowOrderBuilder, order_listing
from tfm.operations.row_search import position_of_name
from tfm.operations.row_view import Filter, FilterKind, RowView, SortOrder, view_from_words

NAMES = st.lists(
    st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=6), st.booleans()),
    unique=True,
    max_size=60,
)


UNSORTED = RowView(SortOrder.UNSORTED)
VIEWS = st.builds(RowView, st.sampled_from(SortOrder), st.booleans(), hidden=st.just(True), filter=st.none())
SORTED_VIEWS = VIEWS.filter(lambda view: view.sort is not SortOrder.UNSORTED)


def listing_of(entries: list[tuple[str, bool]], page_entries: int, base: str = "d/") -> Listing:
    pages = []
    for start in range(0, len(entries), page_entries):
        part = entries[start : start + page_entries]
        kinds = bytes(Kind.DIRECTORY if is_directory else Kind.FILE for _, is_directory in part)
        names = [name for name, _ in part]
        pages.append(make_page(base, names, kinds, map(size_of, names), map(time_of, names)))
    return Listing(base, pages, recursive=False, complete=True, fetched_at=0.0)


def size_of(name: str) -> int:
    return len(name) % 4 - 1  # some are not known


def time_of(name: str) -> float:
    return float("nan") if name > "y" else 1e9 + ord(name[0]) % 3


def shown(listing: Listing, order: RowOrder) -> list[tuple[str, bool]]:
    entries = [listing[order.row(position)] for position in range(len(order))]
    return [(entry.name, entry.is_directory) for entry in entries]


def by_the_book(view: RowView, name: str, *, directory: bool) -> tuple[object, ...]:
    time = time_of(name)
    extension = name.rpartition(".")[2] if "." in name[1:] else ""
    first: object = {
        SortOrder.NAME: 0,
        SortOrder.EXTENSION: b"" if directory else natural_key(extension),
        SortOrder.SIZE: 0 if directory else -size_of(name) if size_of(name) >= 0 else 9,
        SortOrder.TIME: -time if time == time else 9.0,
    }[view.sort]
    return first, natural_key(name)


@given(NAMES, st.integers(1, 7), SORTED_VIEWS)
def test_directories_stand_first_and_each_kind_is_sorted(
    entries: list[tuple[str, bool]], page_entries: int, view: RowView
) -> None:
    listing = listing_of(entries, page_entries)
    wanted = []
    for kind in (True, False):
        names = [name for name, is_directory in entries if is_directory is kind]
        names.sort(key=lambda name: by_the_book(view, name, directory=kind))
        wanted += [(name, kind) for name in (names[::-1] if view.reverse else names)]
    assert shown(listing, order_listing(listing, view)) == wanted


@given(NAMES, st.integers(1, 7))
def test_the_storages_order_is_kept_within_each_kind(entries: list[tuple[str, bool]], page_entries: int) -> None:
    entries = sorted(entries, key=lambda entry: (entry[0] + "/" if entry[1] else entry[0]).encode())
    listing = listing_of(entries, page_entries)
    wanted = [entry for entry in entries if entry[1]] + [entry for entry in entries if not entry[1]]
    assert shown(listing, order_listing(listing, UNSORTED)) == wanted


@given(NAMES, st.integers(1, 7), VIEWS)
def test_every_entry_is_found_where_it_stands(
    entries: list[tuple[str, bool]], page_entries: int, view: RowView
) -> None:
    listing = listing_of(entries, page_entries)
    order = order_listing(listing, view)
    for position in range(len(order)):
        entry = listing[order.row(position)]
        assert order.position(listing, entry.key, entry.kind) == position
        sort_key = order.sort_key(*listing.locate(order.row(position)))
        assert order.position(listing, entry.key, entry.kind, sort_key) == position
        assert order.position_of_row(order.row(position), entry.kind) == position
        other = Kind.FILE if entry.is_directory else Kind.DIRECTORY
        assert order.position(listing, entry.key + "\U0010ffff", other) is None


@given(NAMES, st.integers(1, 5), VIEWS)
def test_a_snapshot_holds_each_row_once_and_never_changes(
    entries: list[tuple[str, bool]], page_entries: int, view: RowView
) -> None:
    listing = listing_of(entries, page_entries)
    builder = RowOrderBuilder(view)
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
    builder = RowOrderBuilder(RowView())
    for page in listing.pages:
        builder.add(page)
        builder.snapshot()
    assert shown(listing, builder.snapshot(final=True)) == sorted(entries)


def test_an_entry_that_is_gone_leaves_its_place() -> None:
    listing = listing_of([("a", False), ("c", False), ("e", False)], 10)
    order = order_listing(listing, UNSORTED)
    assert order.nearest(listing, "d/b", Kind.FILE) == 1
    assert order.nearest(listing, "d/z", Kind.FILE) == 3


@given(
    NAMES,
    st.integers(1, 5),
    st.text("ab.é", min_size=1, max_size=2),
    st.sampled_from([FilterKind.TEXT, FilterKind.GLOB]),
    st.booleans(),
)
def test_only_rows_that_fit_are_shown(
    entries: list[tuple[str, bool]], page_entries: int, text: str, kind: FilterKind, hidden: bool
) -> None:
    listing = listing_of(entries, page_entries)
    view = RowView(hidden=hidden, filter=Filter(text, kind))

    def fits(name: str) -> bool:
        return text.lower() in name.lower() if kind is FilterKind.TEXT else text.lower() == name.lower()

    wanted = {entry for entry in entries if fits(entry[0]) and (hidden or not entry[0].startswith("."))}
    assert set(shown(listing, order_listing(listing, view))) == wanted


def names_shown(names: list[str], wanted: Filter) -> list[str]:
    listing = listing_of([(name, False) for name in names], 2)
    order = order_listing(listing, RowView(filter=wanted))
    assert order.error is None
    return [name for name, _ in shown(listing, order)]


def test_an_expression_fits_anywhere_in_a_name_and_a_line_break_is_a_character() -> None:
    names = ["a1", "b", "xa\ny", "A2", "é"]
    assert names_shown(names, Filter("^a[0-9]", FilterKind.REGEX)) == ["a1", "A2"]
    assert names_shown(names, Filter("y$|é", FilterKind.REGEX)) == ["xa\ny", "é"]
    assert names_shown(names, Filter("q*", FilterKind.REGEX)) == ["a1", "A2", "b", "xa\ny", "é"]


def test_an_expression_that_is_none_hides_nothing_and_is_said() -> None:
    listing = listing_of([("a", False)], 1)
    order = order_listing(listing, RowView(filter=Filter("(", FilterKind.REGEX)))
    assert len(order) == 1
    assert "no regular expression" in str(order.error)


@given(NAMES, st.integers(1, 7), VIEWS, st.text("aAé0. ", min_size=1, max_size=2), st.integers(0, 50), st.booleans())
def test_names_are_found_from_anywhere_both_ways(
    entries: list[tuple[str, bool]], page_entries: int, view: RowView, text: str, first: int, backward: bool
) -> None:
    listing = listing_of(entries, page_entries)
    order = order_listing(listing, view)
    names = [name.lower() for name, _ in shown(listing, order)]
    ring = [(first + (-step if backward else step)) % len(names) for step in range(len(names))] if names else []
    holding = [position for position in ring if text.lower() in names[position]]
    assert position_of_name(listing, order, text, first, backward=backward) == (holding[0] if holding else None)
    starting = [position for position in holding if names[position].startswith(text.lower())]
    wanted = next(iter(starting or holding), None)
    assert position_of_name(listing, order, text, first, backward=backward, begins=True) == wanted


def test_a_rare_name_among_many_is_found() -> None:
    listing = listing_of([(f"n{row}", False) for row in range(9000)] + [("needle", False)], 500)
    order = order_listing(listing, RowView())
    position = position_of_name(listing, order, "EEDL", 0)
    assert position is not None
    assert listing[order.row(position)].name == "needle"
    assert position_of_name(listing, order, "nn", 0) is None  # never across two names


@given(VIEWS, st.booleans())
def test_a_view_is_kept_in_words(view: RowView, hidden: bool) -> None:
    view = RowView(view.sort, view.reverse, hidden)
    assert view_from_words(view.words(), RowView()) == view
    assert view_from_words("by magic", view) == view
    assert view_from_words("", view) == view
