"""Keys that are held down, or that mean something else on a directory."""

from __future__ import annotations

from tests.scripted_backend import SCHEME, Clock, Script, directory, make_session
from tests.ui.running import Running, cursor_name, run_app

MANY = [f"d{number:02d}/" for number in range(28)]


def test_refresh_that_is_held_down_is_one_request() -> None:
    script = Script({"": ["a"], "other/": []})

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/")
        script.requests.clear()
        gate = script.gate("")
        await running.press(*["ctrl+r"] * 20)
        gate.set()
        await running.until(lambda: left.visit is not None and left.visit.ended)
        assert script.requests == ["list bucket/ 0"]
        await running.press("ctrl+r")
        await running.until(lambda: len(script.requests) == 2)

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("other/"), look)


def test_view_of_a_directory_is_what_is_in_it() -> None:
    script = Script({"": ["deep/"], "deep/": ["a"], "other/": []})

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "scripted://bucket/")
        await running.press("down", "f3")
        await running.until_listed(running.left, "scripted://bucket/deep/")

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory("other/"), look)


def test_coming_back_hides_nothing_that_had_room() -> None:
    script = Script({"": MANY, "d20/": ["a"], "other/": []})

    async def look(running: Running) -> None:
        left = running.left
        await running.until_listed(left, "scripted://bucket/d20/")
        await running.press("backspace")
        await running.until_listed(left, "scripted://bucket/")
        await running.until(lambda: cursor_name(left) == "d20")
        assert left.list.scroll_offset.y == 0

    run_app(make_session({SCHEME: script}, Clock()), directory("d20/"), directory("other/"), look, size=(80, 40))
