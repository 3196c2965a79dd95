from __future__ import annotations

import time

from tests.scripted_backend import SCHEME, Clock, Script, directory, make_session, storage_error
from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app
from tfm.operations.view import BLOCK_BYTES
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.pager import PagerView
from tfm.ui.pane import Pane
from tfm.ui.screen_keys import PAGER_KEYS


def rows(view: PagerView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


async def open_pager(running: Running, key: str = "f3") -> PagerView:
    await running.until_listed(running.left, "scripted://bucket/")
    await running.press("end", key)
    await running.until(lambda: len(running.app.screen_stack) == 2)
    view = running.pager.pager
    await running.until(lambda: not view.waits)
    return view


def one_file(content: bytes) -> Script:
    return Script({"": ["file"]}, contents={"file": content})


def test_a_large_file_is_read_where_one_looks() -> None:
    content = b"".join(b"line %07d\n" % number for number in range(400_000))
    script = one_file(content)

    async def look(running: Running) -> None:
        view = await open_pager(running)
        height = view.size.height
        assert rows(view) == [f"line {number:07}" for number in range(height)]
        assert view.position_text.startswith("byte 0 of 5,200,000 (5.0 MB)")
        await running.press("down", "pagedown", "pagedown", "home")
        assert len(script.reads) == 1, "what is far away is not asked for"
        await running.press("end")
        await running.until(lambda: rows(view)[-1] == "line 0399999")
        assert rows(view)[0] == f"line {400_000 - height:07}"
        assert view.position_text.endswith("100 %")
        assert len(script.reads) <= 3
        assert all(length == BLOCK_BYTES for _, _, length in script.reads)
        await running.press("up", "pageup", "pagedown", "down")
        assert rows(view)[-1] == "line 0399999"
        await running.press("down", "pagedown")
        assert rows(view)[-1] == "line 0399999"
        await running.press("home", "down", "pagedown")
        assert rows(view)[0] == f"line {height:07}"
        await running.press("pageup", "up", "up")
        assert rows(view)[0] == "line 0000000"
        assert len(script.reads) <= 4
        await running.press("escape")
        await running.until(lambda: isinstance(running.app.screen, BrowseScreen))
        assert f"{len(script.reads)} GET" in running.browse.status.text

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look)


def test_enter_views_a_file_and_its_content_is_shown_harmlessly() -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running, "enter")
        assert rows(view)[:3] == ["␛[2J␛]0;owned␇", "[bold]markup[/]", "x" * 80]
        assert "\x1b" not in running.app.export_screenshot()
        await running.press("q")
        await running.until(lambda: isinstance(running.app.screen, BrowseScreen))

    content = b"\x1b[2J\x1b]0;owned\x07\n[bold]markup[/]\n" + b"x" * 200 + b"\n"
    run_app(make_session({SCHEME: one_file(content)}, Clock()), directory(), directory(), look)


def test_binary_is_shown_in_hexadecimal_and_can_be_switched() -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        assert rows(view)[0].startswith("0000000000  7f 45 4c 46 00")
        await running.press("h")
        assert rows(view)[0].startswith("\x7fELF\0".replace("\x7f", "␡").replace("\0", "␀"))
        await running.press("f4")
        assert rows(view)[1].startswith("0000000010")

    run_app(make_session({SCHEME: one_file(b"\x7fELF\0" * 100)}, Clock()), directory(), directory(), look)


def test_an_error_is_shown_in_the_pager_and_reading_again_clears_it() -> None:
    script = one_file(b"text\n")
    script.read_errors["file"] = storage_error()

    async def look(running: Running) -> None:
        view = await open_pager(running)
        screen = running.pager
        assert "The server is on fire." in screen.error_block.text
        assert "Call the fire brigade." in screen.error_block.text
        script.read_errors.clear()
        await running.press("ctrl+r")
        await running.until(lambda: rows(view)[0] == "text")
        await running.until(lambda: screen.error_block.text == "")

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look)


def test_an_empty_file_has_no_rows() -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.press("end", "down", "up", "pageup", "h")
        assert set(rows(view)) == {""}
        assert view.position_text == "byte 0 of 0 (0 B)  100 %"

    run_app(make_session({SCHEME: one_file(b"")}, Clock()), directory(), directory(), look)


def test_a_file_that_became_shorter_is_shown_to_its_end_when_read_again() -> None:
    script = one_file(b"".join(b"old %05d\n" % number for number in range(20_000)))

    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.press("end")
        await running.until(lambda: rows(view)[-1] == "old 19999")
        script.contents["file"] = b"".join(b"new %d\n" % number for number in range(100))
        script.reads.clear()
        await running.press("ctrl+r")
        await running.until(lambda: rows(view)[-1] == "new 99")
        assert [start for _, start, _ in script.reads] == [0], "nothing is asked for beyond the end"
        assert view.position_text.endswith("100 %")
        script.contents["file"] = b""
        await running.press("ctrl+r")
        await running.until(lambda: not any(rows(view)))
        assert view.position_text.startswith("byte 0 of 0")

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look)


def test_keys_that_arrive_as_the_pager_opens_or_goes_away_do_no_harm() -> None:
    script = one_file(b"text\n" * 100)

    async def look(running: Running) -> None:
        view = await open_pager(running)
        screen = running.pager
        screen.action_leave()
        await running.until(lambda: not view.is_attached)
        for entry in PAGER_KEYS:
            await running.app.run_action(entry.action, screen)
        assert isinstance(running.app.screen, BrowseScreen)

        location = running.left.location
        running.left.post_message(Pane.ViewWanted(location))
        running.left.post_message(Pane.ViewWanted(location))
        await running.until(lambda: len(running.app.screen_stack) > 1)
        await running.pilot.pause()
        assert len(running.app.screen_stack) == 2

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look)


def test_the_title_says_when_it_was_written_and_which_version_it_is() -> None:
    memory = Memory()
    memory.store.put("bucket", {"file": b"text\n"})
    etag = next(iter(memory.open(place().storage).list_page(""))).etag

    async def look(running: Running) -> None:
        await running.until_listed(running.left, "memory://bucket/")
        await running.press("end", "f3")
        await running.until(lambda: len(running.app.screen_stack) == 2)
        await running.until(lambda: f"etag {etag}" in running.pager.title_text)
        assert time.strftime("%m-%d ") in running.pager.title_text
        await running.pilot.resize_terminal(80, 24)
        await running.until(lambda: "etag" not in running.pager.title_text)

    run_app(memory.session, place(), place(), look, size=(140, 40))
