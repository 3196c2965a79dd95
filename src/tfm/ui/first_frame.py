"""The panes as they will stand there, as text for the terminal: painted before anything heavy is loaded.

Nothing here decides how a row, a title or a size looks: that is said by the modules of which the panes are made, too. A
test holds it, cell by cell, against what the panes draw.
"""

from __future__ import annotations

from tfm.ui.key_bar_text import key_bar_parts
from tfm.ui.line_text import line_text
from tfm.ui.row_text import header_text, parent_text, row_text
from tfm.ui.sanitise import cell_width, fit
from tfm.ui.usual_key_bar import USUAL_KEYS, USUAL_PALETTE_KEYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

__all__ = [
    "LEAST_COLUMNS",
    "LEAST_LINES",
    "FirstList",
    "FirstPane",
    "FirstRow",
    "FirstView",
    "frame_text",
    "list_lines",
]

LEAST_COLUMNS: Final = 40
LEAST_LINES: Final = 8

_LINES_AROUND_LIST: Final = 5
"""Title, header and footer of a pane, status line and function keys."""

# https://www.xfree86.org/current/ctlseqs.html: Select Graphic Rendition.
_PLAIN: Final = ""
_BOLD: Final = "1"
_DIM: Final = "2"
_UNDERLINE: Final = "4"
_REVERSE: Final = "7"
_BORDER: Final = "90"
_THUMB: Final = "90;7"

_THUMB_ENDS: Final = " ▇▆▅▄▃▂▁"
"""By eighths of a cell that are the track's, from the cell's top."""


class FirstRow:
    """An entry; ``size_bytes`` and ``modified_at`` (POSIX time) are None where they are not known."""

    __slots__ = ("is_directory", "leads_nowhere", "modified_at", "name", "size_bytes")

    def __init__(
        self,
        name: str,
        size_bytes: int | None,
        modified_at: float | None,
        *,
        is_directory: bool,
        leads_nowhere: bool = False,
    ) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self.modified_at = modified_at
        self.is_directory = is_directory
        self.leads_nowhere = leads_nowhere


class FirstView:
    """Sorted by what, and which way; ``hidden``: names that begin with a dot are shown, too."""

    __slots__ = ("hidden", "reverse", "sort")

    def __init__(self, sort: str = "name", *, reverse: bool = False, hidden: bool = True) -> None:
        self.sort = sort
        self.reverse = reverse
        self.hidden = hidden


class FirstList:
    """Of ``count`` rows those that are seen, in their order; ``hidden`` entries beside them are not shown. ``top`` is
    the position of the first row that is seen, ``cursor`` of the one with the cursor; the row ``..`` has one, too."""

    __slots__ = ("count", "cursor", "hidden", "rows", "top")

    def __init__(self, rows: Sequence[FirstRow], count: int, top: int, cursor: int, hidden: int = 0) -> None:
        self.rows = rows
        self.count = count
        self.top = top
        self.cursor = cursor
        self.hidden = hidden


class FirstPane:
    """One side. ``list`` None: not listed yet. ``tabs`` are their names, of which that of the number ``active`` is
    shown; ``profile`` is whose credentials are used."""

    __slots__ = ("active", "has_parent", "list", "profile", "tabs", "view", "where")

    def __init__(
        self,
        where: str,
        list_: FirstList | None,
        view: FirstView,
        *,
        has_parent: bool,
        profile: str = "",
        tabs: Sequence[str] = (),
        active: int = 0,
    ) -> None:
        self.where = where
        self.list = list_
        self.view = view
        self.has_parent = has_parent
        self.profile = profile
        self.tabs = tabs
        self.active = active


def list_lines(lines: int, tabs: int) -> int:
    """How many rows a pane of so many tabs shows on a screen of that many lines."""
    return lines - _LINES_AROUND_LIST - (tabs > 1)


def frame_text(
    panes: tuple[FirstPane, FirstPane],
    columns: int,
    lines: int,
    now: float,
    *,
    active_pane: int = 0,
    left_percent: int = 50,
    said: str = "",
) -> str:
    """The whole screen, for a terminal of at least LEAST_COLUMNS by LEAST_LINES; ``now`` is POSIX time.

    ``active_pane``, 0 or 1, has the keys; ``left_percent`` of the columns are the left one's; ``said`` stands in the
    status line.
    """
    left_columns = columns * left_percent // 100
    left = _pane_lines(panes[0], left_columns - 1, lines, now, has_keys=active_pane == 0)
    right = _pane_lines(panes[1], columns - left_columns, lines, now, has_keys=active_pane == 1)
    border = _styled("│", _BORDER)
    parts = [
        f"\x1b[{line};1H{one}{border}{other}" for line, (one, other) in enumerate(zip(left, right, strict=True), 1)
    ]
    parts.append(f"\x1b[{lines - 1};1H{_status(said, columns)}")
    parts.append(f"\x1b[{lines};1H{_key_bar(columns)}")
    return "".join(parts)


