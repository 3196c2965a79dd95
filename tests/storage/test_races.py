"""Reads and writes that overlap, in every order of their steps: what is cached afterwards is what the server holds.

A request has two steps, because others may run before the server does it and before its answer is heard. Where one task
has the baton no other runs, so each order is the same each time, and no test waits for a clock.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

import pytest

from tests.cached_answers import CLOSED, Truth, cached, wrong_answers
from tests.interleaving import Stage, every_order
from tests.passing_backend import PassingBackend
from tests.scripted_backend import Clock
from tests.servers.moto import MotoServer
from tfm import ConflictError, Path
from tfm.backends.memory import MemoryBackendFactory
from tfm.core.errors import NetworkError, StorageError
from tfm.core.location import StorageAddress
from tfm.core.page import Page
from tfm.core.progress import Progress
from tfm.core.settings import Settings
from tfm.core.writing import NOTHING_THERE, DeleteFailure, Precondition, UploadLimits
from tfm.path.sessions import use_session
from tfm.storage.contract import PAGE_ENTRIES, Backend, BackendContext
from tfm.storage.retry_policy import RetryPolicy
from tfm.storage.session import Session
from tfm.storage.storage import Storage

ROOT: Final = "memory://bucket/"
WRITES: Final = frozenset({"put", "finish_upload", "delete", "delete_many", "make_directory", "remove_directory"})

UNSEEN: Final = frozenset({"begin_upload", "put_part", "abort_upload"})
"""What changes nothing that anybody can see."""

Answer = TypeVar("Answer")


_found_right: Final[set[object]] = set()
"""What the server holds, what is cached and who holds what: where each question had the right answer."""


class World:
    """``memory://bucket/``, whose requests wait for their turns; pages of two rows."""

    def __init__(self, stage: Stage, *keys: str) -> None:
        self.stage = stage
        self.clock = Clock()
        self.closed = False
        self.fails = ""  # "before" the server does what is written, or "after"
        self.begins = ""  # deletes of a batch are begun, and done "at once" or "late", when they are waited for
        self.session = self.new_session()
        factory = MemoryBackendFactory(BackendContext(Settings(), self.session.meter.record))
        factory.store.upload_limits = UploadLimits(whole_bytes=4, part_bytes=4, most_parts=10)
        self.factory = factory
        self.store = factory.store
        self.store._clock = lambda: 1_700_000_000.0
        self.store.put("bucket", {key: b"" if key.endswith("/") else b"old" for key in keys})

    def new_session(self) -> Session:
        session = Session(clock=self.clock, retry=RetryPolicy(max_attempts=1, interactive_seconds=1.0))
        session.registry.add("memory", self)
        return session

    def open(self, address: StorageAddress) -> Backend:
        return _Paused(self, self.factory.open(address))

    def storage(self, session: Session | None = None) -> Storage:
        return (session or self.session).storage(StorageAddress("memory", "bucket"))

    def warm(self, warmth: str) -> None:
        if warmth == "levels":
            for path in (Path(ROOT), Path(f"{ROOT}d"), Path(f"{ROOT}d/e")):
                if path.is_dir():
                    list(path.iterdir())
        elif warmth == "tree":
            list(Path(ROOT).rglob("*"))
        elif warmth == "answers":
            for name in ("d", "d/b", "d/new", "d/e", "d/e/x", "new"):
                Path(f"{ROOT}{name}").exists()

    def check(self, *held: Path) -> None:
        """Nothing that the cache answers by itself is old, whoever asks."""
        truth = Truth.of(self.storage(self.new_session()))
        state = (
            frozenset(truth.keys.items()),
            cached(self.session),
            frozenset((str(path), repr(path._listed_entry())) for path in held),
        )
        if state in _found_right:
            return  # many orders end in the same
        names = {"", "d", "d/e", "d/new", "d/e/new", *(key.removesuffix("/") for key in truth.tree(""))}
        names |= {str(path)[len(ROOT) :].removesuffix("/") for path in held}
        paths = [(name, Path(f"{ROOT}{name}")) for name in sorted(names)]
        paths += [(str(path)[len(ROOT) :].removesuffix("/"), path) for path in held]
        self.closed = True
        wrong = list(wrong_answers(ROOT, truth, paths))
        self.closed = False
        assert wrong == []
        _found_right.add(state)


