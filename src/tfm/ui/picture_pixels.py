"""Pictures in pixels, drawn over the cells once those have been written: as sixels, or by kitty's protocol."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from itertools import count
from typing import Any, Final

from rich.control import Control
from rich.segment import ControlType, Segment
from textual.geometry import Region
from textual.strip import Strip

from tfm.core.errors import StorageError

__all__ = ["KittyPicture", "PixelPicture", "SixelPicture"]

_KEPT: Final = ((ControlType.CURSOR_FORWARD, 0),)
"""A segment with a control code is left as it is by whoever cuts or colours text."""

_PIECE_BYTES: Final = 4096
_NUMBERS: Final = count(1)


class PixelPicture:
    """``rows`` blank rows, and ``drawn``, what draws it where the cursor is."""

    def __init__(self, drawn: str, rows: int) -> None:
        self._drawn = drawn
        self.rows: Final = rows

    begun: str = ""
    """What the terminal is to be sent once, before it is drawn."""

    hidden: str = ""
    """What takes it from the screen, where writing over it does not."""

    ended: str = ""
    """What makes the terminal forget it."""

    def drawn_over(self, lines: Sequence[Strip], crop: Region, region: Region) -> list[Strip]:
        """``lines`` as they are to be written for ``crop`` of a widget at ``region`` of the screen: with the picture
        behind the last of its rows, where that is among them."""
        last = self.rows - 1
        if not crop.y <= last < crop.bottom:
            return list(lines)
        line = lines[last - crop.y]
        drawn = Strip(
            [
                *line,
                Segment(Control.move_to(region.x, region.y).segment.text, control=_KEPT),
                Segment(self._drawn, control=_KEPT),
                Segment(Control.move_to(region.x + crop.right, region.y + last).segment.text, control=_KEPT),
            ],
            line.cell_length,
        )
        return [*lines[: last - crop.y], drawn, *lines[last - crop.y + 1 :]]


class SixelPicture(PixelPicture):
    """``image`` is Pillow's, of as many pixels as are to be shown, ``rows`` cells high. Made by textual-image."""

    def __init__(self, image: Any, rows: int) -> None:  # Pillow may not be installed
        try:
            # Its public package asks the terminal what it can when it is imported, and takes keys for the answer.
            from textual_image._sixel import image_to_sixels
        except ImportError as error:
            raise StorageError(
                "Sixels need a library.", next_step="pip install 'tfm[viewer]'", operation="view"
            ) from error
        super().__init__(image_to_sixels(image), rows)


class KittyPicture(PixelPicture):
    """The same by kitty's protocol, https://sw.kovidgoyal.net/kitty/graphics-protocol/: sent once, and placed where the
    cursor is; what is written there later does not take it away."""

    def __init__(self, image: Any, columns: int, rows: int) -> None:  # Pillow's
        number = 0x7466_0000 + next(_NUMBERS) % 0xFFFF  # of a range that no other program is likely to use
        super().__init__(f"\x1b_Ga=p,i={number},p=1,c={columns},r={rows},C=1,q=2\x1b\\", rows)
        file = io.BytesIO()
        image.save(file, "PNG")
        text = base64.standard_b64encode(file.getvalue()).decode("ascii")
        pieces = [text[start : start + _PIECE_BYTES] for start in range(0, len(text), _PIECE_BYTES)]
        for place, piece in enumerate(pieces):
            more = int(place < len(pieces) - 1)
            about = f"a=t,f=100,t=d,i={number},q=2,m={more}" if place == 0 else f"m={more},q=2"
            self.begun += f"\x1b_G{about};{piece}\x1b\\"
        self.hidden = f"\x1b_Ga=d,d=i,i={number},q=2\x1b\\"
        self.ended = f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"
