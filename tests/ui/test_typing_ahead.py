"""Keys that come before the rows they are meant for."""

from __future__ import annotations

from tests.scripted_backend import SCHEME, Clock, Script, directory, make_session
from tests.ui.running import Running, cursor_name, run_app

TREE = {
    "": ["deep/", "other/", "readme.txt"],
    "deep/": ["below/", "a"],
    "deep/below/": ["c", "d"],
    "other/": [],
}


def test_keys_typed_before_the_rows_wait_for_them() -> None:
    script = Script(dict(TREE))
    gate = script.gate("deep/")

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        await running.press("down", "enter", "down", "enter", "end")
        gate.set()
        await running.until_listed(left, "scripted://bucket/deep/below/")
        await running.until(lambda: cursor_name(left) == "d")

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("other/"), look)


def test_going_up_and_on_starts_from_the_directory_that_was_left() -> None:
    script = Script(dict(TREE))

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/deep/below/")
        await running.press("backspace", "backspace", "down")
        await running.until_listed(left, "scripted://bucket/")
        await running.until(lambda: cursor_name(left) == "other")
        await running.press("up", "enter")
        await running.until_listed(left, "scripted://bucket/deep/")

    run_app(make_session({SCHEME: script}, Clock()), directory("deep/below/"), directory("other/"), look)


def test_keys_typed_long_before_the_rows_are_forgotten() -> None:
    script = Script(dict(TREE))
    gate = script.gate("deep/")
    clock = Clock()

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        await running.press("down", "enter", "down", "enter")
        clock.now += 1.0
        gate.set()
        await running.until_listed(left, "scripted://bucket/deep/")
        assert cursor_name(left) == ".."

    run_app(make_session({SCHEME: script}, clock), directory(), directory("other/"), look)


def test_going_elsewhere_forgets_what_was_typed_for_here() -> None:
    script = Script(dict(TREE))
    gate = script.gate("deep/")

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        await running.press("down", "enter", "down", "enter", "backspace")
        await running.until_listed(left, "scripted://bucket/")
        gate.set()
        assert cursor_name(left) == "deep"

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("other/"), look)
