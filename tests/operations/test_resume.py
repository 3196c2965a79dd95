"""What an interrupted run had finished and not yet written down is recognised, whatever the clock says."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path as LocalPath

import pytest

from tests.memory_world import BUCKET, MemoryWorld, memory_world
from tfm import Path
from tfm.core.entry import Kind
from tfm.core.errors import NotFoundError
from tfm.core.location import Location, StorageAddress
from tfm.core.step import Step
from tfm.core.writing import ObjectFacts
from tfm.journal import JobState, Journal, StepState, null_journal, this_process
from tfm.operations import resume as resume_module
from tfm.operations.conflict import ConflictPolicy, Conflicts
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_plan import CopyPlanner
from tfm.operations.copy_spec import CopySpec
from tfm.operations.resume import give_up, resume
from tfm.operations.step_upload import StepUpload
from tfm.storage.crc32 import crc32
from tfm.storage.session import Session
from tfm.transfer.context import Outcome

NAMES = [f"{number}" for number in range(5)]


def interrupted(
    world: MemoryWorld, journal: Journal, target: LocalPath, *, done: Collection[str] = (), move: bool = False,
    policy: ConflictPolicy = ConflictPolicy.FAIL,
) -> str:  # fmt: skip
    """A copy of ``d/`` that was planned, and of which only the names ``done`` are on record as done."""
    spec = CopySpec(
        (Location(StorageAddress("memory", BUCKET), "d/", Kind.DIRECTORY),),
        Location(StorageAddress("file"), f"{target}/", Kind.DIRECTORY),
        into=True,
        move=move,
        policy=policy,
    )
    job = journal.begin_job("move" if move else "copy", "copy d", spec.record())
    session = world.session
    planner = CopyPlanner(
        session.storage(spec.source_storage), session.storage(spec.target_storage), spec, Conflicts(policy)
    )
    for batch in planner.batches():
        steps = [each for each in batch if isinstance(each, Step)]
        for step, number in zip(steps, job.add_steps(steps), strict=True):
            if step.source_key.removeprefix("d/") in done:
                job.done(number)
    job.steps_added()
    job.release()
    job.flush()
    return job.id


def cut_off(path: LocalPath, size_bytes: int) -> None:
    """What a machine that lost power may leave of a file: its name and time, and not all of its bytes."""
    facts = path.stat()
    os.truncate(path, size_bytes)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


@pytest.mark.parametrize("written_again", [False, True])
def test_what_was_finished_and_not_on_record_is_done(tmp_path: LocalPath, *, written_again: bool) -> None:
    with memory_world() as world:
        world.put(files={f"d/{name}": name.encode() for name in NAMES})
        journal = null_journal()
        job_id = interrupted(world, journal, tmp_path)
        (tmp_path / "d").mkdir()
        for name in NAMES[:3]:
            Path(f"memory://{BUCKET}/d/{name}").copy(tmp_path / "d" / name)
        if written_again:
            world.put(files={f"d/{name}": name.encode() for name in NAMES})  # the same, at another time
        (tmp_path / "d" / "3").write_bytes(b"x")  # somebody else's, of the same size
        summary = resume(world.session, journal, job_id).run()
        assert (summary.listed, summary.done, summary.failed) == (6, 5, 1)
        assert [error.uri for error in summary.failures] == [f"{tmp_path}/d/3"]
        assert {path.name: path.read_bytes() for path in (tmp_path / "d").iterdir()} == {
            name: b"x" if name == "3" else name.encode() for name in NAMES
        }
        journal.close()


@pytest.fixture
def started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine, since the jobs of this test were begun."""
    now = replace(this_process(), boot_id="another")
    monkeypatch.setattr(resume_module, "this_process", lambda: now)


@pytest.mark.usefixtures("started_again")
def test_what_was_on_record_and_not_on_the_disk_when_the_power_went_is_copied_again(tmp_path: LocalPath) -> None:
    contents = {name: b"the content of " + name.encode() for name in NAMES}
    with memory_world() as world:
        world.put(files={f"d/{name}": content for name, content in contents.items()})
        journal = null_journal()
        job_id = interrupted(world, journal, tmp_path, done=NAMES[:4])
        (tmp_path / "d").mkdir()
        for name in ("0", "1"):
            Path(f"memory://{BUCKET}/d/{name}").copy(tmp_path / "d" / name)
        cut_off(tmp_path / "d" / "1", 0)
        (tmp_path / "d" / "3").write_bytes(b"somebody's, since then")  # "2" is not there at all
        Path(f"memory://{BUCKET}/d/4").copy(tmp_path / "d" / "4")
        cut_off(tmp_path / "d" / "4", 5)  # and the record of it was lost as well
        copied: list[str] = []

        def note(step: Step, _: Outcome) -> None:
            copied.append(step.source_key)

        summary = resume(world.session, journal, job_id, done=note).run()
        assert (summary.listed, summary.done, summary.failed) == (6, 6, 0)
        assert sorted(key for key in copied if key != "d/") == ["d/1", "d/2", "d/4"]
        assert {path.name: path.read_bytes() for path in (tmp_path / "d").iterdir()} == contents | {
            "3": b"somebody's, since then"
        }
        journal.close()


