"""F8: counted first, asked, done, and what was left is said."""

from __future__ import annotations

from pathlib import Path as DiskPath

import pytest

from tests.ui.memory_panes import Memory, denied, place
from tests.ui.running import Running, cursor_name, names, run_app
from tfm.core.entry import Kind
from tfm.core.errors import NetworkError
from tfm.core.location import Location, StorageAddress
from tfm.storage.session import Session
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.delete_dialog import DeleteDialog
from tfm.ui.deleting_dialog import DeletingDialog
from tfm.ui.quit_dialog import QuitDialog


def memory_with(*keys: str) -> Memory:
    memory = Memory()
    memory.put(keys)
    return memory


def asking(running: Running) -> DeleteDialog:
    assert isinstance(running.app.screen, DeleteDialog), running.app.screen
    return running.app.screen


def deleting(running: Running) -> DeletingDialog:
    assert isinstance(running.app.screen, DeletingDialog), running.app.screen
    return running.app.screen


async def until_asked(running: Running, text: str) -> None:
    await running.until(lambda: text in asking(running).question.text)


async def until_closed(running: Running) -> None:
    await running.until(lambda: isinstance(running.app.screen, BrowseScreen))


async def until_ended(running: Running) -> None:
    await running.until(
        lambda: isinstance(running.app.screen, DeletingDialog) and running.app.screen.has_class("-ended")
    )


@pytest.mark.parametrize("key", ["f8", "delete"])
def test_the_file_under_the_cursor_is_deleted_and_both_panes_show_it(key: str) -> None:
    memory = memory_with("d/a", "d/b", "d/c")

    async def look(running: Running) -> None:
        left, right = running.left, running.right
        await running.until_listed(left, "memory://bucket/d/")
        await running.until_listed(right, "memory://bucket/d/")
        await running.press("down", "down", key)
        await until_asked(running, "Delete 1 object, 5 B, in 1 request?\nPermanently: this cannot be undone.")
        assert asking(running).body.text == "b"
        await running.press("enter")
        await until_closed(running)
        await running.until(lambda: names(left) == [" ..", " a", " c"] and names(right) == [" ..", " a", " c"])
        assert cursor_name(left) == "c"
        assert memory.stored() == ["d/a", "d/c"]
        assert memory.requests == {"list": 1, "delete many": 1} or memory.requests == {"list": 2, "delete many": 1}

    run_app(memory.session, place("d/"), place("d/"), look)


def test_a_tree_needs_a_step_to_the_button() -> None:
    memory = memory_with(*(f"d/many/{number:04}" for number in range(1200)), "d/a", "d/many-more")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "space", "space", "f8")
        await until_asked(running, "Delete 1,201 objects, 5.9 KB, in 2 requests?\nPermanently: this cannot be undone.")
        assert asking(running).body.text == "/many\na"
        await running.press("enter")
        await until_closed(running)
        assert len(memory.stored()) == 1000, "a page of the 1,202: nothing was deleted"
        await running.press("f8")
        await until_asked(running, "1,201")
        await running.press("left", "enter")
        await until_closed(running)
        await running.until(lambda: names(running.left) == [" ..", " many-more"])
        assert memory.stored() == ["d/many-more"]
        assert running.left.footer.text == "1 entry", "nothing is selected any more"

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


def test_the_way_up_is_never_deleted() -> None:
    memory = memory_with("d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("f8")
        assert isinstance(running.app.screen, BrowseScreen)

    run_app(memory.session, place("d/"), place("d/"), look)


def test_enter_does_nothing_before_all_is_counted_and_escape_leaves() -> None:
    memory = memory_with("d/a", "d/sub/x")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        gate = memory.gate("list_page")
        await running.press("down", "f8")
        await running.until(memory.entered.is_set)
        assert asking(running).question.text == "counting…"
        await running.press("left", "enter")
        assert isinstance(running.app.screen, DeleteDialog)
        await running.press("escape")
        await until_closed(running)
        gate.set()
        assert memory.stored() == ["d/a", "d/sub/x"]

    run_app(memory.session, place("d/"), place("d/"), look)


def test_what_was_denied_is_listed_and_stays_selected() -> None:
    keys = [f"d/{number:04}" for number in range(1500)]
    memory = memory_with(*keys)
    memory.denied = {keys[3], keys[1400]}

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "memory://bucket/d/")
        for key in keys:
            left.list.selection.toggle(key, Kind.FILE, 5)
        await running.press("f8")
        await until_asked(running, "Delete 1,500 objects, 7.3 KB, in 2 requests?")
        await running.press("enter")
        await until_ended(running)
        dialog = deleting(running)
        assert dialog.body.text == "1,498 of 1,500 deleted, 7.3 KB; 2 not. Delete again what is left."
        assert dialog.failures.text.count("Access denied.") == 2
        assert "→ Ask the owner." in dialog.failures.text
        assert keys[1400] in dialog.failures.text
        await running.press("enter")
        await until_closed(running)
        await running.until(lambda: names(left) == [" ..", "*0003", "*1400"])
        assert left.list.selection.entries() == [(keys[3], Kind.FILE), (keys[1400], Kind.FILE)]

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


