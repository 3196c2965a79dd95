"""Each action is pressed, in each keymap that has keys of its own for it, and what it does is seen.

An action that has no keys is chosen from the palette. One without a row in :data:`tests.ui.action_effects.EFFECTS`
fails here.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest

from tests.ui.action_effects import EFFECTS, world
from tests.ui.memory_panes import place
from tests.ui.running import Running, run_app, shown_state
from tfm.core.settings import Settings
from tfm.operations.browse import BrowseState
from tfm.operations.external import Invocation
from tfm.ui.actions import ACTIONS, Action, Command
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.given_terminal import Pause
from tfm.ui.keymaps import KEYMAP_NAMES, KeyReader, keymap_of
from tfm.ui.keymaps.key_names import KeySequence
from tfm.ui.keymaps.orthodox import EVERYWHERE
from tfm.ui.palette import Palette

KEYMAPS = {name: keymap_of(name, Settings(), pytest.fail) for name in KEYMAP_NAMES}


@pytest.fixture(autouse=True)
def _a_place_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is private to a user, and what starts a program."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("EDITOR", "my-editor")
    monkeypatch.setenv("SHELL", "my-shell")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the actions that were set off, by whatever."""
    names: list[str] = []
    usual = BrowseScreen._do

    async def do(screen: BrowseScreen, command: Command) -> None:
        names.append(command.action.name)
        await usual(screen, command)

    monkeypatch.setattr(BrowseScreen, "_do", do)
    return names


def keys_for(keymap: str, action: str) -> KeySequence | None:
    """Those that this keymap alone has, else those that all have; None where there are none."""
    bound = KEYMAPS[keymap].keys_of(action)
    own = [keys for keys in bound if " ".join(keys) not in EVERYWHERE]
    return next(iter([*own, *bound]), None)


def is_own(keymap: str, action: str) -> bool:
    keys = keys_for(keymap, action)
    return keys is not None and " ".join(keys) not in EVERYWHERE


async def set_off(running: Running, keymap: str, action: Action) -> list[str]:
    """By its keys, or by the palette; the names of the actions that this is."""
    keys = keys_for(keymap, action.name)
    if keys is not None:
        await running.press(*keys)
        return [action.name]
    if KEYMAPS[keymap].typing == action.name:
        return [action.name]  # what is typed behind it sets it off
    await running.press("ctrl+p")
    palette = running.app.screen
    assert isinstance(palette, Palette)
    palette.field.set_value(f"({action.name})")
    await running.press("enter")
    await running.until(lambda: running.app.screen is not palette)
    return ["palette", action.name]


def test_every_action_has_an_effect_and_every_effect_an_action() -> None:
    assert {action.name for action in ACTIONS} == set(EFFECTS)


@pytest.mark.parametrize("keymap", KEYMAP_NAMES)
def test_every_binding_is_read_as_what_the_tables_say(keymap: str) -> None:
    for keys, command in KEYMAPS[keymap].commands.items():
        reader = KeyReader(KEYMAPS[keymap], lambda: 0.0)
        readings = [reader.read(key) for key in keys]
        assert all(reading.pending and reading.command is None for reading in readings[:-1]), keys
        assert readings[-1].command == command or readings[-1].pending == keys, keys


PRESSED = [
    (keymap, action)
    for keymap in KEYMAP_NAMES
    for action in ACTIONS
    # What has no keys of its own in a later keymap was pressed in the first.
    if keymap == KEYMAP_NAMES[0] or is_own(keymap, action.name)
]


@pytest.mark.parametrize(
    ("keymap", "action"),
    [(keymap, action) for keymap, action in PRESSED if not EFFECTS[action.name].opens],
    ids=lambda each: each.name if isinstance(each, Action) else each,
)
def test_its_keys_do_it(keymap: str, action: Action, done: list[str]) -> None:
    async def look(running: Running) -> None:
        await begin(running)
        await press(running, keymap, action, done)

    run_app(world(keymap).session, place("left/"), place("right/"), look)


@pytest.mark.parametrize("keymap", KEYMAP_NAMES)
def test_its_keys_open_it(keymap: str, done: list[str]) -> None:
    """One after the other in one program, each closed again."""
    actions = [action for each, action in PRESSED if each == keymap and EFFECTS[action.name].opens]
    assert len(actions) > 20

    async def look(running: Running) -> None:
        await begin(running)
        for action in actions:
            try:
                await press(running, keymap, action, done)
            except BaseException as error:
                error.add_note(f"of {action.name}")
                raise
            await running.app.pop_screen()
            assert running.app.screen is running.browse

    run_app(world(keymap).session, place("left/"), place("right/"), look)


async def begin(running: Running) -> None:
    running.browse.run_outside = outside(running)  # type: ignore[method-assign]
    await running.until(lambda: both_listed(running))


async def press(running: Running, keymap: str, action: Action, done: list[str]) -> None:
    """And see what it does."""
    effect = EFFECTS[action.name]
    effect.prepare(running)
    await running.press("home", *effect.before.split())
    await running.until(lambda: both_listed(running))
    assert not effect.seen(running), "what is to be seen is so already"
    done.clear()
    expected = await set_off(running, keymap, action)
    await running.press(*effect.then.split())
    await running.until(lambda: effect.seen(running))
    # An action whose argument is typed sets itself off again, with it.
    assert [name for name, _again in groupby(done)] == expected


def both_listed(running: Running) -> bool:
    return all(shown_state(pane) is BrowseState.COMPLETE for pane in running.browse.panes)


def outside(running: Running) -> Callable[..., int]:
    def run(invocation: Invocation, *, pause: Pause, heading: str = "") -> int:
        running.browse.say(f"{invocation.arguments[0]} was here")
        return 0

    return run
