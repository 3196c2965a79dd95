"""Pictures in the pager: two pixels a cell, in the terminal's true colours, by Pillow where it is installed."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tfm.core.errors import StorageError
from tfm.operations.picture import PictureFacts, picture_of
from tfm.operations.work import Work, WorkUpdate, begin_work
from tfm.ui.format import format_size
from tfm.ui.update_box import UpdateBox

__all__ = ["LARGEST_PICTURE_BYTES", "PagerPicture"]

LARGEST_PICTURE_BYTES: Final = 32 * 1024 * 1024
_MOST_PIXELS: Final = 100_000_000
"""A picture has to be read and decoded as a whole: 100 million pixels are 400 MB."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    strips: list[Strip]
    size: tuple[int, int]


class PagerPicture:
    """``widget`` hands the box that arrived to take(). ``wanted`` is the user's; what came of it is :attr:`shown`."""

    def __init__(self, widget: Widget) -> None:
        self.wanted = True
        self.facts: PictureFacts | None = None
        self.refused = ""
        self._widget = widget
        self._box: UpdateBox[WorkUpdate[_Drawn]] = UpdateBox(widget)
        self._work: Work[_Drawn] | None = None
        self._drawn: _Drawn | None = None
        self._looked = False

    def forget(self) -> None:
        """It is another version now."""
        self.facts = self._drawn = None
        self.refused = ""
        self._looked = False
        if self._work is not None:
            self._work.stop()
        self._work = None
        self._box = UpdateBox(self._widget)

    @property
    def shown(self) -> bool:
        return self.wanted and self._drawn is not None

    @property
    def text(self) -> str:
        """``png, 640 × 480`` and, where it is not drawn, why."""
        return "" if self.facts is None else ", ".join(filter(None, [str(self.facts), self.refused]))

    def prepare(
        self, begins: bytes, size_bytes: int | None, size: tuple[int, int], read: Callable[[int, int], bytes]
    ) -> None:
        """Draw it for so many cells if it is one, and that is wanted and not done. ``begins`` are the first bytes,
        ``size_bytes`` None where there is no whole of it; ``read`` is for a thread."""
        if not self._looked:
            self._looked = True
            self.facts = picture_of(begins)
        facts = self.facts
        if facts is None or not self.wanted or self.refused or self._work is not None:
            return
        if self._drawn is not None and self._drawn.size == size:
            return
        if size_bytes is None:
            self.refused = "F3 shows it"
        elif size_bytes > LARGEST_PICTURE_BYTES:
            self.refused = f"more than {format_size(LARGEST_PICTURE_BYTES)}: not drawn"
        elif facts.width * facts.height > _MOST_PIXELS:
            self.refused = f"more than {_MOST_PIXELS:,} pixels: not drawn"
        else:
            self._box = UpdateBox(self._widget)
            self._work = begin_work("drawing", lambda _tell, _cancel: _draw(read(0, size_bytes), size), self._box.put)

    def take(self, box: object) -> bool:
        """Whether it is drawn now, or cannot be."""
        if box is not self._box or (update := self._box.take()) is None:
            return False
        self._work = None
        self._drawn = update.result
        if update.error is not None:
            self.refused = ": ".join(filter(None, [update.error.cause.removesuffix("."), update.error.next_step or ""]))
        return True

    def render_line(self, y: int, width: int, plain: Style) -> Strip:
        strips = [] if self._drawn is None else self._drawn.strips
        return strips[y].adjust_cell_length(width, plain) if y < len(strips) else Strip.blank(width, plain)


def _draw(data: bytes, size: tuple[int, int]) -> _Drawn:
    image = _reduced(data, max(1, size[0]), max(1, 2 * size[1]))
    width, height = image.size
    pixels = image.tobytes()
    strips = []
    for top in range(0, height, 2):
        segments = []
        for column in range(width):
            upper = _colour(pixels, (top * width + column) * 3)
            lower = _colour(pixels, ((top + 1) * width + column) * 3) if top + 1 < height else None
            segments.append(Segment("▀", _style(upper, lower)))
        strips.append(Strip(segments, width).simplify())
    return _Drawn(strips, size)


def _reduced(data: bytes, width: int, height: int) -> Any:  # Pillow's Image, which may not be installed
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise StorageError(
            "Pictures need a library.", next_step="pip install 'tfm[viewer]'", operation="view"
        ) from error
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise StorageError(f"It has more than {_MOST_PIXELS:,} pixels.", operation="view")
            opened.draft("RGB", (2 * width, 2 * height))  # a JPEG is decoded smaller at once
            turned = ImageOps.exif_transpose(opened).convert("RGBA")
    except StorageError:
        raise
    except Exception as error:
        raise StorageError(f"It cannot be decoded ({type(error).__name__}).", operation="view") from error
    share = min(width / turned.width, height / turned.height, 1.0)
    turned = turned.resize((max(1, round(turned.width * share)), max(1, round(turned.height * share))))
    ground = Image.new("RGBA", turned.size, "black")
    return Image.alpha_composite(ground, turned).convert("RGB")


def _colour(pixels: bytes, at: int) -> tuple[int, int, int]:
    return pixels[at], pixels[at + 1], pixels[at + 2]


@lru_cache(4096)
def _style(upper: tuple[int, int, int], lower: tuple[int, int, int] | None) -> Style:
    return Style(color=Color.from_rgb(*upper), bgcolor=None if lower is None else Color.from_rgb(*lower))
