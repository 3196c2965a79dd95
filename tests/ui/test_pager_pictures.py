"""Pictures in the viewer."""

from __future__ import annotations

import base64
import io
import re
import struct
import sys
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region
from textual.strip import Strip

from tests.scripted_backend import SCHEME, Clock, Script, directory, make_session
from tests.ui.running import Running, run_app
from tests.ui.test_pager import open_pager, rows
from tfm.core.settings import Settings
from tfm.operations.picture import PictureFacts, picture_of
from tfm.ui import pager_picture
from tfm.ui.pager_view import PagerView
from tfm.ui.picture_forms import PictureForm, picture_form

Image = pytest.importorskip("PIL.Image")
ImageDraw = pytest.importorskip("PIL.ImageDraw")


def picture(form: str, size: tuple[int, int] = (48, 32)) -> bytes:
    """Red above, blue below."""
    image = Image.new("RGB", size, "red")
    ImageDraw.Draw(image).rectangle((0, size[1] // 2, *size), "blue")
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


def look_at(content: bytes, look: Callable[[Running, PagerView], Awaitable[None]]) -> Script:
    script = Script({"": ["file"]}, contents={"file": content})

    async def opened(running: Running) -> None:
        await look(running, await open_pager(running))

    run_app(make_session({SCHEME: script}, Clock()), directory(), directory(), opened)
    return script


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_the_header_says_how_large_it_is(form: str) -> None:
    assert picture_of(picture(form)) == PictureFacts(form.lower(), 48, 32)
    assert picture_of(picture(form)[:12]) in {PictureFacts(form.lower(), *size) for size in ((0, 0), (48, 32))} | {None}


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF0000WEBP", b""]), st.binary(max_size=80)
)
def test_any_header_is_read_without_harm(begins: bytes, data: bytes) -> None:
    found = picture_of(begins + data)
    assert found is None or found.width >= 0


def test_it_is_drawn_and_f8_and_f4_show_its_bytes() -> None:
    async def look(running: Running, view: PagerView) -> None:
        await running.until(lambda: view.picture.shown)
        assert view.mode_text == "png, 48 × 32"
        assert rows(view)[0].startswith("▀▀▀")
        style = next(iter(view.render_line(2))).style
        assert style is not None
        assert style.color is not None
        assert style.color.triplet == (255, 0, 0)
        await running.press("f8")
        assert rows(view)[0].startswith("0000000000  89 50 4e 47")
        assert view.mode_text == "png, 48 × 32, hex"
        await running.press("f8")
        await running.until(lambda: view.picture.shown)
        await running.press("f4")
        assert rows(view)[0].startswith("0000000000  89 50")
        await running.press("f8")
        await running.pilot.resize_terminal(20, 12)
        await running.until(lambda: len(rows(view)[0]) <= 20 and rows(view)[0].startswith("▀"))

    look_at(picture("PNG"), look)


def test_without_its_library_the_line_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    content = picture("PNG")
    monkeypatch.setitem(sys.modules, "PIL", None)

    async def look(running: Running, view: PagerView) -> None:
        await running.until(lambda: "tfm[viewer]" in view.mode_text)
        assert view.mode_text == "png, 48 × 32, Pictures need a library: pip install 'tfm[viewer]', hex"
        assert rows(view)[0].startswith("0000000000  89 50 4e 47")

    look_at(content, look)


def test_what_is_too_large_is_not_read() -> None:
    async def too_many_bytes(running: Running, view: PagerView) -> None:
        assert view.mode_text == "png, 48 × 32, more than 32.0 MB: not drawn, hex"

    script = look_at(picture("PNG") + bytes(pager_picture.LARGEST_PICTURE_BYTES), too_many_bytes)
    assert len(script.reads) == 1

    async def bomb(running: Running, view: PagerView) -> None:
        assert "100,000,000 pixels: not drawn" in view.mode_text

    content = bytearray(picture("PNG"))
    content[16:24] = struct.pack(">II", 60_000, 60_000)
    assert len(look_at(bytes(content), bomb).reads) == 1


def test_what_cannot_be_decoded_is_shown_as_bytes() -> None:
    async def look(running: Running, view: PagerView) -> None:
        await running.until(lambda: "cannot be decoded" in view.mode_text)
        assert rows(view)[0].startswith("0000000000  89 50")

    look_at(picture("PNG")[:60], look)


# Pixels, where the terminal can


@pytest.mark.parametrize(
    ("environment", "form"),
    [
        ({"TERM": "xterm-kitty"}, PictureForm.KITTY),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, PictureForm.KITTY),
        ({"TERM": "xterm-ghostty"}, PictureForm.KITTY),
        ({"TERM": "foot-extra"}, PictureForm.SIXEL),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, PictureForm.SIXEL),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, PictureForm.SIXEL),
        ({"TERM": "xterm-256color"}, PictureForm.CELLS),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/x,1,0"}, PictureForm.CELLS),
        ({}, PictureForm.CELLS),
    ],
)
def test_the_environment_says_what_the_terminal_can(environment: dict[str, str], form: PictureForm) -> None:
    assert picture_form("auto", environment) is form
    assert picture_form("sixel", environment) is PictureForm.SIXEL


