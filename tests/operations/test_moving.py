"""A move deletes the versions that it copied, and nothing that was written since."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path as Disk
from typing import Any, TypeVar

import pytest

from tests.passing_backend import PassingBackend
from tests.transfer.places import copied
from tfm import Path
from tfm.backends.memory import MemoryBackendFactory
from tfm.core.entry import Kind
from tfm.core.errors import ConflictError, NoSpaceError, PermissionDeniedError
from tfm.core.location import StorageAddress
from tfm.core.settings import Settings
from tfm.core.step import Step
from tfm.core.writing import Condition, DeleteFailure
from tfm.journal import null_journal
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_spec import CopySpec
from tfm.path.sessions import use_session
from tfm.storage.contract import Backend, BackendContext
from tfm.storage.session import Session
from tfm.storage.storage import Storage
from tfm.transfer.context import Outcome

Answer = TypeVar("Answer")
BUCKET = StorageAddress("memory", "bucket")
NAMES = [f"{number:04}" for number in range(5)]


@dataclass
class World:
    """``memory://bucket/``: what happens before and after each call that a backend gets, and what it enforces."""

    session: Session
    factory: MemoryBackendFactory
    before: Callable[[str, str], None] = lambda what, key: None
    after: Callable[[str, str], None] = lambda what, key: None
    conditions: frozenset[Condition] = frozenset(Condition)
    heard: list[str] = field(default_factory=list)

    def open(self, address: StorageAddress) -> Backend:
        return _Backend(self, self.factory.open(address))

    def put(self, *keys: str, content: bytes = b"first") -> None:
        self.factory.store.put("bucket", dict.fromkeys(keys, content))

    def content(self, prefix: str) -> dict[str, bytes]:
        return {
            str(each).removeprefix(f"memory://bucket/{prefix}"): each.read_bytes()
            for each in Path(f"memory://bucket/{prefix}").rglob("*")
            if each.is_file()
        }

    def once(self, what: str, key: str, do: Callable[[], None]) -> Callable[[str, str], None]:
        left = [do]

        def hook(now: str, about: str) -> None:
            if (now, about) == (what, key) and left:
                left.pop()()

        return hook


class _Backend(PassingBackend):
    def __init__(self, world: World, inner: Backend) -> None:
        super().__init__(inner)
        self._world = world

    def conditions(self) -> frozenset[Condition]:
        return self._world.conditions

    def delete_many(self, keys: Sequence[str], *, etags: Mapping[str, str] | None = None) -> list[DeleteFailure]:
        if Condition.DELETE_MANY not in self._world.conditions:
            etags = None
        return super().delete_many(keys, etags=etags)

    def pass_on(self, what: str, key: str, request: Callable[[], Answer]) -> Answer:
        self._world.before(what, key)
        self._world.heard.append(what)
        answer = request()
        self._world.after(what, key)
        return answer


@pytest.fixture
def world() -> Iterator[World]:
    session = Session()
    made = World(session, MemoryBackendFactory(BackendContext(Settings(), session.meter.record)))
    session.registry.add("memory", made)
    made.put()
    with use_session(session):
        yield made


def on_disk(directory: Disk) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def moved(world: World, source: str | Disk, target: str | Disk) -> list[tuple[type[Exception], str]]:
    """The failures of that move, whose summary adds up."""
    result = copied(world.session, Path(source), Path(target), move=True)
    assert result.error is None
    return [(type(error), str(error.uri)) for error in result.summary.failures]


ENFORCED = [
    pytest.param(frozenset(Condition), id="the server knows versions"),
    pytest.param(frozenset(Condition) - {Condition.DELETE_MANY}, id="not of many"),
    pytest.param(frozenset[Condition](), id="of none"),
]


