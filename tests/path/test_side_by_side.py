"""Random work on S3, in memory and on a disk, side by side: they do the same, and the cache never tells anything old.

After each step everything that the cache would answer by itself is compared with what a new session hears from the
server: listings, presence, kinds, sizes, etags; by new paths, and by paths that earlier listings gave.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from typing import Final, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.cached_answers import CLOSED, Facts, Truth, outcome, told, wrong_answers
from tests.memory_world import MemoryWorld
from tests.passing_backend import PassingBackend
from tests.scripted_backend import Clock
from tests.servers.moto import MotoServer
from tfm import Path, cache_policy
from tfm.backends.memory import MemoryBackendFactory
from tfm.backends.s3 import S3BackendFactory
from tfm.core.errors import NetworkError
from tfm.core.location import StorageAddress
from tfm.core.page import Page, page_from_entries
from tfm.core.settings import Settings
from tfm.core.writing import UploadLimits
from tfm.path.sessions import use_session
from tfm.storage.contract import PAGE_ENTRIES, Backend, BackendContext, BackendFactory
from tfm.storage.retry_policy import RetryPolicy
from tfm.storage.session import Session

ALLOWED: Final = {
    "missing parents": "An object needs no directory above it; a disk wants it made, so it is made there.",
    "below a file": "A disk has nothing below a file, and says that it is no directory; a key below another is a key.",
    "x beside x/": "An object and a directory of one name are two entries; on a disk the second is refused.",
    "empty directories": "A directory that only keys make is gone with the last of them; a disk keeps it.",
    "made again": "A directory that only keys make, and that the cache does not know of, gets its marker by mkdir.",
    "refused when closed": "That a key is taken is heard when the object is sent, not when its file is opened.",
    "a directory's path": "A path that a listing gave as a directory is none of an object, whatever is there by now.",
    "times": "An object's time is the server's: touch does not set it, and two servers differ.",
    "counts": "rmtree counts objects, markers among them; on a disk directories too.",
    "size of a directory": "That of its marker, if that is what is known of it; a disk has a number of its own.",
}
"""Where the storages differ, on purpose; nothing else may."""

TTL: Final = 60.0
PLAIN: Final = ("a", "b", "a/a", "a/b", "b/a", "a/b/a")
ODD: Final = ("a", "a/b", "a//b", "a/", "a/..", "\u00e9", "\u00e9/\u00e9", "a-", "..", "a0/b", "a/b/a")
CONTENTS: Final = (b"", b"1", b"twelve bytes", b"more than one part of it")

Answer = TypeVar("Answer")


class Gate(PassingBackend):
    """Small pages, in whatever order; while it is closed no request passes, so what is heard is the cache's."""

    def __init__(self, inner: Backend, factory: GateFactory) -> None:
        super().__init__(inner)
        self._factory = factory

    def pass_on(self, what: str, key: str, request: Callable[[], Answer]) -> Answer:
        if self._factory.closed:
            raise NetworkError(CLOSED, uri=key, operation=what)
        self._factory.requests += 1
        return request()

    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        limit = min(limit, self._factory.page_entries)
        page = super().list_page(prefix, recursive=recursive, token=token, start_after=start_after, limit=limit)
        if not self._factory.shuffled:
            return page
        return page_from_entries(page.base, list(page)[::-1], token=page.token, own_entry=page.own_entry)


class GateFactory:
    def __init__(self, inner: BackendFactory) -> None:
        self._inner = inner
        self.closed = False
        self.requests = 0
        self.page_entries = PAGE_ENTRIES
        self.shuffled = False

    def open(self, address: StorageAddress) -> Backend:
        return Gate(self._inner.open(address), self)


def without_slash(text: str) -> str:
    return text.removesuffix("/")


