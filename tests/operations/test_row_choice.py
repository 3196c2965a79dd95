"""Which of what was selected is still there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.operations.test_row_order import NAMES, listing_of
from tfm.core.entry import Kind
from tfm.core.page import Page
from tfm.operations.row_choice import gone_entries


def entry_of(name: str, *, directory: bool) -> tuple[str, Kind]:
    return (f"d/{name}/", Kind.DIRECTORY) if directory else (f"d/{name}", Kind.FILE)


@given(NAMES, NAMES, st.integers(1, 70), st.booleans())
def test_gone_is_what_no_page_has(
    there: list[tuple[str, bool]], selected: list[tuple[str, bool]], page_entries: int, is_sorted: bool
) -> None:
    if is_sorted:
        there = sorted(there, key=lambda each: each[0] + "/" * each[1])
    chosen = [entry_of(name, directory=directory) for name, directory in dict.fromkeys([*selected, *there[::2]])]
    expected = [each for each in chosen if each not in {entry_of(name, directory=kind) for name, kind in there}]
    assert gone_entries(listing_of(there, page_entries), chosen) == expected


def test_however_many_are_selected_the_rows_are_passed_by_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory of a disk comes in no order: each look for a name would go through all of it."""
    listing = listing_of([(f"{(number * 7919) % 10_007:05}", False) for number in range(10_000)], 1000)
    passes: list[Page] = []
    usual = Page.names

    def names(page: Page) -> list[str]:
        passes.append(page)
        return usual(page)

    monkeypatch.setattr(Page, "names", names)
    monkeypatch.setattr(Page, "find", lambda *_: pytest.fail("one is looked for"))
    selected = [entry_of(f"{number:05}", directory=False) for number in range(5000, 10_007)]
    gone = gone_entries(listing, selected)
    assert len(passes) == 10
    there = {(entry.key, entry.kind) for entry in listing}
    assert gone == [each for each in selected if each not in there] != []