def test_a_lost_answer_is_said() -> None:
    memory = memory_with("d/a", "d/b")
    memory.errors["delete_many"] = NetworkError("The connection broke.", next_step="Check it.")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "space", "space", "f8")
        await until_asked(running, "2 objects")
        await running.press("enter")
        await until_ended(running)
        text = deleting(running).body.text
        assert text.startswith("Stopped. 0 of 2 deleted")
        assert "Of 2 the answer was lost: they may be gone." in text
        assert "The connection broke." in deleting(running).failures.text
        await running.press("escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


def test_escape_stops_behind_the_batch_under_way_and_says_how_far_it_came() -> None:
    memory = memory_with(*(f"d/many/{number:04}" for number in range(1200)), "d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "f8")
        await until_asked(running, "1,200 objects")
        gate = memory.gate("delete_many")
        await running.press("left", "enter")
        await running.until(memory.entered.is_set)
        await running.press("enter", "enter")  # still held down since the question
        assert "Deleting…" in deleting(running).body.text
        await running.press("escape")
        assert "Stopping" in deleting(running).body.text
        gate.set()
        await until_ended(running)
        assert deleting(running).body.text.startswith("Stopped. 1,000 of 1,200 deleted")
        await running.press("enter")
        await until_closed(running)
        await running.until_listed(running.left, "memory://bucket/d/")
        assert names(running.left) == [" ..", " /many", " a"]

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


def test_progress_is_shown() -> None:
    memory = memory_with(*(f"d/many/{number:04}" for number in range(1200)), "d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "f8")
        await until_asked(running, "1,200 objects")
        gate = memory.gate("delete_many")
        await running.press("left", "enter")
        await running.until(memory.entered.is_set)
        assert deleting(running).progress.text == "0 of 1,200, 0 B of 5.9 KB"
        assert deleting(running).bar.text.endswith(" 0 %")
        assert asked_nothing_meanwhile(running)
        gate.set()
        await until_closed(running)

    def asked_nothing_meanwhile(running: Running) -> bool:
        return all(pane.visit is not None and pane.visit.ended for pane in running.browse.panes)

    run_app(memory.session, place("d/"), place(), look)


def test_a_tree_that_is_deleted_is_looked_at_once_at_the_end() -> None:
    memory = memory_with(*(f"d/many/{number:04}" for number in range(1200)), "d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.until_listed(running.right, "memory://bucket/d/many/")
        before = memory.requests
        await running.press("down", "f8")
        await until_asked(running, "1,200 objects")
        await running.press("left", "enter")
        await until_closed(running)
        await running.until(lambda: names(running.left) == [" ..", " a"])
        await running.until(lambda: running.right.footer.text == "not there any more")
        asked = memory.requests
        assert asked["delete many"] == 2
        assert asked["list"] - before["list"] <= 2 + 3, "the counting, then one look for the left, two for the right"

    run_app(memory.session, place("d/"), place("d/many/"), look)


def test_everything_in_a_bucket_goes_only_by_its_name() -> None:
    memory = memory_with("d/a", "x")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/")
        await running.press("down", "space", "space", "f8")
        await until_asked(running, "2 objects")
        assert "everything in bucket. Type its name" in asking(running).wanted.text
        await running.press(*"buckeT", "enter", "tab", "enter")
        assert isinstance(running.app.screen, DeleteDialog)
        await running.press("shift+tab", "backspace", "t", "enter")
        await until_closed(running)
        assert memory.stored() == []

    run_app(memory.session, place(), place("d/"), look)


def test_names_that_are_not_what_they_look_like_stand_first_with_a_warning() -> None:
    odd = "photo\u202egnp.exe"
    memory = memory_with(*(f"d/{number}" for number in range(8)), f"d/{odd}")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", *["space"] * 9, "f8")
        await until_asked(running, "9 objects")
        assert asking(running).body.text.splitlines() == ["photo‹202E›gnp.exe", "0", "1", "2", "and 5 more"]
        assert asking(running).warning.text.startswith("! 1 of these names holds control, invisible")
        assert "\u202e" not in running.app.export_screenshot()
        await running.press("escape")

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


def test_what_is_gone_already_is_said_and_deletes_nothing() -> None:
    memory = memory_with("d/a", "d/sub/x")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        memory.store.remove("bucket", "d/sub/x")
        await running.press("down", "f8")
        await until_asked(running, "There is nothing here to delete.")
        assert "no such directory" in asking(running).error_block.text
        await running.press("enter")
        await until_closed(running)
        assert memory.stored() == ["d/a"]

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


def test_quitting_while_a_delete_runs_asks_and_stops_it() -> None:
    memory = memory_with(*(f"d/many/{number:04}" for number in range(1200)), "d/a")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "f8")
        await until_asked(running, "1,200 objects")
        gate = memory.gate("delete_many")
        await running.press("left", "enter")
        await running.until(memory.entered.is_set)
        await running.press("ctrl+q", "ctrl+q")
        quit_dialog = running.app.screen
        assert isinstance(quit_dialog, QuitDialog)
        assert quit_dialog.body.text == "A delete is running. Stop it and quit?"
        await running.press("enter")
        assert isinstance(running.app.screen, DeletingDialog), "the button to stay had the focus"
        await running.press("ctrl+q", "left", "enter")
        gate.set()
        await running.until(lambda: running.app.return_value == 0)
        assert memory.requests["delete many"] == 1

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


def test_a_delete_that_ends_below_the_question_of_quitting_says_so_and_stays() -> None:
    memory = memory_with("d/a", "d/b")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        gate = memory.gate("delete_many")
        await running.press("down", "f8")
        await until_asked(running, "1 object")
        await running.press("enter")
        await running.until(memory.entered.is_set)
        await running.press("ctrl+q")
        gate.set()
        below = running.app.screen_stack[-2]
        await running.until(lambda: below.has_class("-ended"))
        await running.press("escape", "escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


def test_a_silent_server_holds_up_neither_leaving_nor_quitting() -> None:
    memory = memory_with("d/a", "d/b")

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        gate = memory.gate("delete_many")
        await running.press("down", "f8")
        await until_asked(running, "1 object")
        await running.press("enter")
        await running.until(memory.entered.is_set)
        await running.press("escape", "escape")
        await until_closed(running)
        await running.press("f10")
        assert isinstance(running.app.screen, QuitDialog)
        await running.press("left", "enter")
        await running.until(lambda: running.app.return_value == 0)
        gate.set()

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


def test_on_a_disk_a_tree_goes_and_a_link_alone(tmp_path: DiskPath) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("x")
    (tmp_path / "pane" / "sub" / "below").mkdir(parents=True)
    (tmp_path / "pane" / "sub" / "file").write_text("12345")
    (tmp_path / "pane" / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "pane" / "stays").write_text("x")
    here = Location(StorageAddress("file"), f"{tmp_path}/pane/", Kind.DIRECTORY)

    async def look(running: Running) -> None:
        left = running.left
        await running.until(lambda: len(left.list) == 4)
        await running.press("down", "space", "space", "shift+f8")
        await until_asked(running, "Permanently: this cannot be undone.")
        assert asking(running).question.text.startswith("Delete 4 entries, ")
        await running.press("left", "enter")
        await until_closed(running)
        await running.until(lambda: names(left) == [" ..", " stays"])
        assert (tmp_path / "kept" / "file").exists()
        assert sorted(path.name for path in (tmp_path / "pane").iterdir()) == ["stays"]

    run_app(Session(), here, here, look)


def test_a_file_without_permission_in_a_tree_is_named(tmp_path: DiskPath) -> None:
    memory = memory_with("d/sub/a", "d/sub/b", "d/sub/c", "d/x")
    memory.denied = {"d/sub/b"}

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/d/")
        await running.press("down", "space", "f8")
        await until_asked(running, "3 objects")
        await running.press("left", "enter")
        await until_ended(running)
        assert str(denied("d/sub/b").uri) in deleting(running).failures.text
        await running.press("escape")
        await until_closed(running)
        await running.until_listed(running.left, "memory://bucket/d/")
        assert names(running.left) == [" ..", "*/sub", " x"]
        assert memory.stored() == ["d/sub/b", "d/x"]

    run_app(memory.session, place("d/"), place("elsewhere/"), look)


@pytest.mark.parametrize("size", [(80, 24), (30, 12)])
def test_the_dialogs_fit_any_terminal(size: tuple[int, int]) -> None:
    keys = [f"d/{'long name ' * 10}{number}" for number in range(40)]
    memory = memory_with(*keys)
    memory.denied = set(keys)

    async def look(running: Running) -> None:
        await running.until(lambda: len(running.left.list) == 41)
        await running.press("down", *["space"] * 40, "f8")
        await until_asked(running, "40 objects")
        for _ in range(2):
            box = running.app.screen.query_one("#box")
            assert box.region.right <= size[0]
            assert box.region.bottom <= size[1]
            shown = [button for button in running.app.screen.query("DialogButton") if button.display]
            assert all(box.region.contains_region(button.region) for button in shown)
            if isinstance(running.app.screen, DeleteDialog):
                await running.press("enter")
                await until_ended(running)
        await running.press("pagedown", "escape")
        await until_closed(running)

    run_app(memory.session, place("d/"), place("elsewhere/"), look, size=size)