@dataclass
class Side:
    """One of the storages: its root as text, and the paths that its listings gave, by key."""

    name: str
    root: str
    gate: GateFactory | None = None  # None: the disk
    held: dict[str, Path] = field(default_factory=dict)

    def path(self, key: str, how: str = "new") -> Path:
        if how == "held":
            held = self.held_at(key)
            if held:
                return held[0]
        # The directory without a name can only be written with its slash.
        return Path(f"{self.root}{key}/" if key and (how == "slash" or key.endswith("/")) else f"{self.root}{key}")

    def held_at(self, key: str) -> list[Path]:
        """What listings gave of that name: the object, the directory."""
        texts = [f"{key}/"] if key.endswith("/") else [key, f"{key}/"]
        return [self.held[text] for text in texts if text in self.held]

    def key(self, path: Path) -> str:
        text = str(path)
        assert text.startswith(self.root) or f"{text}/" == self.root
        return text[len(self.root) :]

    def hold(self, path: Path) -> str:
        key = self.key(path)
        self.held[key] = path
        return key


class Sides:
    """The storages, the session that works on them and another one that only tells what is there."""

    def __init__(self, moto: MotoServer | None, disk: pathlib.Path | None, *, entries: int = 10_000) -> None:
        self.moto = moto
        self.disk = disk
        self.clock = Clock()
        self.numbers = count()
        retry = RetryPolicy(max_attempts=1, interactive_seconds=10.0)
        chosen = Settings(s3_conditions="create,replace,delete", cache_max_entries=entries)
        self.session = Session(chosen, clock=self.clock, retry=retry)
        self.other = Session(chosen, clock=self.clock, retry=retry)
        memory = MemoryBackendFactory(BackendContext(chosen, self.session.meter.record))
        self.parts = moto is None  # moto wants parts of 5 MiB
        if self.parts:
            memory.store.upload_limits = UploadLimits(whole_bytes=12, part_bytes=8, most_parts=100)
        self.store = memory.store
        self.gates = {"memory": GateFactory(memory)}
        self.other.registry.add("memory", GateFactory(memory))
        if moto is not None:
            self.gates["s3"] = GateFactory(S3BackendFactory(BackendContext(chosen, self.session.meter.record)))
            self.other.registry.add("s3", S3BackendFactory(BackendContext(chosen, self.other.meter.record)))
        for scheme, gate in self.gates.items():
            self.session.registry.add(scheme, gate)

    def opened(self) -> list[Side]:
        """Each storage, empty."""
        bucket = f"bucket{next(self.numbers)}"
        self.store.put(bucket, {})
        if self.moto is not None:
            self.moto.put(bucket, {})
        sides = [Side(scheme, f"{scheme}://{bucket}/", gate) for scheme, gate in self.gates.items()]
        if self.disk is not None:
            shutil.rmtree(self.disk, ignore_errors=True)
            self.disk.mkdir()
            sides.append(Side("disk", f"{self.disk}/"))
        return sides

    def truth(self, side: Side) -> Truth:
        """What a session that has nothing in its cache hears."""
        self.other.cache.drop(lambda key: True)
        bucket = side.root.split("/")[2]
        return Truth.of(self.other.storage(StorageAddress(side.name, bucket)))


