"""The one place where foreign text (names, keys, error texts, file content) becomes text on the screen.

What a name holds must not act on the terminal, hide, reorder its neighbours or change a column's width. Whatever could
is shown visibly instead: ``␛`` for ESC, ``␊`` for a newline, ``‹202E›`` for a right-to-left override, ``‹xFF›`` for a
byte that is not UTF-8. The result holds no control, format, surrogate, private or unassigned character and no markup of
its own; its width is the plain sum of its characters' cells.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # the first paint needs this module, and to import typing takes a third of what a bare Python takes
    from typing import Final

__all__ = ["cell_width", "fit", "fit_right", "screen_text"]

ELLIPSIS: Final = "…"

_UNSAFE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# Invisible though their category says letter or mark (Unicode's Default_Ignorable_Code_Point), and emoji modifiers and
# variation selectors, about whose width terminals disagree.
_INVISIBLE_RANGES: Final = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0x1F3FB, 0x1F3FF),
    (0xE0000, 0xE0FFF),
)

_NARROW: Final = frozenset(
    chr(codepoint)
    for first, last in ((0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x2FF), (0x386, 0x38A), (0x391, 0x3A1), (0x3A3, 0x3FF))
    for codepoint in range(first, last + 1)
).union(map(chr, range(0x400, 0x483)), "…·▲▼◌‹›␛␊␉␍␡")
"""Characters that take one cell and join nothing, for text of which more need not be loaded."""

_MOST_MARKS: Final = 4
"""Combining marks on one character; more of them only serve to paint over the rows above."""


class _Replacements(dict[int, str]):
    """What stands for each character; filled as characters are met."""

    def __missing__(self, codepoint: int) -> str:
        text = self[codepoint] = _replacement(codepoint)
        return text


def _replacement(codepoint: int) -> str:
    if codepoint < 0x20:
        return chr(0x2400 + codepoint)
    if codepoint == 0x7F:
        return "␡"
    if 0xDC80 <= codepoint <= 0xDCFF:
        return f"‹x{codepoint - 0xDC00:02X}›"
    character = chr(codepoint)
    if character in _NARROW:
        return character
    import unicodedata

    if unicodedata.category(character) in _UNSAFE_CATEGORIES:
        return f"‹{codepoint:04X}›"
    if any(first <= codepoint <= last for first, last in _INVISIBLE_RANGES):
        return f"‹{codepoint:04X}›"
    return character


# A memo of a pure function: at most one entry for each character there is.
_REPLACEMENTS: Final = _Replacements()


def screen_text(text: str) -> str:
    """``text`` as it may be drawn: one line, harmless, nothing hidden. Printable ASCII comes back as it is."""
    if text.isascii():
        return text if text.isprintable() else text.translate(_REPLACEMENTS)
    shown = text.translate(_REPLACEMENTS)
    return shown if _NARROW.issuperset(shown) else _with_marks_held(shown)


def _joins(character: str) -> bool:
    """Whether it is drawn onto the character before it."""
    import unicodedata

    from rich.cells import get_character_cell_size

    return unicodedata.category(character).startswith("M") or get_character_cell_size(character) == 0


def _with_marks_held(text: str) -> str:
    """Each run of combining marks gets something of its own to stand on, and an end."""
    if not any(map(_joins, text)):
        return text
    parts: list[str] = []
    marks = 0
    for character in text:
        if not _joins(character):
            marks = 0
            parts.append(character)
            continue
        marks += 1
        if marks > _MOST_MARKS:
            parts.append(f"‹{ord(character):04X}›")
        else:
            parts.append(character if parts else "◌" + character)
    return "".join(parts)


def cell_width(shown: str) -> int:
    """The cells that a result of :func:`screen_text` takes."""
    if shown.isascii() or _NARROW.issuperset(shown):
        return len(shown)
    from rich.cells import cell_len

    return cell_len(shown)


def _sized(shown: str, width: int) -> str:
    """Cut, or padded with blanks, to exactly ``width`` cells."""
    if shown.isascii() or _NARROW.issuperset(shown):
        return shown[: max(0, width)].ljust(width)
    from rich.cells import set_cell_size

    return set_cell_size(shown, width)


def fit(text: str, width: int) -> str:
    """Foreign ``text`` in exactly ``width`` cells: padded with blanks, or cut with an ellipsis."""
    if width <= 0:
        return ""
    # Five characters (a base and its marks) take at least one cell: no more of a long name is worked through.
    shown = screen_text(text[: 8 * width + 8])
    if cell_width(shown) <= width:
        return _sized(shown, width)
    return _sized(shown, width - 1) + ELLIPSIS


def fit_right(text: str, width: int) -> str:
    """As :func:`fit`, but what is cut off is the beginning: the end of a path says most."""
    shown = screen_text(text)
    if cell_width(shown) <= width:
        return _sized(shown, width)
    if width <= 0:
        return ""
    first, cells = len(shown), 0
    while first > 0 and (added := cell_width(shown[first - 1])) + cells < width:
        first -= 1
        cells += added
    while first < len(shown) and _joins(shown[first]):
        first += 1  # a mark without its base would join the ellipsis
    return _sized(ELLIPSIS + shown[first:], width)
