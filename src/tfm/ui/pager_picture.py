"""Pictures in the pager, as the terminal can show them, read and reduced by Pillow where it is installed."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tfm.core.errors import StorageError
from tfm.operations.picture import PictureFacts, picture_of
from tfm.operations.work import Work, WorkUpdate, begin_work
from tfm.ui.format import format_size
from tfm.ui.picture_forms import PictureForm, cell_pixels, picture_form
from tfm.ui.picture_pixels import KittyPicture, PixelPicture, SixelPicture
from tfm.ui.update_box import UpdateBox

__all__ = ["LARGEST_PICTURE_BYTES", "PagerPicture"]

LARGEST_PICTURE_BYTES: Final = 32 * 1024 * 1024
_MOST_PIXELS: Final = 100_000_000
"""A picture has to be read and decoded as a whole: 100 million pixels are 400 MB."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    strips: Sequence[Strip]
    size: tuple[int, int]
    pixels: PixelPicture | None = None


class PagerPicture:
    """``widget`` hands the box that arrived to take(). ``wanted`` is the user's; what came of it is :attr:`shown`."""

    def __init__(self, widget: Widget, images: str) -> None:
        """``images`` is the setting IMAGES."""
        self.wanted = True
        self._images = images
        self.facts: PictureFacts | None = None
        self.refused = ""
        self._widget = widget
        self._box: UpdateBox[WorkUpdate[_Drawn]] = UpdateBox(widget)
        self._work: Work[_Drawn] | None = None
        self._drawn: _Drawn | None = None
        self._looked = False

    def forget(self) -> None:
        """It is another version now."""
        self.take_away()
        self.facts = None
        self.refused = ""
        self._looked = False
        if self._work is not None:
            self._work.stop()
        self._work = None
        self._box = UpdateBox(self._widget)

    def take_away(self) -> None:
        """It is not shown any more: also not by a terminal that knows it."""
        drawn, self._drawn = self._drawn, None
        if drawn is not None and drawn.pixels is not None:
            self._send(drawn.pixels.ended)

    def hide(self) -> None:
        """Something else is shown in its place, for a while."""
        if self._drawn is not None and self._drawn.pixels is not None:
            self._send(self._drawn.pixels.hidden)

    def want(self, *, wanted: bool) -> None:
        """Show it, or its bytes."""
        self.wanted = wanted
        if not wanted:
            self.hide()

    def _send(self, text: str) -> None:
        driver = self._widget.app._driver
        if driver is not None and text:
            driver.write(text)

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
            form = picture_form(self._images, os.environ)

            def draw(_tell: object, _cancel: object) -> _Drawn:
                return _draw(read(0, size_bytes), size, form)

            self._work = begin_work("drawing", draw, self._box.put)

    def take(self, box: object) -> bool:
        """Whether it is drawn now, or cannot be."""
        if box is not self._box or (update := self._box.take()) is None:
            return False
        self._work = None
        self.take_away()
        self._drawn = update.result
        if self._drawn is not None and self._drawn.pixels is not None:
            self._send(self._drawn.pixels.begun)
        if update.error is not None:
            self.refused = ": ".join(filter(None, [update.error.cause.removesuffix("."), update.error.next_step or ""]))
        return True

    def render_line(self, y: int, width: int, plain: Style) -> Strip:
        strips = [] if self._drawn is None else self._drawn.strips
        return strips[y].adjust_cell_length(width, plain) if y < len(strips) else Strip.blank(width, plain)

    def drawn_over(self, lines: list[Strip], crop: Region, region: Region) -> list[Strip]:
        """As :meth:`PixelPicture.drawn_over`; as they are, where the picture is none of those."""
        pixels = None if self._drawn is None or not self.shown else self._drawn.pixels
        return lines if pixels is None else pixels.drawn_over(lines, crop, region)


def _draw(data: bytes, size: tuple[int, int], form: PictureForm) -> _Drawn:
    columns, rows = max(1, size[0]), max(1, size[1])
    if form is PictureForm.CELLS:
        return _Drawn(_in_cells(_reduced(data, columns, 2 * rows)), size)
    cell_width, cell_height = cell_pixels()
    image = _reduced(data, columns * cell_width, rows * cell_height)
    columns, rows = min(columns, -(-image.width // cell_width)), min(rows, -(-image.height // cell_height))
    pixels = SixelPicture(image, rows) if form is PictureForm.SIXEL else KittyPicture(image, columns, rows)
    return _Drawn((), size, pixels)


def _in_cells(image: Any) -> list[Strip]:  # Pillow's
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
    return strips


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
