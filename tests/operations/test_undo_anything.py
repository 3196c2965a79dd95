"""Whatever was done, undone in the opposite order it is as it was."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.core.entry import Entry, Kind
from tfm.core.errors import StorageError, UnsupportedOperation
from tfm.core.location import Location, StorageAddress
from tfm.core.progress import Cancel
from tfm.operations.bulk_rename import BulkRename
from tfm.operations.change_mode import change_mode, parse_mode
from tfm.operations.conflict import ConflictPolicy, Conflicts
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_spec import CopySpec
from tfm.operations.counted_plan import CountedPlan
from tfm.operations.make_directory import make_directory
from tfm.operations.new_file import make_file
from tfm.operations.renaming import rename_entry
from tfm.operations.trash import move_to_trash
from tfm.operations.undo import Permanent, Undo, UndoLog
from tfm.operations.undo_jobs import Copied, Moved, step_of_job
from tfm.operations.undo_steps import BulkRenamed, MadeDirectory, MadeFile, MovedToTrash, Renamed, step_of_mode
from tfm.storage.session import Session

DISK = StorageAddress("file")
NAMES = ("a", "b", "c")

OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["file", "directory", "rename", "trash", "mode", "bulk", "move", "copy"]),
        st.integers(0, 30),
        st.integers(0, 30),
        st.sampled_from(NAMES),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture(autouse=True)
def _own_trash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def at(path: Path) -> Location:
    return Location(DISK, f"{path}/", Kind.DIRECTORY) if path.is_dir() else Location(DISK, str(path), Kind.FILE)


def told(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every path below ``root`` with its mode and content."""
    return {
        str(path.relative_to(root)): (stat.S_IMODE(path.stat().st_mode), path.read_bytes() if path.is_file() else b"")
        for path in root.rglob("*")
    }


def ran(session: Session, spec: CopySpec) -> Undo:
    """The copy or move, and the step that takes it back."""
    plan = CountedPlan(session, spec)
    summary = CopyJob(session, spec, plan=plan.run_with(Conflicts(spec.policy))).run()
    whole = not summary.failures and not summary.skipped
    return step_of_job(session, spec, whole=whole, met_nothing=not plan.meets_something)


