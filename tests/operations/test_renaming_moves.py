"""Several moved on one disk, one of which may not be, or meets what came meanwhile: the others go on, all count."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.passing_backend import PassingBackend
from tests.scripted_backend import DEADLINE_SECONDS
from tests.without_rights import without_rights
from tfm.backends.local import LocalBackendFactory
from tfm.core.entry import Kind
from tfm.core.errors import ConflictError, NotFoundError, PermissionDeniedError, StorageError
from tfm.core.location import Location, StorageAddress
from tfm.core.writing import Precondition
from tfm.operations.conflict import ConflictPolicy
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_spec import CopySpec
from tfm.operations.job_state import CopySummary, JobState
from tfm.operations.jobs import JobQueue
from tfm.operations.queued_job import QueuedJob
from tfm.storage.contract import Backend, BackendContext
from tfm.storage.session import Session

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody without rights")
DISK = StorageAddress("file")


class Disk:
    """The disk as one session sees it; ``before_rename`` is called with the old name of each that is renamed, right
    before it is, and may raise."""

    def __init__(self) -> None:
        self.session = Session()
        self._factory = LocalBackendFactory(BackendContext(self.session.settings, self.session.meter.record))
        self.session.registry.add("file", self)
        self.before_rename: Callable[[str], None] = lambda name: None

    def open(self, address: StorageAddress) -> Backend:
        return _Backend(self, self._factory.open(address))


class _Backend(PassingBackend):
    def __init__(self, disk: Disk, inner: Backend) -> None:
        super().__init__(inner)
        self._disk = disk

    def rename(self, key: str, new_key: str, *, only_if: Precondition | None = None) -> None:
        self._disk.before_rename(os.path.basename(key.rstrip("/")))
        self._inner.rename(key, new_key, only_if=only_if)


def make(place: Path, *names: str) -> None:
    """Files that hold their own names, and directories, whose names end in a slash."""
    for name in names:
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(exist_ok=True) if name.endswith("/") else path.write_text(name)


def files(place: Path) -> dict[str, str]:
    return {str(path.relative_to(place)): path.read_text() for path in place.rglob("*") if path.is_file()}


def move_of(
    place: Path, *names: str, policy: ConflictPolicy = ConflictPolicy.FAIL, below: str | None = None
) -> CopySpec:
    kinds = {True: Kind.DIRECTORY, False: Kind.FILE}
    sources = tuple(Location(DISK, f"{place}/{name}", kinds[name.endswith("/")]) for name in names)
    target = Location(DISK, f"{place}/to/", Kind.DIRECTORY)
    return CopySpec(sources, target, into=True, policy=policy, move=True, below=below)


def counts(summary: CopySummary) -> tuple[int, int, int, int]:
    return summary.listed, summary.done, summary.skipped, summary.failed


@AS_ROOT
@pytest.mark.parametrize("shut", ["shut/b", "shut/d/"])
def test_what_may_not_leave_its_directory_is_one_failure(tmp_path: Path, shut: str) -> None:
    make(tmp_path, "a", shut, "shut/d/x", "e/c", "to/")
    (tmp_path / "shut").chmod(0o555)
    with without_rights(tmp_path):
        summary = CopyJob(Session(), move_of(tmp_path, "a", shut, "e/c")).run()
    refused_at = f"{tmp_path}/{shut.replace('shut', 'to')}"
    assert [(type(each), each.uri) for each in summary.failures] == [(PermissionDeniedError, refused_at)]
    assert counts(summary) == (3, 2, 0, 1)
    stayed = {"shut/b": "shut/b"} if shut == "shut/b" else {}
    assert files(tmp_path) == {"to/a": "a", "to/c": "e/c", "shut/d/x": "shut/d/x", **stayed}


@AS_ROOT
@pytest.mark.parametrize("mode", [0o500, 0o600], ids=["not to be written", "not to be entered"])
def test_where_nothing_may_be_put_each_is_a_failure(tmp_path: Path, mode: int) -> None:
    make(tmp_path, "a", "b", "to/")
    (tmp_path / "to").chmod(mode)
    with without_rights(tmp_path):
        summary = CopyJob(Session(), move_of(tmp_path, "a", "b")).run()
    assert [type(each) for each in summary.failures] == [PermissionDeniedError] * 2
    assert counts(summary) == (2, 0, 0, 2)
    assert files(tmp_path) == {"a": "a", "b": "b"}


@AS_ROOT
def test_what_keeps_the_only_source_is_raised(tmp_path: Path) -> None:
    make(tmp_path, "shut/b", "to/")
    (tmp_path / "shut").chmod(0o555)
    job = CopyJob(Session(), move_of(tmp_path, "shut/b"))
    with without_rights(tmp_path), pytest.raises(PermissionDeniedError):
        job.run()
    assert job.snapshot().state is JobState.FAILED
    assert files(tmp_path) == {"shut/b": "shut/b"}


@pytest.mark.parametrize(
    ("policy", "counted", "there", "stays"),
    [
        (ConflictPolicy.FAIL, (3, 2, 0, 1), "theirs", True),
        (ConflictPolicy.SKIP, (3, 2, 1, 0), "theirs", True),
        (ConflictPolicy.OVERWRITE, (3, 3, 0, 0), "b", False),
        (ConflictPolicy.RENAME, (3, 3, 0, 0), "theirs", False),
    ],
)
def test_about_what_appears_in_the_last_moment_the_policy_decides(
    tmp_path: Path, policy: ConflictPolicy, counted: tuple[int, int, int, int], there: str, stays: bool
) -> None:
    make(tmp_path, "a", "b", "c", "to/")
    disk = Disk()

    def appear(name: str) -> None:
        if name == "b":
            (tmp_path / "to" / "b").write_text("theirs")

    disk.before_rename = appear
    summary = CopyJob(disk.session, move_of(tmp_path, "a", "b", "c", policy=policy)).run()
    assert counts(summary) == counted
    assert [type(each) for each in summary.failures] == [ConflictError] * counted[3]
    kept = {"to/b (1)": "b"} if policy is ConflictPolicy.RENAME else {"b": "b"} if stays else {}
    assert files(tmp_path) == {"to/a": "a", "to/b": there, "to/c": "c", **kept}


def test_a_source_that_vanishes_in_the_last_moment_is_one_failure(tmp_path: Path) -> None:
    make(tmp_path, "a", "b", "c", "to/")
    disk = Disk()
    disk.before_rename = lambda name: (tmp_path / name).unlink() if name == "b" else None
    summary = CopyJob(disk.session, move_of(tmp_path, "a", "b", "c")).run()
    assert [type(each) for each in summary.failures] == [NotFoundError]
    assert counts(summary) == (3, 2, 0, 1)
    assert files(tmp_path) == {"to/a": "a", "to/c": "c"}


def test_a_directory_above_that_is_still_to_be_made_is_made(tmp_path: Path) -> None:
    make(tmp_path, "d/e/a", "d/b", "to/")
    summary = CopyJob(Session(), move_of(tmp_path, "d/e/a", "d/b", below=f"{tmp_path}/d/")).run()
    assert (counts(summary), summary.failures) == ((2, 2, 0, 0), [])
    assert files(tmp_path) == {"to/e/a": "d/e/a", "to/b": "d/b"}


def until_over(queue: JobQueue) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while queue.active():
        assert time.monotonic() < deadline, "it never ends"
        threading.Event().wait(0.005)


def refused(name: str) -> StorageError:
    return PermissionDeniedError("It may not be moved.", next_step="Ask its owner.", uri=name, operation="rename")


def failed_once(tmp_path: Path, *names: str) -> tuple[JobQueue, QueuedJob]:
    """A move of these, of which ``b`` was refused; from now on it is not."""
    disk = Disk()

    def refuse(name: str) -> None:
        if name == "b":
            raise refused(name)

    disk.before_rename = refuse
    queue = JobQueue(disk.session, None)
    job = queue.submit(move_of(tmp_path, *names))
    until_over(queue)
    assert job.snapshot().state is JobState.FAILED
    assert "It may not be moved." in [each.cause for each in job.failures()]
    disk.before_rename = lambda name: None
    return queue, job


def test_what_was_refused_can_be_tried_again(tmp_path: Path) -> None:
    make(tmp_path, "a", "b", "c", "to/")
    queue, job = failed_once(tmp_path, "a", "b", "c")
    assert files(tmp_path) == {"to/a": "a", "b": "b", "to/c": "c"}
    assert job.can_retry
    queue.retry(job)
    until_over(queue)
    assert (job.snapshot().state, job.failures()) == (JobState.DONE, [])
    assert files(tmp_path) == {"to/a": "a", "to/b": "b", "to/c": "c"}


def test_what_was_refused_stays_a_failure_where_others_are_tried_again(tmp_path: Path) -> None:
    """They are on record, as steps of a copy; it is not."""
    make(tmp_path, "a", "b", "c/x", "to/c/")
    (tmp_path / "to" / "c" / "x").mkdir()
    queue, job = failed_once(tmp_path, "a", "b", "c/")
    assert (job.snapshot().failed, len(job.failures())) == (2, 2)
    queue.retry(job)
    until_over(queue)
    assert job.snapshot().state is JobState.FAILED
    assert "It may not be moved." in [each.cause for each in job.failures()]
    assert files(tmp_path) == {"to/a": "a", "b": "b", "c/x": "c/x"}
