"""F5 and F6: the plan is counted and shown, its destination can be edited, and a job does it."""

from __future__ import annotations

import os
from pathlib import Path as DiskPath

import pytest

from tests.ui.jobs import both_listed, contents, dialog, memory_with, queue, until_closed, until_counted, until_over
from tests.ui.memory_panes import place
from tests.ui.running import Running, names, run_app
from tfm.core.entry import Kind
from tfm.core.location import Location, StorageAddress
from tfm.operations.conflict import ConflictPolicy
from tfm.operations.job_state import JobState
from tfm.storage.session import Session
from tfm.ui.browse_screen import BrowseScreen


def on_disk(directory: DiskPath) -> Location:
    return Location(StorageAddress("file"), f"{directory}/", Kind.DIRECTORY)


def tree(directory: DiskPath, *files: str) -> DiskPath:
    for name in files:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return directory


def files_in(directory: DiskPath) -> list[str]:
    found = (os.path.relpath(path, directory) for path in directory.rglob("*") if path.is_file())
    return sorted(found)


def test_an_entry_is_copied_into_the_other_panes_directory_which_shows_it() -> None:
    memory = memory_with("d/a", "d/z", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down", "f5")
        assert dialog(running).field.value == "memory://bucket/e/"
        await until_counted(running, "1 object, 5 B")
        assert dialog(running).body.text == "a"
        await running.press("enter")
        await until_over(running)
        await running.until(lambda: names(running.right) == [" ..", " a", " other"])
        assert "✓ copy a → memory://bucket/e/: done" in running.browse.status.text

    run_app(memory.session, place("d/"), place("e/"), look)
    assert contents(memory) == dict.fromkeys(("d/a", "d/z", "e/a", "e/other"), b"12345")


def test_what_was_counted_is_run_and_not_listed_again() -> None:
    memory = memory_with("d/a", "d/sub/x", "d/sub/y/z", "d/unchosen", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down", "space", "space", "f5")
        await until_counted(running, "3 objects, 15 B")
        assert dialog(running).body.text.splitlines() == ["/sub", "a"]
        counted = memory.requests
        await running.press("enter")
        await until_over(running)
        await running.until(lambda: names(running.right) == [" ..", " /sub", " a", " other"])
        assert not len(running.left.list.selection)
        asked = {name: count - counted.get(name, 0) for name, count in memory.requests.items()}
        assert asked == {"copy": 3, "list": 1}, "the other pane looks once at what came of it"

    run_app(memory.session, place("d/"), place("e/"), look)
    assert [key for key in memory.stored() if key.startswith("e/")] == ["e/a", "e/other", "e/sub/x", "e/sub/y/z"]


def test_enter_right_after_the_key_begins_and_the_plan_is_made_while_it_runs() -> None:
    memory = memory_with("d/sub/x", "d/sub/y", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down")
        for key in ("f5", "enter"):
            running.app.simulate_key(key)  # without waiting for what the first brings about
        await running.until(lambda: running.browse.watch_of_jobs is not None and bool(queue(running).jobs()))
        await until_over(running)
        await until_closed(running)
        await running.until(lambda: names(running.right) == [" ..", " /sub", " other"])

    run_app(memory.session, place("d/"), place("e/"), look)
    assert {"e/sub/x", "e/sub/y"} <= set(memory.stored())


def test_enter_in_the_middle_of_counting_takes_the_plan_over() -> None:
    memory = memory_with(*(f"d/sub/{number:04}" for number in range(2500)), "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        gate = memory.gate("list_page")
        await running.press("down", "f5")
        await running.until(memory.entered.is_set)
        await running.until(lambda: dialog(running)._plan is not None)
        await running.press("enter")
        await until_closed(running)
        assert queue(running).active()
        gate.set()
        await until_over(running)
        assert queue(running).jobs()[0].snapshot().progress.objects_done == 2500

    run_app(memory.session, place("d/"), place("e/"), look)
    assert memory.requests["copy"] == 2500
    assert memory.requests["list"] <= 2 + 3 + 1 + 1, "both panes, the plan, the destination, its pane once more"


def test_leaving_while_it_counts_copies_nothing() -> None:
    memory = memory_with("d/sub/x", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        gate = memory.gate("list_page")
        await running.press("down", "space", "f5")
        await running.until(memory.entered.is_set)
        await running.press("escape")
        await until_closed(running)
        gate.set()
        assert len(running.left.list.selection) == 1
        assert not queue(running).jobs()

    run_app(memory.session, place("d/"), place("e/"), look)
    assert memory.stored() == ["d/sub/x", "e/other"]


def test_the_destination_is_edited_and_asked_for_only_when_it_is_complete() -> None:
    memory = memory_with("d/a", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down", "f5")
        await until_counted(running, "1 object")
        before = memory.requests
        await running.press("ctrl+u", *"memory://bucket/new/b")
        await running.pilot.pause(0.1)
        assert "Tab counts" in dialog(running).plan_text.text
        assert memory.requests == before
        running.app.simulate_key("c")
        running.app.simulate_key("tab")
        await until_counted(running, "1 object")
        await running.press("enter")
        await until_over(running)

    run_app(memory.session, place("d/"), place("e/"), look)
    assert memory.stored() == ["d/a", "e/other", "new/bc"]


def test_enter_typed_right_behind_a_destination_means_that_one() -> None:
    memory = memory_with("d/a", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down", "f5")
        await until_counted(running, "1 object")
        for key in ("x", "enter"):
            running.app.simulate_key(key)
        await running.until(lambda: bool(queue(running).jobs()))
        await until_over(running)

    run_app(memory.session, place("d/"), place("e/"), look)
    assert memory.stored() == ["d/a", "e/other", "e/x"]


def test_a_name_alone_is_one_beside_the_source() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await both_listed(running, right="memory://bucket/d/")
        await running.press("down", "f5")
        await running.until(lambda: "Source and destination are the same" in dialog(running).error_block.text)
        await running.press("ctrl+u", *"copy of a", "enter")
        await until_over(running)
        await running.until(lambda: names(running.left) == [" ..", " a", " copy of a"])

    run_app(memory.session, place("d/"), place("d/"), look)


def test_a_directory_into_itself_is_said_in_the_dialog() -> None:
    memory = memory_with("d/sub/x")

    async def look(running: Running) -> None:
        await both_listed(running, right="memory://bucket/d/sub/")
        await running.press("down", "f5")
        await running.until(lambda: "cannot be copied into itself" in dialog(running).error_block.text)
        await running.press("enter")
        await running.until(lambda: "cannot be copied into itself" in dialog(running).error_block.text)
        await running.press("escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("d/sub/"), look)
    assert memory.stored() == ["d/sub/x"]


def test_the_policy_is_chosen_before() -> None:
    memory = memory_with("d/a", "d/b")
    memory.store.put("bucket", {"e/a": b"old"})

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down", "space", "space", "f5")
        await running.until(lambda: "1 is there already, 5 B." in dialog(running).plan_text.text)
        await running.press("tab", "right", "right")
        assert dialog(running).policy.value is ConflictPolicy.OVERWRITE
        await running.press("left", "enter")
        await until_over(running)
        await running.until(lambda: "done, 1 skipped" in running.browse.status.text)

    run_app(memory.session, place("d/"), place("e/"), look)
    assert contents(memory) == {"d/a": b"12345", "d/b": b"12345", "e/a": b"old", "e/b": b"12345"}


def test_the_plan_says_what_cannot_be_undone_by_the_policy() -> None:
    """Where somebody is asked, and where all is kept, there is nothing to say."""
    memory = memory_with()
    memory.store.put("bucket", {"e/a": b"old", "e/b": b"old"})
    memory.store.put("bucket", {"d/a": b"12345", "d/b": b"12345", "d/c": b"12345"})
    memory.store.put("bucket", {"e/b": b"latest"})
    gone = "the old content is gone unless the bucket keeps versions."

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down", "space", "space", "space", "f5")
        seen = {}
        await running.until(lambda: "2 are there already, 10 B." in dialog(running).plan_text.text)
        await running.press("tab")
        for _ in range(6):
            seen[dialog(running).policy.value] = dialog(running).plan_text.text.splitlines()[1:]
            await running.press("right")
            await running.pilot.pause()
        assert seen == {
            **{policy: ["2 are there already, 10 B."] for policy in ConflictPolicy},
            ConflictPolicy.OVERWRITE: [f"2 are there already, 10 B, and replaced: {gone}"],
            ConflictPolicy.NEWER: [f"2 are there already, 10 B; 1 is older and replaced: {gone}"],
        }

    run_app(memory.session, place("d/"), place("e/"), look)


def test_a_move_to_another_storage_says_that_it_deletes_here(tmp_path: DiskPath) -> None:
    memory = memory_with("d/here")
    tree(tmp_path / "disk", "here", "sub/a")

    async def look(running: Running) -> None:
        await both_listed(running, right=f"{tmp_path}/disk/")
        await running.press("down", "f6", "tab", "right", "right")
        lines = [
            "Each object is copied, then deleted here.",
            "1 is there already, 5 B, and replaced: the old content is gone.",
        ]
        await running.until(lambda: dialog(running).plan_text.text.splitlines()[1:] == lines)
        await running.press("escape")
        await until_closed(running)
        await running.press("tab", "down", "f5")
        await until_counted(running, "1 file")
        assert "deleted" not in dialog(running).plan_text.text, "a copy deletes nothing"

    run_app(memory.session, place("d/"), on_disk(tmp_path / "disk"), look)


def test_a_move_says_that_it_goes_object_by_object_and_leaves_nothing_behind() -> None:
    memory = memory_with("d/sub/x", "d/sub/y", "d/z", "e/other")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("down", "f6")
        await until_counted(running, "2 objects, 10 B")
        assert "Each object is copied, then deleted" in dialog(running).plan_text.text
        await running.press("enter")
        await until_over(running)
        await running.until(lambda: names(running.left) == [" ..", " z"])
        await running.until(lambda: names(running.right) == [" ..", " /sub", " other"])

    run_app(memory.session, place("d/"), place("e/"), look)
    assert memory.stored() == ["d/z", "e/other", "e/sub/x", "e/sub/y"]


def test_up_and_down_between_a_disk_and_a_bucket(tmp_path: DiskPath) -> None:
    memory = memory_with("d/here")
    tree(tmp_path / "disk", "sub/a", "sub/deep/b", "c")

    async def look(running: Running) -> None:
        await both_listed(running, right=f"{tmp_path}/disk/")
        await running.press("tab", "down", "f5")
        await until_counted(running, "2 files, 15 B")
        await running.press("enter")
        await until_over(running)
        await running.until(lambda: names(running.left) == [" ..", " /sub", " here"])
        await running.press("tab", "end", "f6")
        await until_counted(running, "1 object, 5 B")
        await running.press("enter")
        await until_over(running, JobState.DONE, JobState.DONE)
        await running.until(lambda: names(running.right) == [" ..", " /sub", " c", " here"])

    run_app(memory.session, place("d/"), on_disk(tmp_path / "disk"), look)
    assert contents(memory) == {"d/sub/a": b"sub/a", "d/sub/deep/b": b"sub/deep/b"}
    assert files_in(tmp_path / "disk") == ["c", "here", "sub/a", "sub/deep/b"]


def test_on_one_disk_a_move_is_one_step_and_what_is_in_the_way_is_asked_about(tmp_path: DiskPath) -> None:
    tree(tmp_path / "left", "sub/a", "b")
    tree(tmp_path / "right", "other")

    async def look(running: Running) -> None:
        await both_listed(running, f"{tmp_path}/left/", f"{tmp_path}/right/")
        await running.press("down", "space", "space", "f6")
        await until_counted(running, "2 entries, one step each; to another disk copied, then deleted.")
        await running.press("enter")
        await until_over(running)
        await running.until(lambda: names(running.left) == [" ..", " (empty)"])

    run_app(Session(), on_disk(tmp_path / "left"), on_disk(tmp_path / "right"), look)
    assert files_in(tmp_path) == ["right/b", "right/other", "right/sub/a"]


def test_a_move_of_two_of_which_one_has_something_in_its_way(tmp_path: DiskPath) -> None:
    tree(tmp_path / "left", "a", "b")
    tree(tmp_path / "right", "b").joinpath("b").write_text("mine")

    async def look(running: Running) -> None:
        await both_listed(running, f"{tmp_path}/left/", f"{tmp_path}/right/")
        await running.press("down", "space", "space", "f6")
        await running.until(lambda: "1 is there already" in dialog(running).plan_text.text)
        await running.press("tab", "right", "right")
        assert dialog(running).plan_text.text.endswith("already, and replaced: the old content is gone.")
        await running.press("right")
        assert dialog(running).plan_text.text.endswith("already, and replaced where older: the old content is gone.")
        await running.press("left", "left", "enter")
        await until_over(running)

    run_app(Session(), on_disk(tmp_path / "left"), on_disk(tmp_path / "right"), look)
    assert files_in(tmp_path) == ["left/b", "right/a", "right/b"]
    assert (tmp_path / "right" / "b").read_text() == "mine"


def test_a_link_to_a_directory_is_copied_as_a_link(tmp_path: DiskPath) -> None:
    tree(tmp_path / "left", "real/a")
    (tmp_path / "left" / "link").symlink_to("real")
    (tmp_path / "right").mkdir()

    async def look(running: Running) -> None:
        await both_listed(running, f"{tmp_path}/left/", f"{tmp_path}/right/")
        await running.press("down", "f5")
        assert dialog(running).body.text == "/link"
        await until_counted(running, "1 file")
        await running.press("enter")
        await until_over(running)

    run_app(Session(), on_disk(tmp_path / "left"), on_disk(tmp_path / "right"), look)
    assert os.readlink(tmp_path / "right" / "link") == "real"


def test_a_directory_that_is_not_there_is_said_and_another_one_can_be_named(tmp_path: DiskPath) -> None:
    tree(tmp_path / "left", "a")
    (tmp_path / "right").mkdir()

    async def look(running: Running) -> None:
        await both_listed(running, f"{tmp_path}/left/", f"{tmp_path}/right/")
        await running.press("down", "f5", *"missing/", "enter")
        await running.until(lambda: "no such directory to copy into" in dialog(running).error_block.text)
        assert "F7" in dialog(running).error_block.text
        await running.press(*["backspace"] * len("missing/"), "enter")
        await until_over(running)

    run_app(Session(), on_disk(tmp_path / "left"), on_disk(tmp_path / "right"), look)
    assert files_in(tmp_path / "right") == ["a"]


@pytest.mark.parametrize(("key", "said"), [("f6", "A whole bucket is not moved"), ("shift+f6", "whole bucket")])
def test_a_bucket_is_not_moved(key: str, said: str) -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory:// ")
        await running.press(key, *(["x", "enter"] if key != "f6" else []))
        await running.until(lambda: said in dialog(running).error_block.text)
        await running.press("escape")
        await until_closed(running)

    run_app(memory.session, place(bucket=""), place("d/"), look)
    assert memory.stored() == ["d/a"]


def test_among_buckets_one_is_copied_whole(tmp_path: DiskPath) -> None:
    memory = memory_with("d/a", "b")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory:// ")
        await running.press("f5")
        assert dialog(running).body.text == "/bucket"
        await until_counted(running, "2 objects, 1 directory, 10 B")
        await running.press("enter")
        await until_over(running)

    run_app(memory.session, place(bucket=""), on_disk(tmp_path), look)
    assert files_in(tmp_path) == ["bucket/b", "bucket/d/a"]


def test_on_the_row_of_the_directory_above_nothing_is_copied() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await both_listed(running)
        await running.press("home", "f5", "f6", "shift+f6")
        assert isinstance(running.app.screen, BrowseScreen)

    memory.put(["e/x"])
    run_app(memory.session, place("d/"), place("e/"), look)


def test_what_cannot_be_there_is_counted_and_fails_alone(tmp_path: DiskPath) -> None:
    memory = memory_with("d/sub/../x", "d/sub/good")
    (tmp_path / "disk").mkdir()

    async def look(running: Running) -> None:
        await both_listed(running, right=f"{tmp_path}/disk/")
        await running.press("down", "f5")
        await running.until(lambda: "! 1 cannot be there" in dialog(running).plan_text.text)
        await running.press("enter")
        await until_over(running, JobState.FAILED)
        await running.until(lambda: "1 failed (Ctrl-T says why)" in running.browse.status.text)

    run_app(memory.session, place("d/"), on_disk(tmp_path / "disk"), look)
    assert files_in(tmp_path) == ["disk/sub/good"]


@pytest.mark.parametrize("size", [(80, 24), (140, 40), (40, 12)])
def test_the_dialog_fits_any_terminal(size: tuple[int, int]) -> None:
    memory = memory_with("d/a", "e/a")

    async def look(running: Running) -> None:
        await both_listed(running) if size[0] >= 80 else None
        await running.until(lambda: bool(names(running.left)[1:]))
        await running.press("down", "f5")
        await running.pilot.pause(0.2)
        box = dialog(running).query_one("#box")
        assert box.region.right <= size[0]
        assert box.region.bottom <= size[1]

    run_app(memory.session, place("d/"), place("e/"), look, size=size)


def test_however_long_a_refusal_is_its_buttons_are_seen(tmp_path: DiskPath) -> None:
    memory = memory_with(f"d/sub/{'name-' * 180}", "d/sub/small")

    async def look(running: Running) -> None:
        await both_listed(running, right=str(tmp_path)[:30])
        await running.press("down", "f5")
        await running.until(lambda: "cannot be there" in dialog(running).plan_text.text)
        await running.pilot.pause()
        box = running.app.screen.query_one("#box").region
        assert box.height == 24, "it wants more"
        assert all(box.contains_region(button.region) for button in dialog(running).buttons.values())
        await running.press("enter")
        await until_over(running, JobState.FAILED)

    run_app(memory.session, place("d/"), on_disk(tmp_path), look)
    assert files_in(tmp_path) == ["sub/small"]
