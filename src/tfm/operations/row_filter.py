"""Which rows of a page a view shows."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from fnmatch import translate
from itertools import accumulate

from tfm.core.errors import StorageError
from tfm.core.page import Page
from tfm.operations.expression_process import ExpressionProcesses
from tfm.operations.row_view import Filter, FilterKind, RowView

__all__ = ["RowFilter", "names_that_fit"]

_LINE_BREAKS = str.maketrans("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", "\0" * 10)
"""In names they are characters like others; :class:`ExpressionProcesses` looks at lines."""

_PIECE_NAMES = 2000


def names_that_fit(wanted: Filter) -> Callable[[Sequence[str]], list[bool]]:
    """A function from names to whether each of them fits. Raises StorageError, there or here, for an expression that
    is none, or takes too long. A regular expression is tried in a process of its own: none can hold this one."""
    if wanted.kind is FilterKind.TEXT:
        text = wanted.text.lower()
        return lambda names: [text in name.lower() for name in names]
    if wanted.kind is FilterKind.GLOB:
        fits = re.compile(translate(wanted.text.lower())).match
        return lambda names: [fits(name.lower()) is not None for name in names]
    # The whole name, if the expression fits somewhere in it: a place that is empty would be none to the process.
    expression = f"^.*?(?:{wanted.text}).*$"
    flags = re.IGNORECASE | re.MULTILINE
    try:
        re.compile(wanted.text, flags)
        re.compile(expression, flags)
    except (re.error, RecursionError, OverflowError) as error:
        raise StorageError(
            f"This is no regular expression: {error}.", next_step="Mend it, or filter by text.", operation="filter"
        ) from error
    processes = ExpressionProcesses(expression, flags)
    return lambda names: _fitting_lines(processes, names)


def _fitting_lines(processes: ExpressionProcesses, names: Sequence[str]) -> list[bool]:
    fits = [False] * len(names)
    for start in range(0, len(names), _PIECE_NAMES):
        lines = [name.translate(_LINE_BREAKS).encode("utf-8", "surrogatepass") for name in names[start:]][:_PIECE_NAMES]
        ends = array("Q", accumulate(len(line) + 1 for line in lines))
        for place, _end in processes.places(b"\n".join(lines)):
            fits[start + bisect_right(ends, place)] = True
    return fits


class RowFilter:
    """What ``view`` shows. ``error`` is why its filter cannot be used: then that hides nothing."""

    def __init__(self, view: RowView) -> None:
        self._hides = not view.hidden
        self._fits: Callable[[Sequence[str]], list[bool]] | None = None
        self.error: StorageError | None = None
        if view.filter is not None and view.filter.text:
            try:
                self._fits = names_that_fit(view.filter)
            except StorageError as error:
                self.error = error

    def rows(self, page: Page, names: Sequence[str]) -> Sequence[int]:
        """The numbers of the rows of ``page`` that are shown; ``names`` are all of its names."""
        rows: Sequence[int] = range(len(page))
        if self._hides:
            rows = [row for row in rows if not names[row].startswith(".")]
        if self._fits is not None:
            try:
                fits = self._fits([names[row] for row in rows])
            except StorageError as error:
                self.error, self._fits = error, None
                return rows
            rows = [row for row, fit in zip(rows, fits, strict=True) if fit]
        return rows
