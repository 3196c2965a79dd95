"""What an interrupted run had finished and not yet written down is recognised, whatever the clock says."""

from __future__ import annotations

from pathlib import Path as LocalPath

import pytest

from tests.memory_world import BUCKET, MemoryWorld, memory_world
from tfm import Path
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.core.step import Step
from tfm.journal import Journal, null_journal
from tfm.operations.conflict import ConflictPolicy, Conflicts
from tfm.operations.copy_plan import CopyPlanner
from tfm.operations.copy_spec import CopySpec
from tfm.operations.resume import resume

NAMES = [f"{number}" for number in range(5)]


def interrupted(world: MemoryWorld, journal: Journal, target: LocalPath) -> str:
    """A copy of ``d/`` that was planned, and of which nothing is on record as done."""
    spec = CopySpec(
        (Location(StorageAddress("memory", BUCKET), "d/", Kind.DIRECTORY),),
        Location(StorageAddress("file"), f"{target}/", Kind.DIRECTORY),
        into=True,
    )
    job = journal.begin_job("copy", "copy d", spec.record())
    session = world.session
    planner = CopyPlanner(
        session.storage(spec.source_storage), session.storage(spec.target_storage), spec, Conflicts(ConflictPolicy.FAIL)
    )
    for batch in planner.batches():
        job.add_steps([each for each in batch if isinstance(each, Step)])
    job.steps_added()
    job.release()
    job.flush()
    return job.id


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