@pytest.mark.parametrize("conditions", ENFORCED)
@pytest.mark.parametrize("odd", [False, True], ids=["plain", "odd keys"])
def test_what_was_written_again_since_it_was_copied_stays(
    world: World, tmp_path: Disk, conditions: frozenset[Condition], odd: bool
) -> None:
    world.conditions = conditions
    keys = [f"d/{name}" for name in NAMES] if not odd else ["d/x", "d/é", "d/\U0001f600", "d/a b", "d/z\t"]
    world.put(*keys)
    again = keys[1]
    # As late as can be: when the last one has been read.
    reads: list[str] = []

    def hook(what: str, key: str) -> None:
        if what in {"read", "begin_read"}:
            reads.append(key)
            if len(reads) == len(keys):
                world.put(again, content=b"second, and longer")

    world.after = hook
    assert moved(world, "memory://bucket/d/", tmp_path / "d") == [(ConflictError, f"memory://bucket/{again}")]
    assert on_disk(tmp_path / "d") == {key.removeprefix("d/"): b"first" for key in keys}
    assert world.content("d/") == {again.removeprefix("d/"): b"second, and longer"}


@pytest.mark.parametrize("conditions", ENFORCED)
def test_what_is_gone_when_it_is_to_be_deleted_is_no_failure(
    world: World, tmp_path: Disk, conditions: frozenset[Condition]
) -> None:
    world.conditions = conditions
    world.put(*[f"d/{name}" for name in NAMES])

    def remove(what: str, key: str) -> None:
        if what == "delete_many" or (what == "list_page" and "read" in world.heard):
            world.factory.store.remove("bucket", f"d/{NAMES[0]}")

    world.before = remove
    assert moved(world, "memory://bucket/d/", tmp_path / "d") == []
    assert world.content("d/") == {}
    assert len(on_disk(tmp_path / "d")) == len(NAMES)


@pytest.mark.parametrize("conditions", ENFORCED)
def test_a_source_that_changed_before_it_was_copied_is_moved_as_it_is(
    world: World, tmp_path: Disk, conditions: frozenset[Condition]
) -> None:
    world.conditions = conditions
    world.put(*[f"d/{name}" for name in NAMES])
    world.before = world.once("read", "d/0001", lambda: world.put("d/0001", content=b"second"))
    assert moved(world, "memory://bucket/d/", tmp_path / "d") == []
    assert world.content("d/") == {}
    assert on_disk(tmp_path / "d")["0001"] == b"second"


def test_a_file_that_grew_since_it_was_copied_stays(world: World, tmp_path: Disk) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    for name in NAMES:
        (tmp_path / "d" / "e" / name).write_bytes(b"first")
    log = tmp_path / "d" / "e" / "0001"

    def grow() -> None:
        with open(log, "ab") as file:
            file.write(b", and a line more")

    world.after = world.once("put", "t/e/0001", grow)
    assert moved(world, tmp_path / "d", "memory://bucket/t") == [(ConflictError, str(log))]
    assert on_disk(tmp_path / "d") == {"e/0001": b"first, and a line more"}
    assert world.content("t/") == {f"e/{name}": b"first" for name in NAMES}


def test_a_single_file_that_was_replaced_since_it_was_copied_stays(world: World, tmp_path: Disk) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"first")
    facts = file.stat()

    def replace() -> None:
        (tmp_path / "new").write_bytes(b"other")  # of the same size
        os.utime(tmp_path / "new", ns=(facts.st_atime_ns, facts.st_mtime_ns + 1_000_000))
        (tmp_path / "new").rename(file)

    world.after = world.once("put", "x", replace)
    with pytest.raises(ConflictError, match="written again"):
        Path(file).move("memory://bucket/x")
    assert file.read_bytes() == b"other"
    assert world.content("") == {"x": b"first"}


@pytest.fixture
def second_disk(tmp_path: Disk) -> Iterator[Disk]:
    """A directory on another file system than ``tmp_path``."""
    place = Disk("/dev/shm") / f"tfm-{os.getpid()}-{tmp_path.name}"
    if not place.parent.is_dir() or place.parent.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second disk")
    place.mkdir()
    yield place
    shutil.rmtree(place, ignore_errors=True)


def test_links_of_a_disk_are_moved(world: World, tmp_path: Disk, second_disk: Disk) -> None:
    source, target = tmp_path / "s", second_disk / "t"
    (source / "d").mkdir(parents=True)
    (source / "d" / "file").write_bytes(b"1")
    for name, end in {"to file": "d/file", "to directory": "d", "to nothing": "nothing"}.items():
        (source / name).symlink_to(end)
    assert moved(world, source, target) == []
    assert not source.exists()
    assert {path.name for path in target.iterdir()} == {"d", "to file", "to directory", "to nothing"}
    assert os.readlink(target / "to directory") == "d"


