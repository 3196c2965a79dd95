from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path as DiskPath

import pytest

from tests.scripted_backend import DEADLINE_SECONDS, SCHEME, Clock, Script, directory, make_session, storage_error
from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations.browse import BrowseState, BrowseUpdate, browse, shown_again
from tfm.operations.row_view import Filter, RowView
from tfm.storage.session import Session


class Watcher:
    """Keeps every update, and lets a test wait for one."""

    def __init__(self) -> None:
        self.updates: list[BrowseUpdate] = []
        self._condition = threading.Condition()

    def __call__(self, update: BrowseUpdate) -> None:
        with self._condition:
            self.updates.append(update)
            self._condition.notify_all()

    def wait_for(self, met: Callable[[BrowseUpdate], bool]) -> BrowseUpdate:
        with self._condition:
            assert self._condition.wait_for(lambda: any(map(met, self.updates)), DEADLINE_SECONDS)
            return next(update for update in self.updates if met(update))

    def wait_for_end(self) -> BrowseUpdate:
        return self.wait_for(lambda update: not update.state.is_running)


def names(update: BrowseUpdate) -> list[str]:
    return [update.listing[update.order.row(position)].name for position in range(len(update.order))]


def visited(session: Session, location: Location, *, fresh: bool = False) -> list[BrowseUpdate]:
    watcher = Watcher()
    browse(session, location, watcher, fresh=fresh)
    watcher.wait_for_end()
    return watcher.updates


def test_rows_are_told_of_page_by_page_directories_first() -> None:
    script = Script({"": ["a", "b/", "c", "d/"]}, page_entries=2)
    last_page = script.gate("", 1)
    watcher = Watcher()
    visit = browse(make_session({SCHEME: script}, Clock()), directory(), watcher)
    first = watcher.wait_for(lambda update: len(update.listing) == 2)
    assert (first.state, names(first), first.listing.complete) == (BrowseState.ARRIVING, ["b", "a"], False)
    last_page.set()
    last = watcher.wait_for_end()
    assert (last.state, names(last), last.listing.complete) == (BrowseState.COMPLETE, ["b", "d", "a", "c"], True)
    assert visit.lists_roots
    assert visit.cancel() is None


def test_a_fresh_listing_is_one_update_and_no_request() -> None:
    script = Script({"": [f"{number:05}" for number in range(2500)]})
    session, clock = make_session({SCHEME: script}, clock := Clock()), clock
    visited(session, directory())
    assert len(script.requests) == 3
    clock.now += 30
    (update,) = visited(session, directory())
    assert (update.state, len(update.listing), update.age_seconds) == (BrowseState.COMPLETE, 2500, 30)
    assert len(script.requests) == 3


def test_a_stale_listing_is_shown_at_once_and_replaced_by_the_answer() -> None:
    script = Script({"": ["old"]})
    session, clock = make_session({SCHEME: script}, clock := Clock()), clock
    visited(session, directory())
    clock.now += 1000
    script.directories[""] = ["new"]
    gate = script.gate("")
    watcher = Watcher()
    browse(session, directory(), watcher)
    stale = watcher.wait_for(lambda _: True)
    assert (stale.state, names(stale), stale.age_seconds) == (BrowseState.STALE, ["old"], 1000)
    gate.set()
    last = watcher.wait_for_end()
    assert (last.state, names(last), last.age_seconds) == (BrowseState.COMPLETE, ["new"], 0)
    assert len(script.requests) == 2


def test_refreshing_asks_although_the_cache_is_fresh() -> None:
    script = Script({"": ["one"]})
    session = make_session({SCHEME: script}, Clock())
    visited(session, directory())
    script.directories[""] = ["one", "two"]
    updates = visited(session, directory(), fresh=True)
    assert [(update.state, names(update)) for update in updates] == [
        (BrowseState.STALE, ["one"]),
        (BrowseState.COMPLETE, ["one", "two"]),
    ]
    assert len(script.requests) == 2


def test_a_failure_keeps_the_rows_there_were_and_says_what_to_do() -> None:
    script = Script({"": ["a", "b", "c"]}, page_entries=2)
    session = make_session({SCHEME: script}, Clock())
    script.errors["", 1] = storage_error()
    partial = visited(session, directory())[-1]
    assert (partial.state, names(partial), partial.listing.complete) == (BrowseState.FAILED, ["a", "b"], False)
    assert partial.error is not None
    assert (partial.error.cause, partial.error.next_step) == ("The server is on fire.", "Call the fire brigade.")

    script.errors.clear()
    visited(session, directory())
    script.errors["", 0] = storage_error()
    after_refresh = visited(session, directory(), fresh=True)[-1]
    assert (after_refresh.state, names(after_refresh)) == (BrowseState.FAILED, ["a", "b", "c"])
    assert after_refresh.listing.complete


def test_what_nobody_expected_is_told_of_as_a_failure() -> None:
    script = Script({"": ["a"]}, errors={("", 0): ZeroDivisionError("one by nothing")})
    update = visited(make_session({SCHEME: script}, Clock()), directory())[-1]
    assert update.state is BrowseState.FAILED
    assert update.error is not None
    assert "ZeroDivisionError: one by nothing" in update.error.cause


def test_a_scheme_that_nothing_speaks_is_told_of_as_a_failure() -> None:
    update = visited(make_session({}, Clock()), directory(scheme="gopher"))[-1]
    assert update.error is not None
    assert "gopher" in update.error.cause