class _Paused(PassingBackend):
    def __init__(self, world: World, inner: Backend) -> None:
        super().__init__(inner)
        self._world = world

    def pass_on(self, what: str, key: str, request: Callable[[], Answer]) -> Answer:
        world = self._world
        if world.closed:
            raise NetworkError(CLOSED, uri=key, operation=what)
        if what in UNSEEN:
            return request()
        world.stage.pause(again=what in WRITES)  # another read's answer was a moment ago: nothing lies between
        fails = world.fails if what in WRITES else ""
        if fails == "before":
            raise NetworkError("The connection broke.", uri=key, operation=what)
        answer = request()
        world.stage.pause()
        if fails == "after":
            raise NetworkError("The answer was lost.", uri=key, operation=what)
        return answer

    @property
    def begins_requests(self) -> bool:  # type: ignore[override] # as the test wants it
        return bool(self._world.begins)

    def begin_delete_many(self, keys: Sequence[str]) -> Callable[[], list[DeleteFailure]] | None:
        world = self._world
        if not world.begins:
            return None
        world.stage.pause()
        done = self._inner.delete_many(keys) if world.begins == "at once" else None

        def answer() -> list[DeleteFailure]:
            world.stage.pause()
            return self._inner.delete_many(keys) if done is None else done

        return answer

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        return super().list_page(prefix, recursive=recursive, token=token, start_after=start_after, limit=min(limit, 2))


@contextmanager
def a_world(stage: Stage, *keys: str) -> Iterator[World]:
    world = World(stage, *keys)
    with use_session(world.session):
        yield world


def stream(path: Path, content: bytes = b"new, in parts") -> None:
    with path.open("wb", 3) as file:
        file.write(content)


def delete_many(storage: Storage) -> None:
    storage.delete_many(["d/a", "d/c"])


LISTINGS: Final[dict[str, Callable[[], list[Path]]]] = {
    "level": lambda: list(Path(f"{ROOT}d").iterdir()),
    "root": lambda: list(Path(ROOT).iterdir()),
    "fresh": lambda: list(Path(f"{ROOT}d").iterdir(fresh=True)),
    "tree": lambda: list(Path(ROOT).rglob("*")),
    "part of a tree": lambda: list(Path(f"{ROOT}d").rglob("*")),
}
WRITINGS: Final[dict[str, Callable[[World], object]]] = {
    "replace": lambda world: Path(f"{ROOT}d/b").write_bytes(b"new"),
    "create": lambda world: Path(f"{ROOT}d/new").write_bytes(b"new"),
    "create below": lambda world: Path(f"{ROOT}d/new/x").write_bytes(b"new"),
    "create on top": lambda world: Path(f"{ROOT}new").write_bytes(b"new"),
    "beside its directory": lambda world: Path(f"{ROOT}d").write_bytes(b"new"),
    "delete": lambda world: world.storage().delete("d/b"),
    "delete the last": lambda world: world.storage().delete("d/e/x"),
    "delete many": lambda world: delete_many(world.storage()),
    "mkdir": lambda world: Path(f"{ROOT}d/new").mkdir(),
    "mkdir of what is there": lambda world: Path(f"{ROOT}d/e").mkdir(exist_ok=True),
    "streaming": lambda world: stream(Path(f"{ROOT}d/b")),
    "touch": lambda world: Path(f"{ROOT}d/new").touch(),
}
KEYS: Final = ("d/a", "d/b", "d/c", "d/e/x", "f")


@pytest.mark.parametrize("warmth", ["cold", "levels", "tree"])
@pytest.mark.parametrize("writing", WRITINGS)
def test_a_listing_that_overlaps_a_write_revives_nothing(writing: str, warmth: str) -> None:
    overlap(writing, warmth, LISTINGS)


