"""What a start shows: the named directories, the rest as it was left."""

from __future__ import annotations

from tests.ui.memory_panes import place
from tfm.core.location import Location
from tfm.operations.history import Visited
from tfm.operations.kept_state import KeptPane, KeptState, KeptTab
from tfm.operations.start import pane_at, start_at, start_of


def never() -> Location:
    raise AssertionError("nobody needs to know where this is")


KEPT = KeptState(
    panes=(
        KeptPane((KeptTab((Visited(place("a/")),)), KeptTab((Visited(place("b/")), Visited(place("c/"))), 0)), 1),
        pane_at(place("d/")),
    ),
    active_pane=1,
    left_percent=30,
)


def test_the_first_start_shows_where_one_is() -> None:
    assert start_of(KeptState(), None, None, lambda: place("here/")) == start_at(place("here/"), place("here/"))
    assert start_of(KeptState(), place("x/"), None, lambda: place("here/")) == start_at(place("x/"), place("here/"))


def test_without_names_it_is_as_it_was_left() -> None:
    start = start_of(KEPT, None, None, never)
    assert (start.panes, start.active_pane, start.left_percent) == (KEPT.panes, 1, 30)
    assert start.directories == (place("b/"), place("d/"))


def test_a_named_directory_opens_in_the_tab_that_is_shown_and_has_the_keys() -> None:
    start = start_of(KEPT, place("x/"), None, never)
    assert start.directories == (place("x/"), place("d/"))
    assert start.active_pane == 0
    shown = start.panes[0].tabs[1]
    assert [each.location for each in shown.visited] == [place("b/"), place("x/")]
    assert start.panes[0].tabs[0] == KEPT.panes[0].tabs[0]
    assert start.panes[1] == KEPT.panes[1]


def test_naming_where_it_was_left_changes_nothing_there() -> None:
    start = start_of(KEPT, None, place("d/"), never)
    assert start.panes == KEPT.panes