@pytest.mark.parametrize("end", ["d", "d/file", "nothing"])
def test_what_took_the_place_of_a_link_stays(world: World, tmp_path: Disk, second_disk: Disk, end: str) -> None:
    source, target = tmp_path / "s", second_disk / "t"
    (source / "d").mkdir(parents=True)
    (source / "d" / "file").write_bytes(b"1")
    link = source / "link"
    link.symlink_to(end)

    def replace(step: Step, _outcome: Outcome) -> None:
        if step.source_key.removesuffix("/") == str(link):
            link.unlink()
            link.write_bytes(b"somebody's")

    spec = CopySpec(
        (Path(source).location_as(Kind.DIRECTORY),), Path(target).location_as(Kind.DIRECTORY), into=False, move=True
    )
    summary = CopyJob(world.session, spec, done=replace).run()
    assert [(type(error), error.uri) for error in summary.failures] == [(ConflictError, str(link))]
    assert summary.listed == summary.done + summary.failed
    assert link.read_bytes() == b"somebody's"
    assert os.readlink(target / "link") == end


@pytest.mark.parametrize("conditions", ENFORCED)
def test_markers_are_moved_and_one_with_content_stays(
    world: World, tmp_path: Disk, conditions: frozenset[Condition]
) -> None:
    world.conditions = conditions
    world.put("d/", "d/e/", content=b"")
    world.put("d/x", "d/f/y")
    world.put("q/", "q/x")  # a marker that says something
    assert moved(world, "memory://bucket/d/", tmp_path / "d") == []
    (_, uri), *more = moved(world, "memory://bucket/q/", tmp_path / "q")
    assert (uri, more) == ("memory://bucket/q/", [])
    assert on_disk(tmp_path) == {"d/x": b"first", "d/f/y": b"first", "q/x": b"first"}
    assert (tmp_path / "d" / "e").is_dir()
    left = [entry.key for page in world.session.storage(BUCKET).scan("", recursive=True, fresh=True) for entry in page]
    assert left == ["q/"]


@pytest.mark.parametrize("conditions", ENFORCED)
def test_a_marker_that_comes_meanwhile_stays(world: World, tmp_path: Disk, conditions: frozenset[Condition]) -> None:
    world.conditions = conditions
    world.put("d/x")
    world.after = world.once("read", "d/x", lambda: world.put("d/", content=b"somebody's"))
    assert moved(world, "memory://bucket/d/", tmp_path / "d") == []
    left = [entry.key for page in world.session.storage(BUCKET).scan("", recursive=True, fresh=True) for entry in page]
    assert left == ["d/"]


@pytest.mark.parametrize("conditions", ENFORCED)
def test_a_batch_that_fails_as_a_whole_counts_each_once(
    world: World, tmp_path: Disk, conditions: frozenset[Condition]
) -> None:
    world.conditions = conditions
    world.put(*[f"d/{name}" for name in NAMES])
    reads: list[str] = []

    def hook(what: str, key: str) -> None:
        if what == "read":
            reads.append(key)
            if len(reads) == len(NAMES):
                world.put("d/0001", content=b"second, and longer")

    def refuse(what: str, key: str) -> None:
        if what == "delete_many":
            raise PermissionDeniedError("No.", uri="memory://bucket/d/")

    world.after, world.before = hook, refuse
    result = copied(world.session, Path("memory://bucket/d/"), Path(tmp_path / "d"), move=True)
    assert len(result.summary.failures) == len(NAMES)
    assert (result.summary.done, result.summary.listed) == (1, len(NAMES) + 1)  # the directory