@pytest.mark.parametrize("fails", ["before", "after"])
@pytest.mark.parametrize("warmth", ["cold", "levels"])
@pytest.mark.parametrize("writing", ["replace", "create", "delete the last", "delete many", "mkdir", "streaming"])
def test_a_listing_that_overlaps_a_failed_write_revives_nothing(writing: str, warmth: str, fails: str) -> None:
    overlap(writing, warmth, ["level", "tree"], fails)


def overlap(writing: str, warmth: str, listings: Iterable[str], fails: str = "") -> None:
    for name in listings:

        def play(stage: Stage, name: str = name) -> None:
            held: list[Path] = []
            with a_world(stage, *KEYS) as world:
                world.warm(warmth)
                world.fails = fails

                def write() -> None:
                    try:
                        WRITINGS[writing](world)
                    except NetworkError:
                        assert fails

                stage.play(write, lambda: held.extend(LISTINGS[name]()))
                world.check(*held)

        for number, order in enumerate(every_order(play)):
            assert number < 3000, (name, order)


@pytest.mark.parametrize("warmth", ["cold", "levels", "tree"])
@pytest.mark.parametrize(("verb", "begins"), [("rmtree", ""), ("rmtree", "at once"), ("rmtree", "late"), ("rmdir", "")])
def test_a_listing_that_overlaps_the_removal_of_a_tree_revives_nothing(verb: str, begins: str, warmth: str) -> None:
    keys = ("d/", "e") if verb == "rmdir" else ("d/a", "d/b", "e")
    for listing in (LISTINGS["level"], LISTINGS["root"], LISTINGS["tree"]):

        def play(stage: Stage, listing: Callable[[], list[Path]] = listing) -> None:
            held: list[Path] = []

            def look() -> None:
                try:
                    held.extend(listing())
                except FileNotFoundError:
                    pass

            with a_world(stage, *keys) as world:
                world.warm(warmth)
                world.begins = begins
                stage.play(lambda: getattr(Path(f"{ROOT}d"), verb)(), look)
                world.check(*held)

        assert len(list(every_order(play))) > 3


@pytest.mark.parametrize("warmth", ["cold", "answers"])
@pytest.mark.parametrize("writing", WRITINGS)
def test_a_question_that_overlaps_a_write_revives_nothing(writing: str, warmth: str) -> None:
    for name in ("d/b", "d/new", "d/e", "d"):

        def play(stage: Stage, name: str = name) -> None:
            with a_world(stage, *KEYS) as world:
                world.warm(warmth)
                path = Path(f"{ROOT}{name}")
                stage.play(lambda: WRITINGS[writing](world), lambda: path.exists(fresh=True))
                world.check()

        list(every_order(play))


@pytest.mark.parametrize(("begins", "warmth"), [("at once", "levels"), ("late", "tree")])
def test_what_is_written_while_a_tree_is_removed_is_known_afterwards(begins: str, warmth: str) -> None:
    for writing in ("put 1", "below", "delete"):

        def play(stage: Stage, writing: str = writing) -> None:
            with a_world(stage, "d/a", "d/b", "d/b/y") as world:
                world.warm(warmth)
                world.begins = begins

                def write() -> None:
                    try:
                        SAME_KEY[writing](world)
                    except (FileNotFoundError, NotADirectoryError):
                        pass

                stage.play(lambda: Path(f"{ROOT}d").rmtree(), write)
                world.check()

        for number, order in enumerate(every_order(play)):
            assert number < 6000, (writing, order)


def test_who_writes_what_is_being_removed_in_the_same_thread_is_not_forgotten() -> None:
    with a_world(Stage([]), "d/a", "d/b", "e") as world:
        world.begins = "at once"

        def write(_: Progress) -> None:
            Path(f"{ROOT}d/b").write_bytes(b"new")

        Path(f"{ROOT}d").rmtree(progress=write)
        world.check()
        assert Path(f"{ROOT}d/b").read_bytes() == b"new"