class SideBySide(RuleBasedStateMachine):
    """The machine; :attr:`sides` and the names it plays with are set by the test that runs it."""

    sides: Sides
    names: tuple[str, ...] = PLAIN

    def __init__(self) -> None:
        super().__init__()
        self.all = self.sides.opened()
        self.objects = [side for side in self.all if side.gate is not None]
        self.disk = next((side for side in self.all if side.gate is None), None)
        self.listings: list[dict[str, Iterator[Path]]] = []
        self.told_wrong_until = 0.0
        self._using = use_session(self.sides.session)
        self._using.__enter__()

    def teardown(self) -> None:
        for each in self.listings:
            for listing in each.values():
                close = getattr(listing, "close", None)
                if close is not None:
                    close()
        self._using.__exit__(None, None, None)

    @initialize(
        pages=some.sampled_from([2, 3, 1000]),
        shuffled=some.booleans(),
        chosen=some.lists(some.integers(0, 10), min_size=2, max_size=4),
    )
    def begin(self, pages: int, shuffled: bool, chosen: list[int]) -> None:
        # Few at a time, so that one step meets what another one left.
        self.names = tuple(dict.fromkeys(self.names[number % len(self.names)] for number in chosen))
        for gate in self.sides.gates.values():
            gate.page_entries = pages
            gate.shuffled = shuffled

    # Doing the same everywhere

    def everywhere(self, verb: str, key: str, how: str, work: Callable[[Path], object]) -> object:
        """Do it on all storages; the outcome, which is the same on all of them but for what is ALLOWED."""
        before = self.truth()
        if self.disk is not None and self._only_the_disk_refuses(before, verb, key, work):
            return None
        outcomes = {side.name: outcome(partial(work, side.path(key, how))) for side in self.objects}
        by_directory = str(self.objects[0].path(key, how)).endswith("/") and not before.is_dir(key)
        if by_directory and verb in {"write", "create", "touch", "unlink", "read"}:
            assert outcomes["memory"] is IsADirectoryError, ALLOWED["a directory's path"]
        elif self.disk is not None:
            outcomes["disk"] = outcome(partial(work, self.disk.path(key, how)))
            if outcomes["disk"] is NotADirectoryError and before.is_below_a_file(key):
                assert outcomes["memory"] in {FileNotFoundError, None}, (ALLOWED["below a file"], outcomes)
                outcomes["disk"] = outcomes["memory"]
            if verb == "mkdir" and before.is_dir(key) and f"{key}/" not in before.keys:
                assert outcomes["disk"] in {FileExistsError, outcomes["memory"]}, ALLOWED["made again"]
                outcomes["disk"] = outcomes["memory"]
            if verb == "create" and before.is_file(key):
                assert outcomes["disk"] is FileExistsError
                assert isinstance(outcomes["memory"], type), ALLOWED["refused when closed"]
                outcomes["disk"] = outcomes["memory"]
        if not self.is_told_wrong():
            assert len(set(map(repr, outcomes.values()))) == 1, (verb, key, outcomes)
        return outcomes["memory"]

    def _only_the_disk_refuses(self, before: Truth, verb: str, key: str, work: Callable[[Path], object]) -> bool:
        """Whether this would make what a disk cannot hold: then only the disk is asked, and refuses."""
        if self.disk is None or verb not in {"write", "create", "touch", "mkdir"}:
            return False
        path = self.disk.path(key)
        if before.is_below_a_file(key):
            said = outcome(partial(work, path))
            assert said in {NotADirectoryError, FileExistsError}, (ALLOWED["below a file"], verb, key, said)
            return True
        if before.is_file(key) if verb == "mkdir" else before.is_dir(key):
            said = outcome(partial(work, path))
            expected: dict[str, list[object]] = {"write": [IsADirectoryError], "touch": [None, FileExistsError]}
            assert said in expected.get(verb, [FileExistsError]), (ALLOWED["x beside x/"], verb, key, said)
            return True
        above = key.rpartition("/")[0]
        if not before.is_dir(above):
            said = outcome(partial(work, path))
            assert said is FileNotFoundError or (verb == "mkdir" and said is None), (verb, key, said)
            if said is None:
                os.rmdir(str(path))  # to be made once more, as everywhere
            os.makedirs(f"{self.disk.root}{above}", exist_ok=True)  # ALLOWED["missing parents"]
        return False

    def truth(self) -> Truth:
        return self.sides.truth(next(side for side in self.objects if side.name == "memory"))

    def is_told_wrong(self) -> bool:
        """Whether somebody else changed something so lately that the cache may not know."""
        return self.sides.clock.now < self.told_wrong_until

    # Writing

    ways = some.sampled_from(["new", "held"])

    def changed(
        self, before: Truth, said: object, *, new: Mapping[str, Facts] | None = None, gone: Iterable[str] = ()
    ) -> None:
        """What a write did is that and nothing else; one that failed did nothing."""
        if self.is_told_wrong():
            return
        expected = dict(before.keys)
        if not isinstance(said, type):
            expected |= new or {}
            for key in gone:
                expected.pop(key, None)
        assert self.truth().keys == expected, said

    @rule(number=some.integers(0, 3), content=some.sampled_from(CONTENTS), way=ways, text=some.booleans())
    def write(self, number: int, content: bytes, way: str, text: bool) -> None:
        key = self.name(number)
        before = self.truth()
        if text:
            said = self.everywhere("write", key, way, lambda path: path.write_text(content.decode(), "utf-8"))
        else:
            said = self.everywhere("write", key, way, lambda path: path.write_bytes(content))
        self.changed(before, OSError if said is None else said, new={key: self.facts_of(content)})

    @rule(
        number=some.integers(0, 3),
        content=some.sampled_from(CONTENTS),
        mode=some.sampled_from(["w", "wb", "x", "xb"]),
        fails=some.booleans(),
        way=ways,
    )
    def write_by_open(self, number: int, content: bytes, mode: str, fails: bool, way: str) -> None:
        key = self.name(number)

        def work(path: Path) -> object:
            try:
                with path.open(mode, encoding=None if "b" in mode else "utf-8") as file:
                    for byte in content:
                        file.write(bytes([byte]) if "b" in mode else chr(byte))
                    if fails:
                        raise RuntimeError
            except RuntimeError:
                return IndexError
            return "written"

        before = self.truth()
        said = self.everywhere("create" if "x" in mode else "write", key, way, work)
        self.changed(before, said or OSError, new={key: self.facts_of(content)})

    @rule(number=some.integers(0, 3), exist_ok=some.booleans(), way=ways)
    def touch(self, number: int, exist_ok: bool, way: str) -> None:
        key = self.name(number)
        before = self.truth()
        refused = self.disk is not None and (before.is_dir(key) or before.is_below_a_file(key))
        said = self.everywhere("touch", key, way, lambda path: path.touch(exist_ok=exist_ok))
        new = {} if before.is_file(key) else {key: self.facts_of(b"")}
        self.changed(before, OSError if refused else said, new=new)

    @rule(number=some.integers(0, 3), parents=some.booleans(), exist_ok=some.booleans(), way=ways)
    def mkdir(self, number: int, parents: bool, exist_ok: bool, way: str) -> None:
        key = self.name(number)
        before = self.truth()
        refused = self.disk is not None and (before.is_file(key) or before.is_below_a_file(key))
        said = self.everywhere("mkdir", key, way, lambda path: path.mkdir(parents=parents, exist_ok=exist_ok))
        if exist_ok and said is None and before.is_dir(key):
            # Nobody promises whether one that was there gets its marker: that depends on what the cache knows.
            after = self.truth().keys
            assert {name: facts for name, facts in after.items() if name != f"{key}/"} == {
                name: facts for name, facts in before.keys.items() if name != f"{key}/"
            }
            return
        self.changed(before, OSError if refused else said, new={f"{key}/": self.facts_of(b"")})

    @rule(number=some.integers(0, 3), way=ways)
    def rmdir(self, number: int, way: str) -> None:
        key = self.name(number)
        before = self.truth()
        said = self.everywhere("rmdir", key, way, lambda path: path.rmdir())
        self.changed(before, said, gone=[f"{key}/"])

    @rule(number=some.integers(0, 3), missing_ok=some.booleans(), way=ways)
    def unlink(self, number: int, missing_ok: bool, way: str) -> None:
        key = self.name(number)
        before = self.truth()
        said = self.everywhere("unlink", key, way, lambda path: path.unlink(missing_ok=missing_ok))
        if said is None and not missing_ok and not self.is_told_wrong():
            assert before.is_file(key)
        self.changed(before, said, gone=[key])

    @rule(number=some.integers(0, 3), dry_run=some.booleans(), way=ways)
    def rmtree(self, number: int, dry_run: bool, way: str) -> None:
        key = self.name(number)
        before = self.truth()

        def work(path: Path) -> object:
            summary = path.rmtree(dry_run=dry_run)
            assert summary.failed == 0
            return "done"  # ALLOWED["counts"]

        said = self.everywhere("rmtree", key, way, work)

        self.changed(before, said, gone=[] if dry_run else [each for each in before.keys if each.startswith(f"{key}/")])

    # Asking

    @rule(number=some.integers(-1, 3), fresh=some.booleans(), way=some.sampled_from(["new", "held", "slash"]))
    def iterdir(self, number: int, fresh: bool, way: str) -> None:
        key = self.name(number)

        def work(side: Side) -> Callable[[Path], object]:
            return lambda path: sorted(map(side.hold, path.iterdir(fresh=fresh)))

        self.ask_everywhere("iterdir", key, way, fresh, work, self.truth().children(key))

    @rule(number=some.integers(-1, 3), way=some.sampled_from(["new", "held", "slash"]))
    def rglob(self, number: int, way: str) -> None:
        key = self.name(number)

        def work(side: Side) -> Callable[[Path], object]:
            return lambda path: sorted(map(side.hold, path.rglob("*")))

        self.ask_everywhere("rglob", key, way, False, work, self.truth().tree(key))

    @rule(
        number=some.integers(-1, 3),
        question=some.sampled_from(["exists", "is_dir", "is_file"]),
        fresh=some.booleans(),
        way=some.sampled_from(["new", "held", "slash"]),
    )
    def ask(self, number: int, question: str, fresh: bool, way: str) -> None:
        key = self.name(number)
        expected = getattr(self.truth(), question)(key)
        self.ask_everywhere(
            question, key, way, fresh, lambda side: lambda path: getattr(path, question)(fresh=fresh), expected
        )

    @rule(number=some.integers(-1, 3), fresh=some.booleans(), way=some.sampled_from(["new", "held", "slash"]))
    def stat(self, number: int, fresh: bool, way: str) -> None:
        key = self.name(number)
        for side in self.objects:
            path = side.path(key, way)
            said = outcome(lambda: told(path.stat(fresh=fresh)))  # noqa: B023 - called at once
            if fresh or not self.is_told_wrong():
                assert said in self.truth().facts(key, directory=str(path).endswith("/")), (side.name, key)

    @rule(number=some.integers(-1, 3))
    def info(self, number: int) -> None:
        key = self.name(number)
        truth = self.truth()
        for side in self.objects:
            info = side.path(key).info
            said = (info.exists(), info.is_dir(), info.is_file())
            if not self.is_told_wrong():
                assert said == (truth.exists(key), truth.is_dir(key), truth.is_file(key)), (side.name, key)

    @rule(number=some.integers(0, 3), way=ways)
    def read(self, number: int, way: str) -> None:
        key = self.name(number)
        said = self.everywhere("read", key, way, lambda path: path.read_bytes())
        truth = self.truth()
        if isinstance(said, bytes):
            # Somebody else puts all of it at once.
            assert truth.keys[key] in {facts_of(said, parts=False), self.facts_of(said)}
        elif said is not IsADirectoryError:  # a listing gave the directory of that name
            assert not truth.is_file(key)

    def ask_everywhere(
        self,
        verb: str,
        key: str,
        way: str,
        fresh: bool,
        work: Callable[[Side], Callable[[Path], object]],
        expected: object,
    ) -> None:
        directory = way == "slash"
        for side in self.objects:
            path = side.path(key, way)
            said = outcome(partial(work(side), path))
            if fresh or not self.is_told_wrong():
                assert said == expected, (side.name, verb, key)
        if self.disk is not None and not self.is_told_wrong():
            disk = self.disk
            said = outcome(partial(work(disk), disk.path(key, way)))
            if said is NotADirectoryError and self.truth().is_below_a_file(key):
                return  # ALLOWED["below a file"]
            if isinstance(said, list) and isinstance(expected, list):
                assert sorted(said) == sorted(map(without_slash, expected)), (verb, key)
            else:
                assert said == expected, (verb, key, directory)

    # Listings that go on while other things happen

    @rule(number=some.integers(-1, 3), recursive=some.booleans(), fresh=some.booleans())
    def begin_listing(self, number: int, recursive: bool, fresh: bool) -> None:
        key = self.name(number)
        begun: dict[str, Iterator[Path]] = {}
        for side in self.objects:
            path = side.path(key)
            try:
                begun[side.name] = path.rglob("*") if recursive else path.iterdir(fresh=fresh)
            except (FileNotFoundError, NotADirectoryError):
                pass
        self.listings = [*self.listings[-2:], begun]

    @rule(which=some.integers(0, 2), number=some.integers(1, 3))
    def go_on_listing(self, which: int, number: int) -> None:
        if which < len(self.listings):
            for side in self.objects:
                listing = self.listings[which].get(side.name)
                if listing is not None:
                    for path in islice(listing, number):
                        side.hold(path)

    # What else happens

    @rule(seconds=some.sampled_from([1.0, 11.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.sides.clock.now += seconds

    @rule(number=some.integers(-1, 3), recursive=some.booleans())
    def invalidate(self, number: int, recursive: bool) -> None:
        key = self.name(number)
        for side in self.objects:
            side.path(key).invalidate(recursive)

    def facts_of(self, content: bytes) -> Facts:
        return facts_of(content, parts=self.sides.parts)

    def name(self, number: int) -> str:
        return "" if number < 0 else self.names[number % len(self.names)]

    # What always holds

    @invariant()
    def the_cache_says_what_the_server_says(self) -> None:
        for side in self.objects:
            truth = self.sides.truth(side)
            if not self.is_told_wrong():
                assert truth.keys == self.truth().keys, side.name
            assert side.gate is not None
            side.gate.closed = True
            try:
                if not self.is_told_wrong():
                    assert list(wrong_answers(side.root, truth, self._paths(side))) == []
            finally:
                side.gate.closed = False

    def _paths(self, side: Side) -> Iterator[tuple[str, Path]]:
        """New ones, with and without a directory's slash, and those that listings gave."""
        above = {key[:end] for key in self.names for end, letter in enumerate(key) if letter == "/"}
        for key in sorted({"", *self.names, *above}):
            for path in (side.path(key), side.path(key, "slash"), *side.held_at(key)):
                yield key, path

    @invariant()
    def the_disk_holds_the_same(self) -> None:
        if self.disk is None:
            return
        truth = self.truth()
        root = pathlib.Path(self.disk.root)
        for here in sorted((each for each in root.rglob("*") if each.is_dir()), reverse=True):
            key = str(here.relative_to(root))
            if not truth.is_dir(key):
                here.rmdir()  # ALLOWED["empty directories"]
        held = {str(each.relative_to(root)): each for each in root.rglob("*")}
        assert sorted(held) == sorted(map(without_slash, truth.tree("")))
        for key, each in held.items():
            if each.is_file():
                content = each.read_bytes()
                assert len(content) == truth.keys[key][0]


def facts_of(content: bytes, *, parts: bool) -> Facts:
    if parts and len(content) > 12:
        pieces = [content[start : start + 8] for start in range(0, len(content), 8)]
        digests = b"".join(hashlib.md5(piece, usedforsecurity=False).digest() for piece in pieces)
        return len(content), f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(pieces)}"
    return len(content), hashlib.md5(content, usedforsecurity=False).hexdigest()


class WithSomebodyElse(SideBySide):
    """Somebody else writes too. The cache may not know for a TTL, not a second longer; ``fresh`` knows at once."""

    @rule(number=some.integers(0, 3), content=some.sampled_from(CONTENTS), marker=some.booleans())
    def somebody_puts(self, number: int, content: bytes, marker: bool) -> None:
        key = self.name(number)
        key = f"{key}/" if marker or key.endswith("/") else key
        for side in self.objects:
            bucket = side.root.split("/")[2]
            if side.name == "memory":
                self.sides.store.put(bucket, {key: content})
            elif self.sides.moto is not None:
                self.sides.moto.put(bucket, {key: content})
        self.told_wrong_until = self.sides.clock.now + TTL

    @rule(number=some.integers(0, 3))
    def somebody_removes(self, number: int) -> None:
        (side,) = self.objects
        bucket = side.root.split("/")[2]
        held = sorted(self.truth().keys)
        if held:
            self.sides.store.remove(bucket, held[number % len(held)])
            self.told_wrong_until = self.sides.clock.now + TTL


def played(machine: type[SideBySide], sides: Sides, names: tuple[str, ...], *, examples: int, steps: int) -> None:
    """Let hypothesis play the machine with these storages and names."""
    chosen = type(machine.__name__, (machine,), {"sides": sides, "names": names})
    scale = int(os.environ.get("TFM_TEST_EXAMPLES_FACTOR", "1"))
    limits = settings(
        max_examples=examples * scale,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # What fails here is read as it is: making it smaller takes minutes.
        phases=(Phase.generate,),
        database=None,
    )
    run_state_machine_as_test(chosen, settings=limits)


def test_s3_memory_and_a_disk_do_the_same(moto: MotoServer, tmp_path: pathlib.Path) -> None:
    played(SideBySide, Sides(moto, tmp_path / "disk"), PLAIN, examples=8, steps=25)


def test_memory_and_a_disk_do_the_same(tmp_path: pathlib.Path) -> None:
    played(SideBySide, Sides(None, tmp_path / "disk"), PLAIN, examples=16, steps=40)


@pytest.mark.parametrize("entries", [10_000, 3])
def test_odd_keys_and_names_that_stand_for_two_things(entries: int) -> None:
    played(SideBySide, Sides(None, None, entries=entries), ODD, examples=16, steps=40)


def test_what_somebody_else_writes_is_seen_after_a_ttl_at_the_latest() -> None:
    played(WithSomebodyElse, Sides(None, None), ("a", "a/b", "a/b/a", "b"), examples=16, steps=40)


# What the machine, or thinking about it, has found


def test_beside_the_directory_without_a_name_stands_no_object(world: MemoryWorld) -> None:
    world.put("a", "a//b/")
    told = {str(each)[len("memory://bucket/") :]: (each.is_file(), each.is_dir()) for each in every(world)}
    assert told == {"a": (True, True), "a/": (True, True), "a//": (False, True), "a//b/": (False, True)}


def test_an_old_listing_is_not_put_into_a_newer_one(world: MemoryWorld) -> None:
    world.put("d/x", "f")
    list(Path("memory://bucket/d").iterdir())
    world.clock.now += 30
    world.put("d/somebody's")
    world.clock.now += 20
    list(Path("memory://bucket/").iterdir())
    Path("memory://bucket/d/x").unlink()
    assert [each.name for each in Path("memory://bucket/").iterdir()] == ["d", "f"]
    world.clock.now += 40
    assert Path("memory://bucket/d").is_dir()


def test_what_is_believed_offline_is_not_put_into_what_is_newer(world: MemoryWorld) -> None:
    world.put("d/x", "f")
    list(Path("memory://bucket/d").iterdir())
    world.clock.now += 100
    world.put("d/somebody's")
    list(Path("memory://bucket/").iterdir())
    with cache_policy(ttl="offline"):
        Path("memory://bucket/d/x").unlink()
    assert [each.name for each in Path("memory://bucket/").iterdir()] == ["d", "f"]


def test_a_bucket_that_was_missing_is_there_once_something_was_written_to_it(world: MemoryWorld) -> None:
    bucket = Path("memory://later/")
    assert not bucket.exists()
    world.factory.store.put("later", {})
    (bucket / "x").write_bytes(b"1")
    assert bucket.is_dir()
    assert [each.name for each in bucket.iterdir()] == ["x"]


def every(world: MemoryWorld) -> list[Path]:
    return list(Path("memory://bucket/").rglob("*"))