def _status(said: str, columns: int) -> str:
    left, right = f" {said}" if said else "", "no requests "
    return line_text(left, "0 requests " if left and len(left) + len(right) >= columns else right, columns)


def _styled(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[m" if style else text


def _pane_lines(pane: FirstPane, width: int, lines: int, now: float, *, has_keys: bool) -> list[str]:
    height = list_lines(lines, len(pane.tabs))
    shown = pane.list
    rows = _rows(pane, width - 1, now)[:height]
    rows += [(" " * (width - 1), _PLAIN)] * (height - len(rows))
    under_cursor = 0 if shown is None else shown.cursor - shown.top
    text, style = rows[under_cursor]
    cursor = _REVERSE if has_keys else _UNDERLINE
    rows[under_cursor] = (text, f"{style};{cursor}" if style else cursor)
    bar = [" "] * height if shown is None else _scroll_bar(height, shown.count + pane.has_parent, shown.top)
    facts = [*filter(None, [pane.profile]), *([] if shown is None else ["now"])]
    title = line_text(f" {pane.where}", f"{' · '.join(facts)} ", width, keep_end=True)
    view = pane.view
    return [
        *([_tab_line(pane, width)] if len(pane.tabs) > 1 else []),
        _styled(title, f"{_BOLD};{_REVERSE}" if has_keys else _UNDERLINE),
        _styled(line_text(header_text(width - 1, view.sort, reverse=view.reverse), "", width), _DIM),
        *[_styled(*row) + bar[number] for number, row in enumerate(rows)],
        _styled(line_text(f" {_count_text(shown)}", "", width), _DIM),
    ]


def _tab_line(pane: FirstPane, width: int) -> str:
    from tfm.ui.tab_text import is_shown, tab_labels

    labels = tab_labels(pane.tabs, pane.active, width)
    used = sum(cell_width(text) for _, text in labels)
    styled = [_styled(text, _REVERSE if is_shown(number, text, pane.active) else _DIM) for number, text in labels]
    return "".join(styled) + " " * (width - used)


def _count_text(shown: FirstList | None) -> str:
    if shown is None:
        return "listing…"
    count = shown.count + shown.hidden
    entries = f"{count:,} {'entry' if count == 1 else 'entries'}"
    return f"{entries} · {shown.hidden:,} hidden" if shown.hidden else entries


def _rows(pane: FirstPane, width: int, now: float) -> list[tuple[str, str]]:
    """Text and style of each row."""
    if pane.list is None:
        return [(fit(" listing…", width), _DIM)]
    rows = [(parent_text(width), _BOLD)] if pane.has_parent and not pane.list.top else []
    for row in pane.list.rows:
        text = row_text(
            row.name,
            width,
            is_directory=row.is_directory,
            size_bytes=row.size_bytes,
            modified_at=row.modified_at,
            now=now,
            leads_nowhere=row.leads_nowhere,
        )
        rows.append((text, _BOLD if row.is_directory else _PLAIN))
    notice = "(only hidden files)" if pane.list.hidden else "(empty)"
    return rows if pane.list.rows else [*rows, (fit(f" {notice}", width), _DIM)]


def _scroll_bar(height: int, count: int, top: int) -> list[str]:
    """As Textual draws it beside ``height`` of ``count`` rows, from ``top`` on."""
    bar = [" "] * height
    if count > height:
        thumb = max(1, height / (count / height))
        start = int((height - thumb) * (top / (count - height)) * 8)
        end = start + int(-(-8 * thumb // 1))
        first, above = divmod(start, 8)
        last, part = divmod(end, 8)
        bar[first:last] = [_styled(" ", _THUMB)] * (last - first)
        if above and first < height:
            bar[first] = _styled(_THUMB_ENDS[above], _BORDER)
        if part and last < height:
            bar[last] = _styled(_THUMB_ENDS[part], _THUMB)
    return bar


def _key_bar(columns: int) -> str:
    parts, used = [" "], 1
    for keys, word in key_bar_parts(USUAL_KEYS, USUAL_PALETTE_KEYS, columns):
        for text, style in ((keys, _PLAIN), (word, _REVERSE), (" ", _PLAIN)):
            shown = text[: columns - used]
            used += len(shown)
            parts.append(_styled(shown, style) if shown else "")
    return "".join(parts) + " " * (columns - used)