def test_without_a_new_start_what_is_on_record_as_done_is_believed(tmp_path: LocalPath) -> None:
    with memory_world() as world:
        world.put(files={f"d/{name}": name.encode() for name in NAMES})
        journal = null_journal()
        job_id = interrupted(world, journal, tmp_path, done=NAMES[:4])
        summary = resume(world.session, journal, job_id).run()
        assert (summary.listed, summary.done, summary.failed) == (6, 6, 0)
        assert [path.name for path in (tmp_path / "d").iterdir()] == ["4"]  # who took the others away meant it
        journal.close()


@pytest.mark.usefixtures("started_again")
def test_a_job_that_came_to_its_end_was_on_the_disk(tmp_path: LocalPath) -> None:
    with memory_world() as world:
        world.put(files={f"d/{name}": name.encode() for name in NAMES})
        journal = null_journal()
        job_id = interrupted(world, journal, tmp_path, done=NAMES[:4])
        job = journal.claim(job_id)
        assert job is not None
        job.failed(next(record.number for record in job.pending() if record.step.source_key == "d/4"), "denied")
        job.set_state(JobState.FAILED)
        resume(world.session, journal, job_id, retry_failed=True).run()
        assert [path.name for path in (tmp_path / "d").iterdir()] == ["4"]
        journal.close()


@pytest.mark.usefixtures("started_again")
def test_what_was_cut_off_and_could_not_be_copied_again_can_be_retried(tmp_path: LocalPath) -> None:
    contents = {name: b"the content of " + name.encode() for name in NAMES}
    with memory_world() as world:
        world.put(files={f"d/{name}": content for name, content in contents.items()})
        journal = null_journal()
        job_id = interrupted(world, journal, tmp_path, done=NAMES[2:])
        (tmp_path / "d").mkdir()
        for name in ("1", "2"):
            Path(f"memory://{BUCKET}/d/{name}").copy(tmp_path / "d" / name)
            cut_off(tmp_path / "d" / name, 3)
        (tmp_path / "d" / "0").write_bytes(b"somebody's")
        job = journal.claim(job_id)
        assert job is not None
        for record in job.pending():  # a resume that had looked, and came to its end
            job.failed(record.number, "denied")
        job.set_state(JobState.FAILED)
        summary = resume(world.session, journal, job_id, retry_failed=True).run()
        assert [error.uri for error in summary.failures] == [f"{tmp_path}/d/0"]
        assert {path.name: path.read_bytes() for path in (tmp_path / "d").iterdir()} == {
            "0": b"somebody's", "1": contents["1"], "2": contents["2"][:3]  # by then on the disk: somebody's, since
        }  # fmt: skip
        journal.close()


@pytest.mark.usefixtures("started_again")
def test_looking_again_can_be_stopped(tmp_path: LocalPath) -> None:
    with memory_world() as world:
        world.put(files={f"d/{name}": name.encode() for name in NAMES})
        journal = null_journal()
        job_id = interrupted(world, journal, tmp_path, done=NAMES)
        job = resume(world.session, journal, job_id)
        job.cancel()
        summary = job.run()
        assert summary.stopped
        assert (summary.listed, summary.done, summary.failed) == (6, 5, 0)
        again = resume(world.session, journal, job_id).run()  # nothing of what was lost is forgotten
        assert (again.listed, again.done, again.failed) == (6, 6, 0)
        assert sorted(path.name for path in (tmp_path / "d").iterdir()) == NAMES
        journal.close()


