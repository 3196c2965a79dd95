"""Screens as they look, written down as text: the rows, and below them which cells have which style.

Plain text and not SVG: a change shows in a diff, row by row, to whoever reviews it, and no renderer's version matters.
Where a look fails, what was seen is left beside the expectation as ``NAME.seen.txt`` and ``NAME.seen.svg``.
``TFM_UPDATE_SNAPSHOTS=1`` writes the expectations anew.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App

from tests.ui.memory_panes import Memory, place
from tests.ui.running import Running, run_app
from tfm.core.location import Location
from tfm.ui.status_line import StatusLine

__all__ = ["DIRECTORY", "SIZES", "Shot", "compare", "heading", "quiet_memory", "take", "two_directories"]

SIZES: Final = ((80, 24), (140, 40))

DIRECTORY: Final = Path(__file__).with_name("snapshots")
_UPDATES: Final = os.environ.get("TFM_UPDATE_SNAPSHOTS") == "1"
_STABLE_LOOKS: Final = 3

_PASSING: Final = (
    (re.compile(r"\d\d-\d\d \d\d:\d\d(?!\d)"), "MM-DD hh:mm"),
    (re.compile(r"20\d\d-\d\d-\d\d"), "YYYY-MM-DD"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "hh:mm:ss"),
)
"""What differs from day to day stands there by its form, as wide as it is."""

Steps = str | Callable[[Running], Awaitable[None]]


def quiet_memory() -> Memory:
    """A storage in memory in which everything is from one moment, of another year."""
    memory = Memory()
    memory.store._clock = lambda: 1_700_000_000.0
    return memory


def two_directories() -> Memory:
    """What most shots look at: at the left a directory and files of all sorts, at the right two that it can be copied
    onto."""
    memory = quiet_memory()
    left = {
        "left/batch-01/sample-1.fastq.gz": b"x" * 5000,
        "left/batch-01/sample-2.fastq.gz": b"x" * 7000,
        "left/batch-02/": b"",
        "left/data.csv": b"name,size,note\nalpha,1,first\nbeta,20,second\ngamma,300,third\n",
        "left/data.json": b'{"a": [1, 2, {"b": null}], "name": "value"}\n',
        "left/notes.md": b"# Notes\n\nSome *text* and `code`.\n\n- one\n- two\n",
        "left/program.py": b'"""A program."""\n\n\ndef main() -> None:\n    print("hello", 1)\n',
        "left/table.bin": bytes(range(256)) * 4,
    }
    memory.store.put("bucket", left)
    memory.store.put("bucket", {"right/data.csv": b"older\n", "right/other.txt": b"text\n"})
    return memory


@dataclass(frozen=True, slots=True)
class Shot:
    """One screen. ``steps``: keys with blanks between, or a coroutine; ``shows``: a text that is waited for."""

    name: str
    steps: Steps = ""
    shows: str = ""
    world: Callable[[], Memory] = two_directories
    left: Location = field(default_factory=lambda: place("left/"))
    right: Location = field(default_factory=lambda: place("right/"))
    sizes: Sequence[tuple[int, int]] = SIZES
    listed: bool = True
    """Whether both panes are waited for before the first key."""


def heading(size: tuple[int, int], screen: str) -> str:
    """What stands above a screen of that size, which an instance of the class ``screen`` made."""
    return f"── {size[0]} × {size[1]}, {screen} ──"


def take(shot: Shot) -> str:
    """What the screen looks like at each size, as text."""
    parts: list[str] = []
    pictures: list[str] = []

    async def look(running: Running) -> None:
        _say_less(running.browse.status)
        if shot.listed:
            await running.until(
                lambda: all(pane.visit is not None and pane.visit.ended for pane in running.browse.panes)
            )
        if isinstance(shot.steps, str):
            await running.press(*shot.steps.split())
        else:
            await shot.steps(running)
        for size in shot.sizes:
            await running.pilot.resize_terminal(*size)
            text = await _stable(running, shot.shows)
            parts.append(f"{heading(size, type(running.app.screen).__name__)}\n{text}")
            pictures.append(running.app.export_screenshot(title=shot.name))

    run_app(shot.world().session, shot.left, shot.right, look, size=shot.sizes[0])
    text = "\n".join(parts)
    if text != _expected(shot.name) and not _UPDATES:
        _beside(shot.name, "seen.txt").write_text(text, encoding="utf-8")
        _beside(shot.name, "seen.svg").write_text(pictures[0], encoding="utf-8")
    return text


def _say_less(status: StatusLine) -> None:
    """How many requests there are by the time of the look is no matter of looks."""
    usual, say = status.show, status.say
    status.say = lambda said, *_rights: say(said, "requests ")  # type: ignore[method-assign]
    status.show = lambda left, right="": usual(left, "requests " if right else "")  # type: ignore[method-assign]
    status.show(status._left, status._right)


def compare(shot: Shot) -> None:
    """Fails, with the difference, where the screen does not look as it is written down."""
    text = take(shot)
    if _UPDATES:
        _beside(shot.name, "txt").write_text(text, encoding="utf-8")
        return
    expected = _expected(shot.name)
    if text != expected:
        lines = difflib.unified_diff(expected.splitlines(), text.splitlines(), "expected", "seen", lineterm="")
        advice = f"TFM_UPDATE_SNAPSHOTS=1 writes it down as it is now; the picture is {_beside(shot.name, 'seen.svg')}"
        raise AssertionError("\n".join([f"{shot.name} looks different; {advice}", *lines]))
    for ending in ("seen.txt", "seen.svg"):
        _beside(shot.name, ending).unlink(missing_ok=True)


def _beside(name: str, ending: str) -> Path:
    return DIRECTORY / f"{name}.{ending}"


def _expected(name: str) -> str:
    try:
        return _beside(name, "txt").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


async def _stable(running: Running, shows: str) -> str:
    """The screen when it has not changed for some looks."""
    seen: list[str] = []

    def is_stable() -> bool:
        text = screen_text(running.app)
        if not seen or seen[-1] != text or shows not in text:
            seen.clear()
        seen.append(text)
        return len(seen) > _STABLE_LOOKS

    await running.until(is_stable)
    return seen[-1]


def screen_text(app: App[int]) -> str:
    """The rows of what is on the screen, with what stands behind a dialog, and the styles below them."""
    # What export_screenshot makes its picture of; Textual has no public name for the cells.
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens, simplify=True)
    rows: list[str] = []
    styles: list[str] = []
    for number, strips in enumerate(update.strips):  # type: ignore[union-attr]  # a full update is a LayoutUpdate
        segments = [segment for strip in strips for segment in strip if segment.text]
        text = "".join(segment.text for segment in segments)
        for pattern, form in _PASSING:
            text = pattern.sub(form, text)
        rows.append(text.rstrip())
        runs = _runs([(cell_len(segment.text), _style_text(segment)) for segment in segments])
        if runs:
            styles.append(f"{number:>3} {runs}")
    return "\n".join([*rows, "·", *styles, ""])


def _runs(cells: Sequence[tuple[int, str]]) -> str:
    """``0-39 bold, 40-79 reverse``; what has no style is left out."""
    found = []
    column = 0
    for style, group in groupby(cells, key=lambda cell: cell[1]):
        width = sum(cell[0] for cell in group)
        if style:
            found.append(f"{column}-{column + width - 1} {style}")
        column += width
    return ", ".join(found)


def _style_text(segment: Segment) -> str:
    """Without the terminal's own two colours, which everything has; of blanks only what is seen of them."""
    style = segment.style
    if style is None:
        return ""
    seen = _ATTRIBUTES if segment.text.strip() else ("underline", "reverse", "strike")
    words = [name for name in seen if getattr(style, name)]
    if segment.text.strip() and style.color and not style.color.is_default:
        words.append(style.color.name)
    if style.bgcolor and not style.bgcolor.is_default:
        words.append(f"on {style.bgcolor.name}")
    return " ".join(words)


_ATTRIBUTES: Final = ("bold", "dim", "italic", "underline", "blink", "reverse", "strike")
