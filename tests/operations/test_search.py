"""Searching below a directory: exactly what fits is found, for the fewest requests, and no failure hides the rest."""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Callable, Iterator
from pathlib import Path as DiskPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.memory_world import MemoryWorld, memory_world
from tests.scripted_backend import DEADLINE_SECONDS
from tests.servers.moto import MotoServer
from tests.ui.memory_panes import Memory, denied, place
from tfm.core.entry import Kind
from tfm.core.errors import PermissionDeniedError, UnsupportedOperation
from tfm.core.location import Location, StorageAddress
from tfm.operations import expression_process
from tfm.operations.browse import BrowseState, BrowseUpdate
from tfm.operations.needle import hexadecimal_needle, text_needle
from tfm.operations.search import SearchUpdate, search
from tfm.operations.search_query import LetterCase, NameForm, QueryError, SearchQuery, name_test
from tfm.storage.session import Session


class Watcher:
    """Waits for the end of a search."""

    def __init__(self) -> None:
        self.latest: SearchUpdate | None = None
        self._came = threading.Condition()

    def __call__(self, update: BrowseUpdate) -> None:
        assert isinstance(update, SearchUpdate)
        with self._came:
            self.latest = update
            self._came.notify_all()

    def wait_for(self, met: Callable[[SearchUpdate], bool]) -> SearchUpdate:
        with self._came:
            assert self._came.wait_for(lambda: self.latest is not None and met(self.latest), DEADLINE_SECONDS)
        assert self.latest is not None
        return self.latest


def searched(session: Session, start: Location, query: SearchQuery, *, fresh: bool = False) -> SearchUpdate:
    watcher = Watcher()
    search(session, start, query, watcher, fresh=fresh)
    return watcher.wait_for(lambda update: not update.state.is_running)


def paths(update: SearchUpdate) -> list[str]:
    """What was found as it is shown: directories with their slash."""
    entries = [update.listing[update.order.row(position)] for position in range(len(update.order))]
    assert all(entry.key == update.listing.prefix + entry.name + "/" * entry.is_directory for entry in entries)
    return sorted(entry.name + "/" * entry.is_directory for entry in entries)


def local(path: DiskPath) -> Location:
    return Location(StorageAddress("file"), f"{path}/", Kind.DIRECTORY)


def named(text: str, form: NameForm = NameForm.TEXT, case: LetterCase = LetterCase.SMART) -> SearchQuery:
    return SearchQuery(name_test(text, form, case))


# Names


@pytest.mark.parametrize(
    ("text", "form", "name", "fits"),
    [
        ("log", NameForm.TEXT, "Catalog.TXT", True),
        ("Log", NameForm.TEXT, "catalog", False),
        ("STRASSE", NameForm.TEXT, "straße", False),
        ("strasse", NameForm.TEXT, "Straße", True),
        ("*.gz", NameForm.GLOB, "a.GZ", True),
        ("*.gz", NameForm.GLOB, "a.gz.bak", False),
        ("[ab]?", NameForm.GLOB, "B1", True),
        ("*", NameForm.GLOB, "new\nline", True),
        (r"^\d+\.log$", NameForm.REGEX, "20.log", True),
        (r"\.LOG$", NameForm.REGEX, "20.log", False),
        ("d/x", NameForm.TEXT, "d/x1", True),
        ("d/*.x", NameForm.GLOB, "d/e/1.x", True),
        ("d/*.x", NameForm.GLOB, "e/d/1.x", False),
    ],
)
def test_names(text: str, form: NameForm, name: str, *, fits: bool) -> None:
    assert named(text, form).name_fits(name) is fits
    if "/" not in text:
        assert named(text, form).name_fits(f"somewhere/{name}") is fits


def test_what_is_no_expression_says_why() -> None:
    with pytest.raises(QueryError, match="no regular expression"):
        name_test("(", NameForm.REGEX)
    assert name_test("") is None


key_texts = st.lists(st.sampled_from(["a", "b", "ab", "", "..", "A", "é\n"]), min_size=1, max_size=4).map("/".join)


@given(keys=st.sets(key_texts, max_size=12), pattern=st.sampled_from(["*", "a*", "?", "", "A", "*\n", "[!a]*"]))
def test_flat_keys_against_every_key_and_each_directory_in_it(keys: set[str], pattern: str) -> None:
    world = Memory()
    keys = {f"d/{key}" for key in keys}
    world.put(keys)
    world.put(["other"])
    expected: set[str] = set()
    for key in keys:
        below = key.removeprefix("d/")
        if below and not below.endswith("/"):
            expected.add(below)
        expected |= {below[: end + 1] for end, letter in enumerate(below) if letter == "/"}
    fitting = {
        path for path in expected if fnmatch.fnmatchcase(path.removesuffix("/").rpartition("/")[2], pattern or "*")
    }
    if not keys:
        return
    update = searched(world.session, place("d/"), named(pattern, NameForm.GLOB, LetterCase.EXACT))
    assert paths(update) == sorted(fitting)
    assert (update.state, update.counts.found) == (BrowseState.COMPLETE, len(fitting))