@pytest.mark.usefixtures("started_again")
def test_no_source_is_deleted_whose_copy_was_lost_with_the_power(tmp_path: LocalPath) -> None:
    contents = {name: b"the content of " + name.encode() for name in NAMES}
    with memory_world() as world:
        world.put(files={f"d/{name}": content for name, content in contents.items()})
        journal = null_journal()
        job_id = interrupted(world, journal, tmp_path, done=NAMES, move=True)
        (tmp_path / "d").mkdir()
        for name in NAMES[:4]:
            Path(f"memory://{BUCKET}/d/{name}").copy(tmp_path / "d" / name)
        world.remove("d/0")  # moved to its end, and its copy was moved on since
        (tmp_path / "d" / "0").unlink()
        cut_off(tmp_path / "d" / "1", 3)
        (tmp_path / "d" / "2").write_bytes(b"somebody's, since then")
        summary = resume(world.session, journal, job_id).run()
        assert (summary.listed, summary.done, summary.failed) == (6, 5, 1)
        assert [error.uri for error in summary.failures] == [f"memory://{BUCKET}/d/2"]
        assert {path.name: path.read_bytes() for path in (tmp_path / "d").iterdir()} == {
            "1": contents["1"], "2": b"somebody's, since then", "3": contents["3"], "4": contents["4"]
        }  # fmt: skip
        # Nobody knows any more whether the content of "2" is anywhere else.
        assert [path.name for path in Path(f"memory://{BUCKET}/d/").iterdir(fresh=True)] == ["2"]
        journal.close()


@pytest.mark.usefixtures("started_again")
def test_what_looks_cut_off_and_has_other_bytes_is_somebodys(tmp_path: LocalPath) -> None:
    with memory_world() as world:
        world.put(files={f"d/{name}": b"some content" for name in NAMES})
        journal = null_journal()
        job_id = interrupted(world, journal, tmp_path, done=NAMES)
        (tmp_path / "d").mkdir()
        for name in NAMES:
            Path(f"memory://{BUCKET}/d/{name}").copy(tmp_path / "d" / name)
        kept = (tmp_path / "d" / "0").stat()
        (tmp_path / "d" / "0").write_bytes(b"smaller")
        os.utime(tmp_path / "d" / "0", ns=(kept.st_atime_ns, kept.st_mtime_ns))
        cut_off(tmp_path / "d" / "1", 4)
        summary = resume(world.session, journal, job_id).run()
        assert (summary.listed, summary.done, summary.failed) == (6, 6, 0)
        assert (tmp_path / "d" / "0").read_bytes() == b"smaller"
        assert (tmp_path / "d" / "1").read_bytes() == b"some content"
        journal.close()


@pytest.mark.usefixtures("started_again")
def test_what_was_to_be_replaced_and_still_stands_is_replaced(tmp_path: LocalPath) -> None:
    (tmp_path / "d").mkdir()
    for name in NAMES:
        (tmp_path / "d" / name).write_bytes(b"old content" if name == "0" else b"another size")
        os.utime(tmp_path / "d" / name, (1, 1))
    with memory_world() as world:
        world.put(files={f"d/{name}": b"new content" for name in NAMES})
        journal = null_journal()
        # The rename of the new one over the old had not reached the disk.
        job_id = interrupted(world, journal, tmp_path, done=NAMES, policy=ConflictPolicy.OVERWRITE)
        summary = resume(world.session, journal, job_id).run()
        assert (summary.listed, summary.done, summary.failed) == (6, 6, 0)
        assert {path.read_bytes() for path in (tmp_path / "d").iterdir()} == {b"new content"}
        journal.close()


@pytest.mark.usefixtures("started_again")
def test_before_a_source_is_deleted_the_bytes_of_its_copy_are_compared(tmp_path: LocalPath) -> None:
    with memory_world() as world:
        world.put(files={f"d/{name}": b"content" for name in NAMES})
        journal = null_journal()
        job_id = interrupted(world, journal, tmp_path, done=NAMES, move=True)
        (tmp_path / "d").mkdir()
        for name in NAMES:
            Path(f"memory://{BUCKET}/d/{name}").copy(tmp_path / "d" / name)
        facts = (tmp_path / "d" / "0").stat()
        (tmp_path / "d" / "0").write_bytes(bytes(len(b"content")))  # its size had reached the disk, its bytes had not
        os.utime(tmp_path / "d" / "0", ns=(facts.st_atime_ns, facts.st_mtime_ns))
        summary = resume(world.session, journal, job_id).run()
        assert [error.uri for error in summary.failures] == [f"memory://{BUCKET}/d/0"]
        assert [path.name for path in Path(f"memory://{BUCKET}/d/").iterdir(fresh=True)] == ["0"]
        journal.close()