SAME_KEY: Final[dict[str, Callable[[World], object]]] = {
    "put 1": lambda world: Path(f"{ROOT}d/b").write_bytes(b"1"),
    "put 22": lambda world: Path(f"{ROOT}d/b").write_bytes(b"22"),
    "delete": lambda world: world.storage().delete("d/b"),
    "streaming": lambda world: stream(Path(f"{ROOT}d/b"), b"in parts"),
    "mkdir": lambda world: Path(f"{ROOT}d/b").mkdir(exist_ok=True),
    "below": lambda world: Path(f"{ROOT}d/b/x").write_bytes(b"1"),
    "delete below": lambda world: world.storage().delete("d/b/y"),
    "rmtree": lambda world: Path(f"{ROOT}d").rmtree(),
    "rmtree of it": lambda world: Path(f"{ROOT}d/b").rmtree(),
}


@pytest.mark.parametrize("warmth", ["cold", "levels", "tree"])
@pytest.mark.parametrize("first", SAME_KEY)
def test_two_that_write_the_same(first: str, warmth: str) -> None:
    for second, writing in list(SAME_KEY.items())[list(SAME_KEY).index(first) :]:

        def play(stage: Stage, writing: Callable[[World], object] = writing) -> None:
            with a_world(stage, "d/b", "d/b/y") as world:
                world.warm(warmth)

                def do(work: Callable[[World], object]) -> Callable[[], None]:
                    def done() -> None:
                        try:
                            work(world)
                        except (FileNotFoundError, NotADirectoryError):
                            pass  # what was to be removed is gone already, save perhaps an object of its name

                    return done

                stage.play(do(SAME_KEY[first]), do(writing))
                world.check()

        for number, order in enumerate(every_order(play)):
            assert number < 6000, (second, order)


def test_a_write_two_listings_and_all_their_orders() -> None:
    def play(stage: Stage) -> None:
        held: list[Path] = []
        with a_world(stage, "d/a") as world:
            stage.play(
                lambda: Path(f"{ROOT}d/new").write_bytes(b"new"),
                lambda: held.extend(Path(f"{ROOT}d").iterdir()),
                lambda: held.extend(Path(ROOT).iterdir()),
            )
            world.check(*held)

    assert len(list(every_order(play))) == 1680


def test_of_two_that_create_one_wins_in_every_order() -> None:
    def play(stage: Stage) -> None:
        won: list[int] = []
        with a_world(stage) as world:

            def create(number: int) -> Callable[[], None]:
                def done() -> None:
                    try:
                        with Path(f"{ROOT}x").open("x") as file:
                            file.write("x" * number)
                    except ConflictError:
                        return
                    won.append(number)

                return done

            stage.play(create(1), create(2))
            world.check()
            assert [len(Path(f"{ROOT}x").read_bytes())] == won

    assert len(list(every_order(play))) == 14


def test_of_two_that_replace_the_same_version_one_wins_in_every_order() -> None:
    def play(stage: Stage) -> None:
        won: list[bytes] = []
        with a_world(stage, "x") as world:
            seen = Precondition(Path(f"{ROOT}x").stat().etag)

            def replace(content: bytes) -> Callable[[], None]:
                def done() -> None:
                    try:
                        world.storage().put("x", content, only_if=seen)
                    except ConflictError:
                        return
                    won.append(content)

                return done

            stage.play(replace(b"1"), replace(b"22"))
            world.check()
            assert [Path(f"{ROOT}x").read_bytes()] == won

    list(every_order(play))


# Two sessions: each has a cache of its own, and neither hears of what the other does


def names(path: Path, *, fresh: bool = False) -> list[str]:
    return sorted(each.name for each in path.iterdir(fresh=fresh))