@pytest.fixture
def tree(world: MemoryWorld) -> MemoryWorld:
    world.put("d/a/log.txt", "d/a/b/LOG", "d/logs/1", "d/logs/2", "d/marked-log/", "elsewhere/log")
    return world


@pytest.fixture
def world() -> Iterator[MemoryWorld]:
    with memory_world() as made:
        yield made


def test_directories_are_found_by_name_marked_or_not_and_kinds_tell_them_apart(tree: MemoryWorld) -> None:
    everything = searched(tree.session, place("d/"), named("log"))
    assert paths(everything) == ["a/b/LOG", "a/log.txt", "logs/", "marked-log/"]
    only = [searched(tree.session, place("d/"), SearchQuery(name_test("log"), kind)) for kind in Kind]
    assert [paths(update) for update in only] == [["a/b/LOG", "a/log.txt"], ["logs/", "marked-log/"], []]


def test_an_expression_is_tried_on_the_last_name_of_each_entry_and_directory(tree: MemoryWorld) -> None:
    found = searched(tree.session, place("d/"), named("^(LOG|l.gs)$", NameForm.REGEX))
    assert paths(found) == ["a/b/LOG", "logs/"]
    found = searched(tree.session, place("d/"), named("^log", NameForm.REGEX))
    assert paths(found) == ["a/b/LOG", "a/log.txt", "logs/"]


def test_an_expression_that_takes_for_ever_is_given_up_and_what_was_found_stays(
    world: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expression_process, "LIMIT_SECONDS", 0.3)
    world.put("d/a/aaa", *(f"d/b{number:04}" for number in range(1000)), f"d/c/{'a' * 40}b")
    update = searched(world.session, place("d/"), named("^(a+)+$", NameForm.REGEX))
    assert update.state is BrowseState.FAILED
    assert "takes too long" in str(update.error)
    assert paths(update) == ["a/", "a/aaa"]


def test_an_order_that_is_none_finds_nothing_twice(tree: MemoryWorld) -> None:
    tree.shuffled = True
    assert paths(searched(tree.session, place("d/"), named("log"))) == ["a/b/LOG", "a/log.txt", "logs/", "marked-log/"]


def test_a_thousand_keys_are_a_request_and_the_second_search_is_free(world: MemoryWorld) -> None:
    world.put(*(f"d/{number:04}" for number in range(2500)))
    first = world.cost(lambda: searched(world.session, place("d/"), named("99")))
    assert first == 3
    assert world.cost(lambda: searched(world.session, place("d/"), named("7"))) == 0
    assert world.cost(lambda: searched(world.session, place("d/"), named("7"), fresh=True)) == 3


def test_sizes_and_times_are_about_files(world: MemoryWorld) -> None:
    world.put(files={"d/1": b"1", "d/22": b"22", "d/sub/333": b"333"})
    assert paths(searched(world.session, place("d/"), SearchQuery(least_bytes=2))) == ["22", "sub/333"]
    assert paths(searched(world.session, place("d/"), SearchQuery(least_bytes=2, most_bytes=2))) == ["22"]
    modified = next(iter(world.storage.scan("d/")))[0].modified_timestamp
    assert modified is not None
    assert paths(searched(world.session, place("d/"), SearchQuery(changed_after=modified + 100))) == []
    until = searched(world.session, place("d/"), SearchQuery(changed_until=modified + 100))
    assert paths(until) == ["1", "22", "sub/333"]


def test_a_missing_directory_and_a_list_of_buckets_are_errors(world: MemoryWorld) -> None:
    missing = searched(world.session, place("nowhere/"), named("x"))
    assert (missing.state, type(missing.error).__name__) == (BrowseState.FAILED, "NotFoundError")
    buckets = searched(world.session, place(bucket=""), named("x"))
    assert isinstance(buckets.error, UnsupportedOperation)


def test_what_was_found_before_an_error_stays(world: MemoryWorld) -> None:
    world.put(*(f"d/{number:04}" for number in range(1500)))
    asked: list[str] = []

    def refuse_second(prefix: str) -> None:
        asked.append(prefix)
        if len(asked) == 2:
            raise PermissionDeniedError("No.", uri=prefix)

    world.before_list = refuse_second
    update = searched(world.session, place("d/"), named("9"))
    assert (update.state, type(update.error)) == (BrowseState.FAILED, PermissionDeniedError)
    assert paths(update) == [f"{number:04}" for number in range(1000) if "9" in str(number)]


def test_a_cancelled_search_keeps_what_it_found_and_says_nothing_more() -> None:
    memory = Memory()
    memory.put([f"d/{number}" for number in range(1100)])
    gate = memory.gate("list_page")
    watcher = Watcher()
    running = search(memory.session, place("d/"), named("9"), watcher)
    assert memory.entered.wait(DEADLINE_SECONDS)
    update = running.cancel()
    assert update is not None
    assert update.state is BrowseState.CANCELLED
    gate.set()
    assert running.cancel() is None
    assert watcher.latest is None