def test_a_move_is_ended_whose_copies_look_like_what_they_replaced(tmp_path: LocalPath) -> None:
    (tmp_path / "d").mkdir()
    with memory_world() as world:
        for name in NAMES:
            world.storage.put(f"d/{name}", b"content", facts=ObjectFacts(modified_timestamp=5.0))
            (tmp_path / "d" / name).write_bytes(b"CONTENT")
            os.utime(tmp_path / "d" / name, (5, 5))
        journal = null_journal()
        job_id = interrupted(world, journal, tmp_path, done=NAMES, move=True, policy=ConflictPolicy.OVERWRITE)
        for name in NAMES:
            Path(f"memory://{BUCKET}/d/{name}").copy(tmp_path / "d" / name, conflict="overwrite")
            assert (tmp_path / "d" / name).stat().st_mtime == 5
        summary = resume(world.session, journal, job_id).run()
        assert (summary.listed, summary.done, summary.failed) == (6, 6, 0)
        assert not Path(f"memory://{BUCKET}/d/").exists()
        assert {path.read_bytes() for path in (tmp_path / "d").iterdir()} == {b"content"}
        journal.close()


@pytest.mark.usefixtures("started_again")
def test_where_the_destination_is_gone_nothing_is_done_and_all_can_be_resumed(tmp_path: LocalPath) -> None:
    with memory_world() as world:
        world.put(files={f"d/{name}": name.encode() for name in NAMES})
        journal = null_journal()
        mounted = tmp_path / "mounted"
        mounted.mkdir()
        job_id = interrupted(world, journal, mounted, done=NAMES[:2])
        mounted.rmdir()
        with pytest.raises(NotFoundError, match="Mount its disk"):
            resume(world.session, journal, job_id).run()
        assert not mounted.exists()
        mounted.mkdir()
        summary = resume(world.session, journal, job_id).run()
        assert (summary.listed, summary.done, summary.failed) == (6, 6, 0)
        assert sorted(path.name for path in (mounted / "d").iterdir()) == NAMES
        journal.close()


def test_a_part_on_a_disk_is_believed_when_it_is_what_was_written(tmp_path: LocalPath) -> None:
    part_bytes = 3 << 20
    contents = [os.urandom(part_bytes), os.urandom(part_bytes), os.urandom(1000)]
    journal = null_journal()
    job = journal.begin_job("copy", "copy", {})
    address = StorageAddress("file")
    target = Session().storage(address)
    key = f"{tmp_path}/large"
    upload = target.begin_upload(key, facts=None, only_if=None)
    entry = job.begin_upload(address, key, step=1)
    entry.created(upload.id, part_bytes)
    for number, content in enumerate(contents, start=1):
        part = target.put_part(upload, number, content, offset=(number - 1) * part_bytes)
        entry.part(part, crc32(content))
    job.flush()
    (temporary,) = [path for path in tmp_path.iterdir() if path.name != "large"]

    def believed() -> list[int]:
        (record,) = job.uploads()
        resumed = StepUpload(job, target, 1, record, lambda _: False).resumed()
        assert resumed is not None
        return [part.number for part, _ in resumed[1]]

    assert believed() == [1, 2, 3]
    with temporary.open("r+b") as file:
        file.seek(part_bytes + 7)
        file.write(bytes(100))  # what never reached the disk reads as zeros
    assert believed() == [1, 3]
    os.truncate(temporary, 2 * part_bytes + 10)
    assert believed() == [1]
    target.abort_upload(upload)
    journal.close()


def test_what_another_interrupted_job_has_there_stays(tmp_path: LocalPath) -> None:
    with memory_world() as world:
        world.put(files={f"d/{name}": name.encode() for name in NAMES})
        journal = null_journal()
        job_id = interrupted(world, journal, tmp_path)
        other = journal.begin_job("copy", "copy large", {})
        target = Session().storage(StorageAddress("file"))
        upload = target.begin_upload(f"{tmp_path}/large", facts=None, only_if=None)
        other.begin_upload(target.address, upload.key, step=1).created(upload.id, 8 << 20)
        (temporary,) = tmp_path.iterdir()
        unlocked = tmp_path / "unlocked"  # as after a kill: nobody has its lock
        shutil.copy(temporary, unlocked)
        target.abort_upload(upload)
        unlocked.rename(temporary)
        other.release()
        other.flush()
        resume(world.session, journal, job_id).run()
        assert temporary.exists()
        assert give_up(world.session, journal, other.id).jobs == 1
        assert not temporary.exists()
        journal.close()