def test_pages_of_a_cancelled_visit_are_dropped_and_its_rows_kept() -> None:
    script = Script({"": ["a", "b", "c"]}, page_entries=1)
    session = make_session({SCHEME: script}, Clock())
    gate = script.gate("", 1)
    watcher = Watcher()
    visit = browse(session, directory(), watcher)
    watcher.wait_for(lambda update: len(update.listing) == 1)
    assert script.entered.wait(DEADLINE_SECONDS)
    cancelled = visit.cancel()
    assert cancelled is not None
    assert (cancelled.state, names(cancelled), cancelled.listing.complete) == (BrowseState.CANCELLED, ["a"], False)
    gate.set()
    for thread in threading.enumerate():
        if thread.name == "tfm-browse":
            thread.join(DEADLINE_SECONDS)
    assert len(watcher.updates) == 1
    assert len(script.requests) == 2, "nothing is asked for any more"


def test_cancelling_while_being_told_ends_the_visit() -> None:
    script = Script({"": ["a", "b", "c"]}, page_entries=1)
    told: list[BrowseUpdate] = []
    done = threading.Event()

    def stop_at_once(update: BrowseUpdate) -> None:
        told.append(update)
        update.visit.cancel()
        done.set()

    browse(make_session({SCHEME: script}, Clock()), directory(), stop_at_once)
    assert done.wait(DEADLINE_SECONDS)
    assert len(told) == 1


def test_a_storage_without_cache_keeps_the_rows_that_are_shown_until_the_answer_is_complete() -> None:
    script = Script({"": ["a", "b"]}, page_entries=1, capabilities=frozenset())
    session = make_session({SCHEME: script}, Clock())
    before = visited(session, directory())[-1]
    script.directories[""] = ["c", "a"]
    gate = script.gate("", 1)
    watcher = Watcher()
    browse(session, directory(), watcher, fresh=True, shown=before)
    waiting = watcher.wait_for(lambda update: update.arrived_entries == 1)
    assert (waiting.state, names(waiting)) == (BrowseState.STALE, ["a", "b"])
    gate.set()
    assert names(watcher.wait_for_end()) == ["a", "c"]


def test_rows_of_a_stopped_listing_are_kept_until_more_have_come() -> None:
    script = Script({"": ["a", "b", "c", "d"]}, page_entries=1)
    session = make_session({SCHEME: script}, Clock())
    stopped: list[BrowseUpdate] = []
    second_page = threading.Event()

    def stop_at_second(update: BrowseUpdate) -> None:
        if len(update.listing) == 2:
            stopped.append(update)
            update.visit.cancel()
            second_page.set()

    browse(session, directory(), stop_at_second)
    assert second_page.wait(DEADLINE_SECONDS)
    watcher = Watcher()
    browse(session, directory(), watcher, fresh=True, shown=stopped[0])
    watcher.wait_for_end()
    assert [(update.state, len(update.listing)) for update in watcher.updates] == [
        (BrowseState.STALE, 2),
        (BrowseState.STALE, 2),
        (BrowseState.ARRIVING, 2),
        (BrowseState.ARRIVING, 3),
        (BrowseState.COMPLETE, 4),
    ]


@pytest.mark.parametrize("capabilities", [frozenset(), frozenset({Capability.FLAT_KEYS})])
def test_rows_come_in_the_natural_order_of_names_from_any_storage(capabilities: frozenset[Capability]) -> None:
    script = Script({"": ["b", "a10", "a2"]}, capabilities=capabilities)
    update = visited(make_session({SCHEME: script}, Clock()), directory())[-1]
    assert names(update) == ["a2", "a10", "b"]


def test_the_local_disk_is_browsed_in_the_order_of_names(tmp_path: DiskPath) -> None:
    for name in ("b", "a", "C"):
        (tmp_path / name).write_text(name)
    (tmp_path / "z").mkdir()
    location = Location(StorageAddress("file"), f"{tmp_path}/", Kind.DIRECTORY)
    assert names(visited(Session(), location)[-1]) == ["z", "a", "b", "C"]


def test_another_view_of_what_is_there_asks_nothing() -> None:
    script = Script({"": ["a", "b.x", "c"]}, page_entries=1)
    session = make_session({SCHEME: script}, Clock())
    updates = visited(session, directory())
    asked = len(script.requests)
    watcher = Watcher()
    shown_again(session, updates[-1], RowView(reverse=True), watcher)
    watcher.wait_for_end()
    assert [(update.state, names(update)) for update in watcher.updates] == [(BrowseState.COMPLETE, ["c", "b.x", "a"])]
    assert len(script.requests) == asked


def test_a_view_may_change_while_pages_arrive() -> None:
    script = Script({"": ["a", "b", "c", "d"]}, page_entries=2)
    gate = script.gate("", 1)
    watcher = Watcher()
    visit = browse(make_session({SCHEME: script}, Clock()), directory(), watcher)
    watcher.wait_for(lambda update: update.arrived_entries == 2)
    visit.use_view(RowView(reverse=True))
    watcher.wait_for(lambda update: names(update) == ["b", "a"])
    visit.use_view(RowView(filter=Filter("c")))
    gate.set()
    watcher.wait_for_end()
    assert names(watcher.updates[-1]) == ["c"]
    assert len(watcher.updates[-1].listing) == 4


def test_a_missing_local_directory_is_told_of_as_a_failure(tmp_path: DiskPath) -> None:
    location = Location(StorageAddress("file"), f"{tmp_path}/missing/", Kind.DIRECTORY)
    update = visited(Session(), location)[-1]
    assert isinstance(update.error, FileNotFoundError)
