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
        assert "a request every 5 s, 720 an hour" in running.pager.status.text
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


def test_json_is_laid_out_and_can_be_seen_as_it_is() -> None:
    content = b'{"name": "tfm", "sizes": [1, 2], "inside": {"found": true}}'

    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.until(lambda: rows(view)[:3] == ["{", '  "name": "tfm",', '  "sizes": ['])
        assert view.mode_text == "json, laid out"
        await running.press("slash", *"found", "enter")
        await running.until(lambda: view.hit is not None)
        await running.press("f8")
        await running.until(lambda: rows(view)[0] == content.decode())
        assert view.mode_text == "json"
        await running.press("r")
        assert rows(view)[0] == "{"
        await running.press("h")
        assert rows(view)[0].startswith("0000000000  7b 22 6e")

    script = look_at("a.json", content, look)
    assert script.reads == [("a.json", 0, BLOCK_BYTES)]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b'{"a": 1, oops}\n' * 9, "no JSON from line 1 on"), (b'["a"]\n' * 1_000_000, "more than 4.0 MB: shown as it is")],
)
def test_what_cannot_be_laid_out_is_shown_as_it_is(content: bytes, said: str) -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.until(lambda: said in view.mode_text)
        assert rows(view)[1] == content.splitlines()[1].decode()
        await running.press("end")
        await running.until(lambda: view.position_text.endswith("100 %"))

    script = look_at("a.json", content, look)
    assert len(script.reads) <= 3


def test_a_table_keeps_its_header_and_is_read_where_one_looks() -> None:
    lines = [f'{number},"name, {number}",{"x" * 60},{number / 7:.3f}' for number in range(100_000)]
    content = "\n".join(["id,name,long,share", *lines, ""]).encode()

    async def look(running: Running) -> None:
        view = await open_pager(running)
        assert rows(view)[0].startswith("   id │ name")
        assert rows(view)[1].startswith("    0 │ name, 0")
        assert view.mode_text == "table, 4 columns"
        await running.press("down")
        assert rows(view)[0].startswith("   id │ name")
        assert rows(view)[1].startswith("    1 │ name, 1")
        await running.press("up", "up")
        assert rows(view)[1].startswith("    0 │ name, 0")
        await running.press("end")
        await running.until(lambda: rows(view)[-1].startswith("99999 │ name, 99999"))
        assert rows(view)[0].startswith("   id │ name")
        await running.press("home", *["right"] * 7)
        assert "share" in rows(view)[0]
        await running.press("slash", *"name, 50000", "enter")
        await running.until(lambda: view.hit is not None)
        assert view.column <= 8
        await running.press("home", "f8")
        assert rows(view)[0] == "id,name,long,share"
        assert rows(view)[1].startswith('0,"name, 0"')

    script = look_at("a.csv", content, look)
    assert script.reads[0] == ("a.csv", 0, BLOCK_BYTES)
    assert len(script.reads) <= 12


def test_markdown_is_laid_out_again_when_the_width_changes() -> None:
    content = b"# Title\n\n" + b"word " * 100 + b"\n\n* item\n"

    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.until(lambda: view.mode_text == "markdown, laid out")
        assert any("• item" in row for row in rows(view))
        before = [row for row in rows(view) if "word" in row]
        await running.pilot.resize_terminal(40, 14)
        await running.until(lambda: sum("word" in row for row in rows(view)) > len(before))
        await running.press("slash", *"item", "enter")
        await running.until(lambda: view.hit is not None)

    look_at("a.md", content, look)


@pytest.mark.parametrize("size", [(80, 24), (40, 14)])
def test_the_lines_say_mode_and_place_at_any_size(size: tuple[int, int]) -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.until(lambda: view.mode_text == "python")
        await running.pilot.pause()
        lines = [strip.text for strip in running.app.screen._compositor.render_strips()]
        assert "[python]" in lines[0]
        assert "byte 0 of" in lines[-2]
        assert "%" in lines[-2]
        assert lines[-1].startswith("1 Help 2 Wrap 3 Back 4 Hex 5 Go to")
        assert len(lines) == size[1]

    look_at("code.py", PYTHON, look, size)
