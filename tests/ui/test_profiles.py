"""Another profile for the place of a pane."""

from __future__ import annotations

from collections.abc import Sequence

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app, shown_state
from tfm.core.errors import CredentialsError
from tfm.core.location import StorageAddress
from tfm.operations.browse import BrowseState
from tfm.storage.contract import Root
from tfm.ui.profile_dialog import ProfileDialog


class WithProfiles(Memory):
    def roots(self) -> Sequence[Root]:
        names = (None, "research", "work")
        return [Root("memory://", StorageAddress("memory", "", name), f"profile {name}") for name in names]


def world(memory: Memory) -> Memory:
    memory.store.put("bucket", {"left/a.txt": b"1", "right/b": b""})
    return memory


def test_the_same_place_is_opened_under_the_profile_that_is_chosen() -> None:
    memory = world(WithProfiles())

    async def look(running: Running) -> None:
        await running.until(lambda: shown_state(running.left) is BrowseState.COMPLETE)
        await running.press("alt+p")
        dialog = running.app.screen
        assert isinstance(dialog, ProfileDialog)
        await running.until(lambda: len(dialog.list.rows) == 3)
        assert (dialog.list.rows[0].text, dialog.list.rows[0].note) == ("default", "now")
        await running.press(*"work", "enter")
        await running.until(lambda: running.left.location.storage.profile == "work")
        assert running.left.location.key == "left/"
        await running.until(lambda: shown_state(running.left) is BrowseState.COMPLETE)
        assert "work" in running.left.title_text
        assert running.right.location.storage.profile is None

    run_app(memory.session, place("left/"), place("right/"), look)


def test_a_storage_without_profiles_says_so() -> None:
    memory = world(Memory())

    async def look(running: Running) -> None:
        await running.until(lambda: shown_state(running.left) is BrowseState.COMPLETE)
        await running.press("alt+p")
        dialog = running.app.screen
        assert isinstance(dialog, ProfileDialog)
        await running.until(lambda: "knows no other profiles" in dialog.list.render_line(0).text)
        await running.press("escape")
        assert running.app.screen is running.browse

    run_app(memory.session, place("left/"), place("right/"), look)


def test_who_is_not_let_in_is_told_the_key_by_which_the_keymap_chooses_a_profile() -> None:
    memory = world(Memory())
    memory.errors["list_page"] = CredentialsError("No credentials.", next_step="Log in.", uri="memory://bucket/left/")

    async def look(running: Running) -> None:
        await running.until(lambda: shown_state(running.left) is BrowseState.FAILED)
        text = running.left.error_block.text
        assert "Log in." in text
        assert text.endswith("→ Alt-P chooses another profile.")

    run_app(memory.session, place("left/"), place("right/"), look)