def text_of(line: Strip) -> str:
    return "".join(segment.text for segment in line)


def has_sixels(view: PagerView, rows: int) -> bool:
    lines = view.render_lines(Region(0, 0, view.size.width, rows))
    return any("\x1bP" in text_of(line) for line in lines)


def in_pixels(
    monkeypatch: pytest.MonkeyPatch, images: str, look: Callable[[Running, PagerView, list[str]], Awaitable[None]]
) -> None:
    """``look`` gets what was sent to the terminal beside the rows."""
    script = Script({"": ["file"]}, contents={"file": picture("PNG", (480, 320))})
    session = make_session({SCHEME: script}, Clock())
    session.settings = Settings(images=images)

    async def opened(running: Running) -> None:
        sent: list[str] = []
        driver = running.app._driver
        assert driver is not None
        monkeypatch.setattr(driver, "write", sent.append)
        view = await open_pager(running)
        await running.until(lambda: view.picture.shown)
        await look(running, view, sent)

    run_app(session, directory(), directory(), opened)


def test_kitty_is_sent_a_picture_once_places_it_and_is_told_to_hide_and_to_forget_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def look(running: Running, view: PagerView, sent: list[str]) -> None:
        said = "".join(sent)
        number = re.search(r"a=t,f=100,t=d,i=(\d+),", said)
        assert number is not None
        pieces = re.findall(r"\x1b_G[^;]*m=[01][^;]*;([^\x1b]*)\x1b", said)
        png = base64.b64decode("".join(pieces))
        assert picture_of(png) == PictureFacts("png", 480, 320)
        placed = f"\x1b_Ga=p,i={number[1]},p=1,c=48,r=16,C=1,"  # cells of 10 by 20 pixels, where nobody says
        lines = view.render_lines(Region(0, 0, view.size.width, view.size.height))
        assert [placed in text_of(line) for line in lines] == [row == 15 for row in range(len(lines))]
        await running.press("f1")
        assert f"a=d,d=i,i={number[1]}," in "".join(sent)
        sent.clear()
        await running.press("escape", "escape")
        assert f"a=d,d=I,i={number[1]}," in "".join(sent)

    in_pixels(monkeypatch, "kitty", look)


def test_sixels_are_drawn_over_rows_that_are_blank_behind_the_last_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(running: Running, view: PagerView, sent: list[str]) -> None:
        size = view.size
        lines = view.render_lines(Region(0, 0, size.width, size.height))
        texts = [text_of(line) for line in lines]
        (drawn,) = [number for number, text in enumerate(texts) if "\x1bP" in text]
        assert drawn == 15
        assert all(not text.strip() for text in texts[:drawn])
        assert re.search(r"\x1b\[2;1H\x1bP[0-9;]*q", texts[drawn])  # below the title
        assert texts[drawn].rstrip().endswith("H")
        assert not any(
            "\x1bP" in segment.text for line in view.render_lines(Region(0, 0, size.width, 3)) for segment in line
        )
        await running.press("f8")
        assert not any("\x1bP" in segment.text for line in view.render_lines(Region(0, 0, *size)) for segment in line)

    in_pixels(monkeypatch, "sixel", look)