class Doing:
    """Operations by numbers, whatever the tree looks like by then; what cannot be is not done."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.session = Session()
        self.log = UndoLog()

    def do(self, what: str, one: int, other: int, name: str) -> None:
        paths = sorted(self.root.rglob("*"))
        directories = [self.root, *(path for path in paths if path.is_dir())]
        chosen, directory = paths[one % len(paths)] if paths else self.root, directories[other % len(directories)]
        step: Undo | None = None
        if what == "file":
            made = make_file(self.session, at(directory), name)
            step = MadeFile.of(self.session, made)
        elif what == "directory":
            step = MadeDirectory(make_directory(self.session, at(directory), name))
        elif chosen == self.root:
            return
        elif what == "rename":
            now = rename_entry(self.session, at(chosen.parent), at(chosen), name)
            step = Renamed(at(chosen.parent), at_before(chosen, now), now)
        elif what == "trash":
            step = MovedToTrash(move_to_trash(self.session, [at(chosen)]).trashed)
        elif what == "mode":
            change = parse_mode(["700", "u=rwx,go=", "755", "g-r"][other % 4])
            summary = change_mode(self.session, [at(chosen)], change, lambda _: None, Cancel(), recursive=True)
            step = step_of_mode(at(chosen), summary)
        elif what == "bulk":
            step = self.bulk(chosen.parent)
        elif not os.path.lexists(directory / chosen.name):
            spec = CopySpec((at(chosen),), at(directory), into=True, move=what == "move")
            step = ran(self.session, spec)
            assert not isinstance(step, Permanent), step.question
        if step is not None:
            self.log.add(step)

    def bulk(self, directory: Path) -> Undo | None:
        """Every name becomes the next one, in a circle."""
        entries = [Entry(path.name, at(path).key, at(path).kind) for path in sorted(directory.iterdir())]
        bulk = BulkRename(self.session, at(directory), entries)
        bulk.look()
        names = [entry.name for entry in entries]
        rows = bulk.preview(names[1:] + names[:1])
        renamed = bulk.run(rows, lambda _: None, Cancel()).renamed
        return BulkRenamed(renamed) if renamed else None

    def undo_all(self) -> None:
        while self.log.latest is not None:
            undone = self.log.undo(self.session)
            assert not undone.failures
            if undone.job is not None:
                assert not CopyJob(self.session, undone.job).run().failures


def at_before(path: Path, now: Location) -> Location:
    return Location(DISK, f"{path}/" if now.kind is Kind.DIRECTORY else str(path), now.kind)


@given(OPERATIONS)
@settings(max_examples=40, deadline=None)
def test_any_operations_undone_leave_the_tree_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[str, int, int, str]]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "c").write_text("deep")
    (root / "b").write_text("text")
    (root / "c").mkdir(mode=0o750)
    before = told(root)
    doing = Doing(root)
    for operation in operations:
        try:
            doing.do(*operation)
        except StorageError:
            pass  # the name is taken, or it would go into itself: nothing was done
    doing.undo_all()
    assert told(root) == before


@pytest.mark.parametrize("move", [True, False])
def test_what_met_something_at_its_destination_is_permanent(tmp_path: Path, move: bool) -> None:
    for each in ("from/d/new", "to/d/old", "from/x", "to/x"):
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).write_text(each)
    session, to = Session(), at(tmp_path / "to")
    merged = ran(session, CopySpec((at(tmp_path / "from/d"),), to, into=True, move=move))
    over = CopySpec((at(tmp_path / "from/x"),), to, into=True, policy=ConflictPolicy.OVERWRITE, move=move)
    for step in (merged, ran(session, over)):
        assert isinstance(step, Permanent)
        assert "may have been there" in step.question
    with pytest.raises(UnsupportedOperation, match="That is permanent"):
        merged.run(session, lambda _: None, Cancel())
    assert (tmp_path / "to" / "d" / "old").exists()


def test_a_move_is_taken_back_by_a_move_that_asks_and_a_copy_by_the_trash(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "to").mkdir()
    (tmp_path / "from" / "x").write_text("x")
    session, log = Session(), UndoLog()
    x, there = at(tmp_path / "from" / "x"), at(tmp_path / "to")
    copied = ran(session, CopySpec((x,), there, into=True, policy=ConflictPolicy.OVERWRITE))
    assert isinstance(copied, Copied)
    log.add(copied)
    (tmp_path / "to" / "x").write_text("changed since")
    assert log.undo(session).said == "1 moved to the trash."
    assert (tmp_path / "data" / "Trash" / "files" / "x").read_text() == "changed since"
    moved = ran(session, CopySpec((x,), there, into=True, policy=ConflictPolicy.OVERWRITE, move=True))
    assert isinstance(moved, Moved)
    assert moved.back.policy is ConflictPolicy.ASK, "what has come there since is not overwritten unasked"


def test_a_move_that_was_not_whole_is_permanent() -> None:
    x = Location(DISK, "/x", Kind.FILE)
    spec = CopySpec((x,), Location(DISK, "/to/", Kind.DIRECTORY), into=True, move=True)
    step = step_of_job(Session(), spec, whole=False, met_nothing=True)
    assert step.question == "That is permanent: it was not done as a whole."


def test_rights_that_somebody_changed_since_stay(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
        os.chmod(tmp_path / name, 0o644)
    session, log = Session(), UndoLog()
    places = [at(tmp_path / name) for name in ("a", "b")]
    step = step_of_mode(places[0], change_mode(session, places, parse_mode("600"), lambda _: None, Cancel()))
    assert step is not None
    log.add(step)
    os.chmod(tmp_path / "a", 0o640)
    undone = log.undo(session)
    assert undone.said == "1 of 2 has the old rights again."
    assert "changed since" in undone.failures[0].cause
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "b")] == [0o640, 0o644]
    assert log.latest is not None
    assert log.latest.title == "a change of the rights of 1 entry", "what is left can be tried again"
