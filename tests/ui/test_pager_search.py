from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator

import pytest

from tests.scripted_backend import DEADLINE_SECONDS, SCHEME, Clock, Script, directory, make_session
from tests.ui.running import Running, run_app
from tests.ui.test_pager import one_file, open_pager, rows
from tfm.operations import expression_process
from tfm.operations.view import BLOCK_BYTES, View
from tfm.ui.browse_screen import BrowseScreen
from tfm.ui.pager_dialogs import FindDialog, GoDialog, Place, place_of_text
from tfm.ui.pager_view import PagerView
from tfm.ui.viewer_rows import FOUND, FOUND_TOO

LINES = b"".join(b"line %07d\n" % number for number in range(100_000))
LINE_BYTES = 13


async def find(running: Running, text: str, *keys: str) -> None:
    """Type it, then these keys, then Enter; wait until the search has ended."""
    screen = running.pager
    await running.press("slash")
    await running.until(lambda: isinstance(running.app.screen, FindDialog))
    await running.press("ctrl+u", *text, *keys, "enter")
    await running.until(lambda: running.app.screen is screen and not screen.search.runs)


def found(view: PagerView) -> str:
    """The text that is marked as found, on the whole screen."""
    marked = [segment.text for y in range(view.size.height) for segment in view.render_line(y) if _reversed(segment)]
    return "".join(marked)


def _reversed(segment: object) -> bool:
    style = getattr(segment, "style", None)
    return bool(style and style.reverse)


def look_at(content: bytes, look: Callable[[Running], Awaitable[None]], size: tuple[int, int] = (80, 24)) -> Script:
    script = one_file(content)
    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look, size=size)
    return script


def test_what_is_found_is_shown_and_marked_and_n_goes_on() -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        await find(running, "LINE 00500")
        await running.until(lambda: found(view) == "line 00500")
        assert "line 0050000" in rows(view)
        assert f"found at byte {50_000 * LINE_BYTES:,}" in running.pager.status.text
        assert rows(view).index("line 0050000") == view.size.height // 3
        await running.press("n")
        await running.until(lambda: view.hit is not None and view.hit.start == 50_001 * LINE_BYTES)
        assert "line 0050000" in rows(view), "what is on the screen already does not move"
        await running.press("N")
        await running.until(lambda: view.hit is not None and view.hit.start == 50_000 * LINE_BYTES)
        await running.press("N")
        await running.until(lambda: ", from the end on" in running.pager.status.text)
        assert "line 0050099" in rows(view)
        await running.press("n")
        await running.until(lambda: ", from the beginning on" in running.pager.status.text)

    look_at(LINES, look)


def test_a_search_begins_at_what_is_seen() -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.press("end")
        await running.until(lambda: rows(view)[-1] == "line 0099999")
        await find(running, "line")
        await running.until(lambda: view.hit is not None and view.hit.start == view.top)

    look_at(LINES, look)


def test_case_and_expressions_can_be_chosen_and_are_kept() -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        await find(running, "LINE", "tab", "tab", "space", "shift+tab", "shift+tab")
        assert "not found: LINE" in running.pager.status.text
        await find(running, r"0[34]+2", "tab", "space", "shift+tab")
        await running.until(lambda: found(view) == "0" + "3" + "2")
        await running.press("slash")
        await running.until(lambda: isinstance(running.app.screen, FindDialog))
        dialog = running.app.screen
        assert isinstance(dialog, FindDialog)
        assert (dialog.field.value, dialog.regular.value, dialog.fold.value) == (r"0[34]+2", True, False)
        await running.press("ctrl+u", "(", "enter")
        await running.until(lambda: "no regular expression" in dialog.wrong.text)
        await running.press("escape")
        await running.until(lambda: running.app.screen is not dialog)

    look_at(LINES, look)


def test_bytes_are_found_in_hexadecimal() -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        await find(running, "00fe")
        await running.until(lambda: found(view) == "00fe··")
        await find(running, '"elf"')
        await running.until(lambda: found(view) == "454c46ELF")

    look_at(b"\x7fELF\0" + b"\xff" * 5000 + b"\0\xfe", look)


def test_a_search_in_a_large_object_costs_few_requests() -> None:
    content = bytearray(b"0123456789abcde\n" * (2 * 1024 * 1024))
    content[20_000_000:20_000_006] = b"needle"

    async def look(running: Running) -> None:
        view = await open_pager(running)
        await find(running, "needle")
        await running.until(lambda: found(view) == "needle")

    script = look_at(bytes(content), look)
    assert len(script.reads) <= 8
    assert all(length is not None for _, _, length in script.reads), "nothing is read as a whole"


