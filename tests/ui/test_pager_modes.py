from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.scripted_backend import SCHEME, Clock, Script, directory, make_session
from tests.ui.running import Running, run_app
from tests.ui.test_pager import open_pager, rows
from tfm.operations.view import BLOCK_BYTES
from tfm.ui.pager_view import PagerView

PYTHON = b"def name():\n    return 'text'\n" * 2000


def look_at(
    name: str, content: bytes, look: Callable[[Running], Awaitable[None]], size: tuple[int, int] = (80, 24)
) -> Script:
    script = Script({"": [name]}, contents={name: content})
    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look, size=size)
    return script


def colour_names(view: PagerView) -> set[str]:
    styles = [segment.style for y in range(view.size.height) for segment in view.render_line(y)]
    return {style.color.name for style in styles if style and style.color and style.color.name != "default"}


def test_source_code_has_colours_and_one_request_is_enough() -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.until(lambda: {"magenta", "blue", "green"} <= colour_names(view))
        assert view.mode_text == "python"
        assert rows(view)[0] == "def name():"
        await running.press("c")
        assert not colour_names(view)
        await running.press("f9")
        assert colour_names(view)
        await running.press("end")
        await running.until(lambda: "magenta" in colour_names(view))
        await running.press("h")
        assert not colour_names(view)

    script = look_at("code.py", PYTHON, look)
    assert script.reads == [("code.py", 0, BLOCK_BYTES)]


def test_no_color_leaves_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.until(lambda: bool(colour_names(view)))
        strips = [strip for y in range(24) for strip in [running.app.screen._compositor.render_strips()[y]]]
        shown = {s.style.color.name for strip in strips for s in strip if s.style and s.style.color}
        assert shown <= {"default"}
        assert rows(view)[0] == "def name():"

    look_at("code.py", PYTHON, look)


def test_following_shows_what_is_added_and_says_what_it_costs() -> None:
    script = Script({"": ["log"]}, contents={"log": b"".join(b"line %d\n" % number for number in range(1000))})

    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.press("F")
        await running.until(lambda: rows(view)[-1] == "line 999")
        assert "one request every 5 s, 720 an hour" in running.pager.status.text
        script.contents["log"] += b"line 1000\n"
        view.view.look_for_change()
        await running.until(lambda: rows(view)[-1] == "line 1000")
        script.contents["log"] = b"rotated\n"
        view.view.look_for_change()
        await running.until(lambda: rows(view)[0] == "rotated")
        await running.press("escape")
        await running.until(lambda: not view.follows)
        assert running.pager.pager is view
        await running.press("F", "up")
        assert not view.follows

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look)
