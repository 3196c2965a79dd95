"""Columns give back exactly what was put in."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tfm.core.entry import Entry, Kind
from tfm.core.page import UNKNOWN_MODE, UNKNOWN_SIZE, UNKNOWN_TIME, make_page, page_from_entries

# A busy machine is no failure, nor is the first use, in which hypothesis builds its tables of characters.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMES = some.text(some.characters(), max_size=8)  # lone surrogates included
HEXADECIMAL = some.text("0123456789abcdef", min_size=32, max_size=32)
ETAGS = (
    some.none()
    | HEXADECIMAL
    | HEXADECIMAL.map(str.upper)
    | HEXADECIMAL.map(lambda text: f"{text}-17")
    | some.text(max_size=40)
    | some.text("0123456789abcdef \n", min_size=32, max_size=32)
)


@some.composite
def entries(draw: some.DrawFn, base: str = "base/") -> list[Entry]:
    made = []
    for name in draw(some.lists(NAMES, max_size=8)):
        kind = draw(some.sampled_from(Kind))
        made.append(
            Entry(
                name,
                f"{base}{name}/" if kind is Kind.DIRECTORY else base + name,
                kind,
                draw(some.none() | some.integers(0, 2**63 - 1)),
                draw(some.none() | some.floats(allow_nan=False, allow_infinity=False)),
                draw(ETAGS),
                draw(some.none() | some.sampled_from(["STANDARD", "GLACIER"])),
                draw(some.booleans()),
                draw(some.none() | some.integers(0, 2**32 - 2)),
            )
        )
    return made


@UNHURRIED
@given(entries())
def test_a_page_gives_back_the_entries_it_was_made_of(rows: list[Entry]) -> None:
    page = page_from_entries("base/", rows)
    assert list(page) == rows
    assert len(page) == len(rows)
    assert [page[i] for i in range(len(page))] == rows
    assert page.names() == [row.name for row in rows] == [page.name(i) for i in range(len(page))]
    assert [page.kind(i) for i in range(len(page))] == [row.kind for row in rows]
    assert [page.is_directory(i) for i in range(len(page))] == [row.is_directory for row in rows]
    assert [page.is_symlink(i) for i in range(len(page))] == [row.is_symlink for row in rows]
    assert [page.storage_class(i) for i in range(len(page))] == [row.storage_class for row in rows]


@UNHURRIED
@given(some.lists(ETAGS))
def test_etags_of_any_shape_are_exact(etags: list[str | None]) -> None:
    page = make_page("", [""] * len(etags), bytes(len(etags)), [0] * len(etags), [0.0] * len(etags), etags=etags)
    assert [entry.etag for entry in page] == etags


@UNHURRIED
@given(entries(), NAMES, some.sampled_from(Kind))
def test_find_gives_the_row_of_that_name_and_kind_in_any_order(rows: list[Entry], name: str, kind: Kind) -> None:
    def key(entry: Entry) -> bytes:
        return f"{entry.name}/".encode("utf-8", "surrogatepass")[: None if entry.is_directory else -1]

    unique = list({(row.name, row.is_directory): row for row in rows if not row.name.endswith("/")}.values())
    for order in (unique, sorted(unique, key=key)):
        page = page_from_entries("base/", order)
        for index, row in enumerate(order):
            assert page.find(row.name, row.kind) == index
        if all((row.name, row.is_directory) != (name, kind is Kind.DIRECTORY) for row in order):
            assert page.find(name, kind) is None
    assert page_from_entries("base/", sorted(unique, key=key)).is_sorted()


def test_the_file_and_the_directory_of_one_name_are_two() -> None:
    page = make_page("", ["x", "x", "y"], bytes([Kind.FILE, Kind.DIRECTORY, Kind.DIRECTORY]), [1, -1, -1], [0.0] * 3)
    assert page.find("x", Kind.FILE) == 0
    assert page.find("x", Kind.DIRECTORY) == 1
    assert page.find("y", Kind.FILE) is None
    assert page.find("y/", Kind.FILE) is None


def test_unknown_facts_are_none() -> None:
    page = make_page(
        "", ["a", "b"], bytes(2), [UNKNOWN_SIZE, 0], [UNKNOWN_TIME, 0.0], modes=[UNKNOWN_MODE, 0], etags=[None, None]
    )
    assert [(entry.size_bytes, entry.modified_timestamp, entry.mode, entry.etag) for entry in page] == [
        (None, None, None, None),
        (0, 0.0, 0, None),
    ]
    assert math.isnan(page.times[0])
    assert page[1].modified_at is not None
    assert page[1].modified_at.isoformat() == "1970-01-01T00:00:00+00:00"
    assert page[0].modified_at is None


@pytest.mark.parametrize("column", ["kinds", "sizes", "times", "etags", "storage_classes", "modes", "symlinks"])
@pytest.mark.parametrize("count", [1, 3])
def test_columns_of_different_lengths_are_refused(column: str, count: int) -> None:
    # Any: one of the columns differs, and which one is the test's parameter.
    columns: dict[str, Any] = {
        "kinds": bytes(2),
        "sizes": [0, 0],
        "times": [0.0, 0.0],
        "etags": ["", ""],
        "symlinks": bytes(2),
    }
    columns |= {"storage_classes": ["", ""], "modes": [0, 0]}
    columns[column] = (columns[column] * 2)[:count]
    with pytest.raises(ValueError):
        make_page("", ["a", "b"], **columns)


@pytest.mark.parametrize("index", [-1, 2, 10**6])
def test_a_row_outside_the_page_is_an_index_error(index: int) -> None:
    page = make_page("", ["a", "b"], bytes(2), [0, 0], [0.0, 0.0])
    with pytest.raises(IndexError):
        page[index]


def test_a_page_for_keeping_has_no_token_and_the_same_rows() -> None:
    marker = Entry("", "d/", Kind.DIRECTORY, 0)
    page = make_page("d/", ["a"], bytes(1), [3], [4.0], token=object(), own_entry=marker)
    kept = page.without_token()
    assert kept.token is None
    assert kept.own_entry == marker
    assert list(kept) == list(page)
    assert kept.without_token() is kept


def test_size_bytes_is_what_a_page_weighs() -> None:
    names = [f"{i:040}" for i in range(1000)]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        page = make_page(
            "",
            names,
            bytes(1000),
            range(1000),
            [float(i) for i in range(1000)],
            etags=[f"{i:032x}" for i in range(1000)],
        )
        weight_bytes = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert page.size_bytes == pytest.approx(weight_bytes, rel=0.15)
