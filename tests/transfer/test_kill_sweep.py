"""Copies and moves that are killed anywhere: nothing is half there, nothing is lost, and one resume makes it exact."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest

from tests.transfer.interrupted import PART_BYTES, WORKERS, Ground, Run, Tree, digests_of, mixed_tree

pytestmark = pytest.mark.seaweedfs

ROUTES = {"download": (True, False), "upload": (False, True), "server-side": (True, True)}
"""Whether source and target are in the bucket."""

LONG = bool(os.environ.get("TFM_LONG_TESTS"))
"""Whether the sweeps are as wide as the promises are told, which takes half an hour."""

KILL, INTERRUPT = signal.SIGKILL, signal.SIGINT

SLACK_BYTES = 2 << 20
"""Listings, answers, and small objects that were done in the last 50 ms and not yet on record."""


@dataclass
class Sweep:
    """One way of transferring one tree, again and again; some of its files are at the destination, with old content."""

    ground: Ground
    verb: str
    from_bucket: bool
    to_bucket: bool
    tree: Tree
    old: Tree = field(init=False)
    source: str = ""
    target: str = ""
    most_bytes_again: int = 0

    def __post_init__(self) -> None:
        names = sorted(self.tree)
        self.old = {name: b"old " + name.encode() for name in names[:: max(1, len(names) // 20)]}
        self.wanted = digests_of(self.tree)
        self.before = digests_of(self.old)

    def prepare(self) -> None:
        if self.target:
            self.ground.drop(self.target)
        if not self.source or self.verb == "move":
            if self.source:
                self.ground.drop(self.source)
            self.source = self.ground.new_place(remote=self.from_bucket)
            self.ground.put(self.source, self.tree)
        self.target = self.ground.new_place(remote=self.to_bucket)
        self.ground.put(self.target, self.old)
        self.ground.proxy.clear()

    def measure(self) -> tuple[int, int]:
        """Requests and bytes of a run that nobody disturbs."""
        self.prepare()
        run = self.ground.run(self.verb, f"{self.source}/", self.target)
        assert (run.code, run.told) == (0, {"failures": []}), run
        self.require_exact()
        return len(self.ground.proxy.requests()), self.ground.moved_bytes()

    def require_whole(self) -> None:
        """Each name has the old or the new content, and what was to be moved is somewhere."""
        there = self.ground.digests(self.target)
        for name, digest in there.items():
            assert digest in {self.wanted[name], self.before.get(name)}, name
        assert set(there) >= set(self.old)
        here = self.ground.digests(self.source)
        for name, digest in self.wanted.items():
            assert digest in {here.get(name), there.get(name)}, f"lost: {name}"
            assert self.verb == "move" or here[name] == digest

    def require_exact(self) -> None:
        assert self.ground.digests(self.target) == self.wanted
        assert self.ground.names(self.target) == set(self.wanted)
        assert self.ground.uploads() == []
        left = {} if self.verb == "move" else self.wanted
        assert self.ground.digests(self.source) == left

    def go_on(self) -> None:
        """Resume it; it is exact then."""
        run = self.ground.run("resume")
        assert run.code == 0, run
        if not run.told["jobs"]:  # it was killed before anything was begun, or at its very end
            run = Run(0, {**run.told, "failures": []}, "")
            if self.ground.digests(self.target) != self.wanted:
                again = self.ground.run(self.verb, f"{self.source}/", self.target)
                assert again.told == {"failures": []}, again
        assert run.told["failures"] == run.told["not cleaned"] == [], run
        assert run.told["listed"] == run.told["accounted"]
        assert run.told["cleaned"] == 0
        self.require_exact()

    def interrupt(self, how: signal.Signals, set_alarm: Callable[[Callable[[], None]], None]) -> Run:
        self.prepare()
        run = self.ground.run_interrupted(how, set_alarm, self.verb, f"{self.source}/", self.target)
        assert run.code in {0, -signal.SIGKILL, 130}, run
        self.require_whole()
        return run

    def require_little_again(self, all_bytes: int) -> None:
        again = self.ground.moved_bytes() - all_bytes
        self.most_bytes_again = max(self.most_bytes_again, again)
        assert again <= WORKERS * PART_BYTES + SLACK_BYTES


def sweep_of(ground: Ground, verb: str, route: str) -> Sweep:
    tree = mixed_tree(499, 64 << 20) if LONG else mixed_tree(40, 40 << 20)
    return Sweep(ground, verb, *ROUTES[route], tree)


ENDED = [("download", "copy", KILL), ("upload", "move", KILL), ("server-side", "move", INTERRUPT)]
if LONG:
    ENDED = [(route, verb, how) for route in ROUTES for verb in ("copy", "move") for how in (KILL, INTERRUPT)]


@pytest.mark.parametrize(("route", "verb", "how"), ENDED)
def test_ended_anywhere(ground: Ground, route: str, verb: str, how: signal.Signals) -> None:
    sweep = sweep_of(ground, verb, route)
    points = 20 if LONG else 1
    proxy = ground.proxy
    requests, size_bytes = sweep.measure()
    ended = 0
    for point in range(points):
        share = (point + 0.5) / points
        for by_bytes in (True, False) if points == 1 else (point % 2 == 0,):
            if by_bytes and route != "server-side":
                run = sweep.interrupt(how, partial(proxy.at_byte, int(size_bytes * share)))
            else:
                run = sweep.interrupt(how, partial(proxy.at_request, max(2, int(requests * share))))
            ended += run.code != 0
            sweep.go_on()
            sweep.require_little_again(size_bytes)
    print(f"{route} {verb} {how.name}: {ended} of {points} ended early, at most {sweep.most_bytes_again:,} bytes again")
    assert ended >= points * 0.8


@pytest.mark.parametrize("verb", ["copy", "move"] if LONG else ["move"])
@pytest.mark.parametrize("route", ROUTES if LONG else ["download"])
def test_a_resume_is_killed_and_resumed(ground: Ground, verb: str, route: str) -> None:
    sweep = sweep_of(ground, verb, route)
    requests, size_bytes = sweep.measure()
    sweep.interrupt(signal.SIGKILL, lambda call: ground.proxy.at_request(requests // 4, call))
    for _ in range(2):
        run = ground.run_interrupted(
            signal.SIGKILL, lambda call: ground.proxy.at_request(requests // 4, call), "resume"
        )
        assert run.code in {0, -signal.SIGKILL}, run
        sweep.require_whole()
    sweep.go_on()
    again = ground.moved_bytes() - size_bytes
    assert again <= 3 * (WORKERS * PART_BYTES + SLACK_BYTES)


PLACES = [
    ("download", "tfm.operations.step_upload:StepUpload.ended:1"),  # it is seen, and nobody wrote that down
    ("upload", "tfm.operations.step_upload:StepUpload.created:1"),  # it is begun, and nobody knows its name
]
if LONG:
    PLACES = [
        (route, place)
        for route in ("upload", "download")
        for place in (
            "tfm.operations.step_upload:StepUpload.ended:1",
            "tfm.operations.step_upload:StepUpload.created:1",
            "tfm.transfer.parted:PartedTransfer._finish:1",
            "tfm.operations.step_upload:StepUpload.intended:1",
            "tfm.operations.step_upload:StepUpload.part:3",
            "tfm.journal.job:Job.done:1",
            "tfm.journal.job:Job.steps_added:1",
        )
    ]


@pytest.mark.parametrize(("route", "place"), PLACES)
def test_killed_at_one_place(ground: Ground, route: str, place: str) -> None:
    sweep = Sweep(ground, "copy", *ROUTES[route], mixed_tree(10, 33 << 20))
    _, size_bytes = sweep.measure()
    sweep.prepare()
    assert ground.run("copy", f"{sweep.source}/", sweep.target, die_at=place).code == -signal.SIGKILL
    sweep.require_whole()
    sweep.go_on()
    sweep.require_little_again(size_bytes)


COPIED = "tfm.operations.moving:MovedSources._delete:1"  # all is copied, nothing is deleted
DONE = "tfm.journal.job:Job.set_state:1"  # all is done, save that it is said
HALVES = [
    ("upload", COPIED),
    ("upload", "tfm.backends.local.removing:delete_file:5"),
    ("upload", "tfm.operations.moving:MovedSources._remove_empty:1"),
    ("upload", DONE),
    ("server-side", COPIED),
]
if LONG:
    HALVES += [("download", COPIED), ("download", DONE), ("server-side", DONE)]


@pytest.mark.parametrize(("route", "place"), HALVES)
def test_a_move_killed_between_its_halves(ground: Ground, route: str, place: str) -> None:
    sweep = Sweep(ground, "move", *ROUTES[route], mixed_tree(10, 1000))
    sweep.prepare()
    assert ground.run("move", f"{sweep.source}/", sweep.target, die_at=place).code == -signal.SIGKILL
    sweep.require_whole()
    sweep.go_on()


@pytest.mark.parametrize("verb", ["copy", "move"] if LONG else ["copy"])
def test_killed_while_it_waits_for_the_answer_that_finishes(ground: Ground, verb: str) -> None:
    """The server has the object, and nobody here knows."""
    sweep = Sweep(ground, verb, *ROUTES["upload"], mixed_tree(5, 33 << 20))
    sweep.prepare()
    finishing = ground.proxy.hold_answer(match=re.compile(r"POST .*[?&]uploadId="))
    process = ground.start(verb, f"{sweep.source}/", sweep.target)
    assert finishing.happened.wait(60)
    process.kill()
    ground.end(process)
    sweep.require_whole()
    ground.proxy.clear()
    sweep.go_on()
    assert ground.moved_bytes() <= SLACK_BYTES  # the large one is not sent again


@pytest.mark.parametrize("verb", ["copy", "move"] if LONG else ["move"])
def test_killed_while_it_plans(ground: Ground, verb: str) -> None:
    """The first thousand may be done, and of a move deleted, when the second page is asked for."""
    tree = {f"{each:04}": b"%d" % each for each in range(1100)}
    sweep = Sweep(ground, verb, *ROUTES["server-side"], tree)
    sweep.interrupt(
        signal.SIGKILL, lambda call: ground.proxy.at_request(1, call, match=re.compile("continuation-token=.*/1/"))
    )
    sweep.go_on()
