"""The words of the key bar, as many letters of them as fit: for the bar itself, and for the first paint."""

from __future__ import annotations

from tfm.ui.sanitise import cell_width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

__all__ = ["key_bar_parts"]

_FORMS: Final = ((" ", "Palette"), ("", "Palette"), ("", "All"))
"""What stands between a number and its word, and the palette's word: the first that fits into the width."""


def key_bar_parts(keys: Sequence[tuple[str, str]], palette_keys: str, width: int) -> list[tuple[str, str]]:
    """Pairs of what stands before a word, and the word: of ``keys``, each a number and its word, and of the palette,
    where ``palette_keys`` open it."""
    parts: list[tuple[str, str]] = []
    for between, palette_word in _FORMS:
        parts = [(f"{number}{between}", word) for number, word in keys]
        if palette_keys:
            parts.append((f"{palette_keys} ", palette_word))
        if sum(cell_width(before) + cell_width(word) + 1 for before, word in parts) <= width:
            break
    return parts