def test_once_a_disk_has_refused_nothing_more_is_deleted(
    world: World, tmp_path: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells what it did not take once: who asks again hears that all is well."""
    number = 2200
    world.put(*[f"d/{row:05}" for row in range(number)])
    asked: list[str] = []

    def sync(self: Storage, prefix: str) -> None:
        asked.append(prefix)
        if len(asked) == 1:
            raise NoSpaceError("No.", uri=prefix)

    monkeypatch.setattr(Storage, "sync", sync)
    result = copied(world.session, Path("memory://bucket/d/"), Path(tmp_path / "d"), move=True)
    assert {type(error) for error in result.summary.failures} == {NoSpaceError}
    assert len(result.summary.failures) == number
    assert len(world.content("d/")) == number
    assert len(asked) == 1


def test_a_server_that_calls_what_is_gone_another_version_is_understood(
    world: World, tmp_path: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put(*[f"d/{name}" for name in NAMES])
    original = Storage.delete_many

    def twice(self: Storage, keys: Sequence[str], **options: Any) -> list[DeleteFailure]:
        """As after a lost answer."""
        assert original(self, keys, **options) == []
        world.put(keys[0], content=b"somebody's, since")
        return [DeleteFailure(key, ConflictError("Another version.", uri=f"memory://bucket/{key}")) for key in keys]

    monkeypatch.setattr(Storage, "delete_many", twice)
    failures = moved(world, "memory://bucket/d/", tmp_path / "d")
    assert len(failures) == 1
    assert len(world.content("d/")) == 1


@pytest.mark.parametrize("number", [2, 1000, 2500])
def test_a_look_costs_a_listing_for_a_thousand(world: World, tmp_path: Disk, number: int) -> None:
    world.conditions = frozenset()
    world.put(*[f"d/{row % 7}/{row:05}" for row in range(number)], "c", "e")
    assert moved(world, "memory://bucket/d/", tmp_path / "d") == []
    listings = ceil(number / 1000)
    # To plan, and to look: objects are not done in exactly their order, so that a page may not reach the last of them.
    assert 2 * listings <= world.heard.count("list_page") <= 3 * listings
    assert world.heard.count("read") == number
    assert world.content("") == {"c": b"first", "e": b"first"}


def test_where_the_server_knows_versions_nobody_looks(world: World, tmp_path: Disk) -> None:
    world.put(*[f"d/{row:05}" for row in range(1500)])
    assert moved(world, "memory://bucket/d/", tmp_path / "d") == []
    assert world.heard.count("list_page") == 2
    assert world.heard.count("delete_many") == 2


def test_who_may_not_list_looks_each_up_and_what_cannot_be_seen_stays(world: World, tmp_path: Disk) -> None:
    world.conditions = frozenset()
    world.put(*[f"d/{name}" for name in NAMES])

    def refuse(what: str, key: str) -> None:
        if what == "list_page" and "read" in world.heard:
            raise PermissionDeniedError("No.", uri="memory://bucket/d/")
        if what == "read" and world.heard.count("read") >= len(NAMES) and key.endswith("3"):
            raise PermissionDeniedError("No.", uri=f"memory://bucket/{key}")

    world.before = refuse
    assert moved(world, "memory://bucket/d/", tmp_path / "d") == [(PermissionDeniedError, "memory://bucket/d/0003")]
    world.before = lambda what, key: None
    assert sorted(world.content("d/")) == ["0003"]


@pytest.mark.parametrize("which", [0, 2, 3])
def test_what_was_selected_here_and_there_is_looked_at(world: World, tmp_path: Disk, which: int) -> None:
    """Single objects far from each other, others between them, and one that was written again."""
    world.conditions = frozenset()
    world.put(*[f"{row:05}" for row in range(3000)])
    chosen = [f"{row:05}" for row in (0, 1, 1700, 2999)]
    sources = tuple(Path(f"memory://bucket/{key}").location for key in chosen)
    target = Path(tmp_path).location_as(Kind.DIRECTORY)
    again = chosen[which]
    world.after = world.once("read", chosen[3], lambda: world.put(again, content=b"second"))
    summary = CopyJob(
        world.session, CopySpec(sources, target, into=True, move=True), journal=null_journal(), workers=1
    ).run()
    assert [error.uri for error in summary.failures] == [f"memory://bucket/{again}"]
    assert sorted(on_disk(tmp_path)) == chosen
    assert len(world.content("")) == 2997