def test_another_session_is_seen_after_a_ttl_and_at_once_when_asked_afresh() -> None:
    with a_world(Stage([]), "d/a") as world:
        other = world.new_session()
        directory = Path(f"{ROOT}d")
        assert names(directory) == ["a"]
        with use_session(other):
            Path(f"{ROOT}d/b").write_bytes(b"new")
            assert names(directory) == ["a", "b"]
        assert names(directory) == ["a"]
        # One's own write into what was listed before the other's shows itself, and does not make that any younger.
        world.clock.now += 59
        Path(f"{ROOT}d/c").write_bytes(b"new")
        assert names(directory) == ["a", "c"]
        with use_session(other):
            assert names(directory) == ["a", "b"]
        assert names(directory, fresh=True) == ["a", "b", "c"]
        with use_session(other):
            world.clock.now += 1
            assert names(directory) == ["a", "b", "c"]
        world.check()


def test_another_session_that_deletes_is_seen_after_a_ttl() -> None:
    with a_world(Stage([]), "d/a", "d/b") as world:
        directory = Path(f"{ROOT}d")
        held = list(directory.iterdir())
        with use_session(world.new_session()):
            directory.rmtree()
        assert directory.is_dir()
        assert not directory.is_dir(fresh=True)
        assert not directory.exists()
        with pytest.raises(FileNotFoundError):
            directory.iterdir()
        world.clock.now += 60
        world.check(*held)


def test_two_identities_in_one_session_hear_of_each_others_writes_and_share_nothing() -> None:
    class Somebody(PassingBackend):
        def __init__(self, world: World, inner: Backend, name: str) -> None:
            super().__init__(inner)
            self._name = name

        def identity(self) -> str:
            return self._name

    class Factory:
        def __init__(self, world: World) -> None:
            self._world = world

        def open(self, address: StorageAddress) -> Backend:
            return Somebody(self._world, self._world.open(address), address.profile or "nobody")

    with a_world(Stage([]), "d/a") as world:
        world.session.registry.add("memory", Factory(world))
        mine, yours = (Path(f"{ROOT}d", profile=name) for name in ("me", "you"))
        assert names(mine) == names(yours) == ["a"]
        (mine / "b").write_bytes(b"new")
        assert names(yours) == names(mine) == ["a", "b"]
        yours.rmtree()
        assert not mine.exists()


OTHER_PROCESS: Final = """
import sys
from tfm import Path
directory = Path("s3://bucket/d")
for verb, name in (each.split("=") for each in sys.argv[1:]):
    if verb == "write":
        (directory / name).write_bytes(b"by another process")
    elif verb == "unlink":
        (directory / name).unlink()
    else:
        print(*sorted(each.name for each in directory.iterdir()))
"""


def test_another_process_is_seen_after_a_ttl_and_at_once_when_asked_afresh(moto: MotoServer) -> None:
    def elsewhere(*steps: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", OTHER_PROCESS, *steps], check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    clock = Clock()
    moto.put("bucket", {"d/a": b"old", "d/b": b"old"})
    with use_session(Session(clock=clock)):
        directory = Path("s3://bucket/d")
        a, b = directory.iterdir()
        assert elsewhere("list=", "write=c", "unlink=a", "write=b", "list=") == "a b\nb c\n"
        assert names(directory) == ["a", "b"]
        assert (a.exists(), b.stat().st_size) == (True, 3)
        # What this process writes goes into its own listing; the other's is not in there by that.
        (directory / "mine").write_bytes(b"1")
        assert names(directory) == ["a", "b", "mine"]
        assert b.stat(fresh=True).st_size == len(b"by another process")
        assert names(directory) == ["b", "c", "mine"]
        assert elsewhere("unlink=mine", "list=") == "b c\n"
        assert names(directory) == ["b", "c", "mine"]
        clock.now += 60
        assert names(directory) == ["b", "c"]
        assert not (directory / "mine").exists()
        assert (a.exists(), b.exists()) == (False, True)


def test_a_failed_condition_leaves_what_others_know_right() -> None:
    def play(stage: Stage) -> None:
        with a_world(stage, "d/a") as world:

            def refused() -> None:
                with pytest.raises(StorageError):
                    world.storage().put("d/a", b"never", only_if=NOTHING_THERE)

            stage.play(refused, lambda: list(Path(f"{ROOT}d").iterdir()))
            world.check()
            assert Path(f"{ROOT}d/a").read_bytes() == b"old"

    list(every_order(play))