def test_a_move_that_was_killed_before_its_deletes_costs_a_listing_to_finish() -> None:
    with memory_world() as world:
        number = 1200
        world.put(files={f"d/{row:04}": b"1" for row in range(number)})
        world.put(files={"d2/x": b"beside"})
        spec = CopySpec(
            (Location(StorageAddress("memory", BUCKET), "d/", Kind.DIRECTORY),),
            Location(StorageAddress("memory", BUCKET), "e/", Kind.DIRECTORY),
            into=False,
            move=True,
        )
        journal = null_journal()
        job = journal.begin_job("move", "move d", spec.record())
        storage = world.storage
        planner = CopyPlanner(storage, storage, spec, Conflicts(ConflictPolicy.FAIL))
        for batch in planner.batches():
            for number_of_step in job.add_steps([each for each in batch if isinstance(each, Step)]):
                job.done(number_of_step)
        job.steps_added()
        Path(f"memory://{BUCKET}/d/").copy(f"memory://{BUCKET}/e")
        world.put(files={"d/0007": b"new"})  # somebody wrote it since
        job.release()
        job.flush()
        cost = world.cost(lambda: resume(world.session, journal, job.id).run())
        assert cost <= 2 + 2 + 1
        assert [path.name for path in Path(f"memory://{BUCKET}/d/").iterdir(fresh=True)] == ["0007"]
        assert len(list(Path(f"memory://{BUCKET}/e/").iterdir(fresh=True))) == number
        assert Path(f"memory://{BUCKET}/d2/x").exists()
        journal.close()


@pytest.mark.parametrize("killed_after", [1, 3])
def test_directories_that_a_killed_run_made_get_their_modes_and_times(tmp_path: LocalPath, killed_after: int) -> None:
    source, target = tmp_path / "from", tmp_path / "to"
    for name in ("a/b", "c", "there"):
        (source / name).mkdir(parents=True)
        (source / name / "file").write_bytes(name.encode())
    (target / "there").mkdir(parents=True, mode=0o711)
    for number, name in enumerate(["a/b", "a", "c", "there", "."], 1):
        os.utime(source / name, (number * 1000, number * 1000))
    (source / "c").chmod(0o550)
    spec = CopySpec(
        (Location(StorageAddress("file"), f"{source}/", Kind.DIRECTORY),),
        Location(StorageAddress("file"), f"{target}/", Kind.DIRECTORY),
        into=False,
    )
    session, journal = Session(), null_journal()
    files: list[str] = []

    def done(step: Step, _: Outcome) -> None:
        files.extend([step.source_key] if step.kind is Kind.FILE else [])
        if len(files) == killed_after:
            job.cancel()

    job = CopyJob(session, spec, journal=journal, workers=1, done=done)
    assert job.run().stopped
    assert job.id is not None
    summary = resume(session, journal, job.id).run()
    assert (summary.failed, summary.done) == (0, summary.listed)
    assert [int((target / name).stat().st_mtime) for name in ("a/b", "a", "c")] == [1000, 2000, 3000]
    assert (target / "c").stat().st_mode & 0o777 == 0o550
    assert (target / "there").stat().st_mode & 0o777 == 0o711  # it was there: it is its owner's
    assert int((target / "there").stat().st_mtime) > 4000
    (record,) = journal.jobs()
    assert record.counts[StepState.MADE].steps == 0
    journal.close()


@pytest.mark.parametrize(("killed_at", "there"), [(1, False), (2, False), (2, True)])
def test_a_directory_that_was_made_a_moment_before_the_kill(tmp_path: LocalPath, killed_at: int, there: bool) -> None:
    source, target = tmp_path / "from", tmp_path / "to"
    for name in ("a/b", "c"):
        (source / name).mkdir(parents=True)
        (source / name / "file").write_bytes(name.encode())
    if there:
        (target / "a").mkdir(parents=True, mode=0o711)
    modes = {"a/b": 0o700, "a": 0o750, "c": 0o550, ".": 0o705}
    for number, (name, mode) in enumerate(modes.items(), 1):
        os.utime(source / name, (number * 1000, number * 1000))
        (source / name).chmod(mode)
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "TFM_TRANSFER_WORKERS": "1"}

    def run(*arguments: str, die_at: str = "") -> int:
        command = [sys.executable, "-m", "tests.transfer.program", *arguments]
        return subprocess.run(command, env={**environment, "TFM_DIE_AT": die_at}, check=False).returncode

    # What asks is about to write down that the directory is made.
    died = run("copy", f"{source}/", str(target), die_at=f"tfm.transfer.directories:Directories.owes_facts:{killed_at}")
    assert died == -signal.SIGKILL
    assert target.exists()
    assert run("resume") == 0
    mine = {name: mode for name, mode in modes.items() if not there or name not in {"a", "."}}
    assert {name: (target / name).stat().st_mode & 0o777 for name in mine} == mine
    assert all((target / name).stat().st_mtime == (source / name).stat().st_mtime for name in mine)
    if there:
        assert (target / "a").stat().st_mode & 0o777 == 0o711  # it was there: it is its owner's
    assert (target / "a" / "b" / "file").read_bytes() == b"a/b"