class HeldView:
    """Holds back the chunks of a search after the first one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = threading.Event()
        self.reached = threading.Event()
        usual = View.chunks

        def chunks(view: View, start: int, end: int) -> Iterator[bytes]:
            if start > 0:
                self.reached.set()
                assert self.gate.wait(DEADLINE_SECONDS)
            yield from usual(view, start, end)

        monkeypatch.setattr(View, "chunks", chunks)


def test_a_search_tells_how_far_it_is_and_escape_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    held = HeldView(monkeypatch)

    async def look(running: Running) -> None:
        view = await open_pager(running)
        screen = running.pager
        await running.press("slash", *"needle", "enter")
        await running.until(held.reached.is_set)
        await running.until(lambda: "searching… 20 % of 1.2 MB  Esc stops" in screen.status.text)
        await running.press("pagedown")
        assert view.top > 0, "keys are heard meanwhile"
        await running.press("escape")
        await running.until(lambda: "stopped" in screen.status.text)
        assert running.app.screen is screen
        held.gate.set()
        await running.press("escape")
        await running.until(lambda: isinstance(running.app.screen, BrowseScreen))

    look_at(LINES, look)


def test_an_error_ends_the_search_with_a_word() -> None:
    script = one_file(LINES)

    async def look(running: Running) -> None:
        await open_pager(running)
        script.contents.clear()
        await find(running, "needle")
        await running.until(lambda: "✗ searching" in running.pager.status.text)

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), look)


@pytest.mark.parametrize(
    ("text", "first"), [("0x9eb10", "line 0050000"), ("50%", "line 0050000"), ("@13", "line 0000001"), ("70001", None)]
)
def test_one_can_go_to_a_byte_a_share_and_a_line(text: str, first: str | None) -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        screen = running.pager
        await running.press("colon")
        await running.until(lambda: isinstance(running.app.screen, GoDialog))
        await running.press(*["%" if c == "%" else "@" if c == "@" else c for c in text], "enter")
        await running.until(lambda: running.app.screen is screen)
        await running.until(lambda: rows(view)[0] == (first or "line 0070000"))

    look_at(LINES, look)


@pytest.mark.parametrize(
    ("text", "hexadecimal", "place"),
    [
        ("12", False, Place(line=12)),
        ("12", True, Place(offset=12)),
        (" 1,000 ", False, Place(line=1000)),
        ("0xff", False, Place(offset=255)),
        ("@12", False, Place(offset=12)),
        ("@5000", False, Place(offset=1000)),
        ("12.5%", False, Place(offset=125)),
        ("ff", False, None),
        ("0xg", False, None),
        ("", False, None),
        ("-5", False, None),
        ("@5%", False, None),
    ],
)
def test_places_are_typed_in_several_ways(text: str, hexadecimal: bool, place: Place | None) -> None:
    assert place_of_text(text, 1000, hexadecimal=hexadecimal) == place


def test_long_lines_are_cut_and_seen_by_going_right() -> None:
    content = b"".join(b"%03d " % number + b"abcdefgh" * 30 + b"END\n" for number in range(50))

    async def look(running: Running) -> None:
        view = await open_pager(running)
        assert rows(view)[1].startswith("efgh"), "wrapped to begin with"
        await running.press("right")
        await running.press("f2")
        assert [row[:4] for row in rows(view)[:3]] == ["000 ", "001 ", "002 "]
        await running.press("right", "right")
        assert rows(view)[0].startswith("efghabcd")
        assert "from column 17" in view.mode_text
        await running.press("left", "left", "left")
        assert rows(view)[0].startswith("000 ")
        await find(running, "end")
        await running.until(lambda: found(view) == "END")
        await running.press("w")
        assert view.mode_text == "text"

    look_at(content, look)


@pytest.mark.parametrize(("size", "count"), [((80, 24), 16), ((60, 20), 8), ((40, 14), 4)])
def test_hexadecimal_fits_the_terminal(size: tuple[int, int], count: int) -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        assert rows(view)[1].startswith(f"{count:010x}  ")
        assert all(len(row) <= size[0] for row in rows(view))

    look_at(b"\0" * 5000, look, size)


def test_opening_a_large_object_costs_one_request() -> None:
    async def look(running: Running) -> None:
        await open_pager(running)
        await running.press("w", "down", "down", "w")

    script = look_at(LINES * 10, look)
    assert [length for _, _, length in script.reads] == [BLOCK_BYTES]


def test_the_help_opens_over_the_pager() -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.press("f1")
        await running.until(lambda: "HelpScreen" in repr(running.app.screen))
        await running.press("escape")
        await running.until(lambda: running.pager.pager is view)

    look_at(b"text\n", look)


def test_an_expression_that_takes_for_ever_is_given_up_and_keys_work_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expression_process, "LIMIT_SECONDS", 0.3)

    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.press("/", *"(a+)+$", "tab", "right", "enter")
        await running.press("down")
        assert view.top > 0
        await running.until(lambda: "This expression takes too long." in running.pager.status.text)

    look_at((b"a" * 40 + b"b\n") * 100, look)


def test_what_an_expression_fits_is_marked() -> None:
    async def look(running: Running) -> None:
        view = await open_pager(running)
        await running.press("/", *"ne+", "tab", "right", "enter")
        await running.until(lambda: "found at byte" in running.pager.status.text)
        await running.until(lambda: [part.style for part in view._styles].count(FOUND_TOO) == 8)
        assert [(part.start, part.end) for part in view._styles if part.style == FOUND] == [(2, 4)]

    look_at(b"line one\nline nne\n" * 2, look)