# A disk


def test_a_disk_is_walked_and_what_cannot_be_read_hides_nothing(
    tmp_path: DiskPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "log.txt").write_text("hello")
    (tmp_path / "blogs").mkdir()
    (tmp_path / "logs").symlink_to(tmp_path)
    session = Session()
    storage = session.storage(StorageAddress("file"))
    usual = storage.scan

    def scan(prefix: str, *, recursive: bool = False, fresh: bool = False) -> object:
        if prefix.endswith("/blogs/"):
            raise PermissionDeniedError("No.", uri=prefix)
        return usual(prefix, recursive=recursive, fresh=fresh)

    monkeypatch.setattr(storage, "scan", scan)
    update = searched(session, local(tmp_path), named("log"))
    assert paths(update) == ["a/b/log.txt", "blogs/", "logs/"]
    assert (update.state, update.counts.failed) == (BrowseState.COMPLETE, 1)
    assert update.counts.failures[0].uri == f"{tmp_path}/blogs/"


def test_content_on_a_disk_reads_no_links_and_no_binaries_unless_asked(tmp_path: DiskPath) -> None:
    (tmp_path / "text").write_text("one\nneedle\n")
    (tmp_path / "link").symlink_to(tmp_path / "text")
    (tmp_path / "binary").write_bytes(b"\0needle")
    (tmp_path / "empty").touch()
    (tmp_path / "needle").mkdir()
    query = SearchQuery(content=text_needle("Needle"))
    update = searched(Session(), local(tmp_path), query)
    assert (paths(update), update.counts.passed_over) == (["text"], 1)
    everywhere = SearchQuery(content=hexadecimal_needle('00 "need"'), in_binary=True)
    assert paths(searched(Session(), local(tmp_path), everywhere)) == ["binary"]


# Content, counted at a server


def test_content_reads_each_file_that_fits_as_far_as_its_first_match(moto: MotoServer) -> None:
    late = b"x\n" * 400_000 + b"needle\n"
    objects = {"d/early": b"needle\n" + late, "d/late": late, "d/none": b"nothing", "d/other.bin": b"needle"}
    moto.put("bucket", objects | {"d/empty": b"", "d/tiny": b"n"})
    moto.reset_requests()
    start = Location(StorageAddress("s3", "bucket"), "d/", Kind.DIRECTORY)
    session = Session()
    query = SearchQuery(name_test("[!o]*", NameForm.GLOB), content=text_needle("needle"))
    update = searched(session, start, query)
    assert (paths(update), update.state) == (["early", "late"], BrowseState.COMPLETE)
    asked = [record for record in moto.records() if "/d/" in record.target.partition("?")[0]]
    ranges = sorted((record.target, record.headers.get("range")) for record in asked)
    assert ranges == [
        ("/bucket/d/early", "bytes=0-262143"),
        ("/bucket/d/late", "bytes=0-262143"),
        ("/bucket/d/late", "bytes=262144-1310719"),
        ("/bucket/d/none", "bytes=0-262143"),
    ]
    assert [record.headers.get("if-match") is not None for record in asked].count(True) == 1
    assert len(moto.requests()) == len(asked) + 1


def test_an_object_that_cannot_be_read_is_counted_and_the_others_are_found() -> None:
    memory = Memory()
    memory.put(["d/a", "d/b", "d/c"])
    storage = memory.storage
    usual = storage.read

    def read(key: str, **how: object) -> object:
        if key == "d/b":
            raise denied(key)
        return usual(key, **how)  # type: ignore[arg-type]

    storage.read = read  # type: ignore[method-assign, assignment]
    update = searched(memory.session, place("d/"), SearchQuery(content=text_needle("234")))
    assert (paths(update), update.counts.failed, update.counts.read_bytes) == (["a", "c"], 1, 10)
    assert update.counts.failures[0].uri == "memory://bucket/d/b"


def test_cancelling_ends_a_search_whose_readers_wait() -> None:
    memory = Memory()
    memory.put([f"d/{number:03}" for number in range(50)])
    entered, gate = threading.Event(), threading.Event()
    storage = memory.storage
    usual = storage.read
    reads: list[str] = []

    def read(key: str, **how: object) -> object:
        reads.append(key)
        entered.set()
        assert gate.wait(DEADLINE_SECONDS)
        return usual(key, **how)  # type: ignore[arg-type]

    storage.read = read  # type: ignore[method-assign, assignment]
    watcher = Watcher()
    running = search(memory.session, place("d/"), SearchQuery(content=text_needle("234")), watcher, workers=2)
    assert entered.wait(DEADLINE_SECONDS)
    update = running.cancel()
    assert update is not None
    assert update.state is BrowseState.CANCELLED
    gate.set()
    assert len(reads) <= 2
