"""Which rows of a page a view shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate

from tfm.core.errors import StorageError
from tfm.core.page import Page
from tfm.operations.expression_process import ExpressionProcesses
from tfm.operations.row_view import Filter, FilterKind, RowView

__all__ = ["RowFilter", "names_that_fit"]


def names_that_fit(wanted: Filter) -> Callable[[Sequence[str]], list[bool]]:
    """A function from names to whether each of them fits. Raises StorageError, there or here, for an expression that
    is none, or takes too long. A regular expression is tried in a process of its own: none can hold this one."""
    if wanted.kind is FilterKind.TEXT:
        text = wanted.text.lower()
        return lambda names: [text in name.lower() for name in names]
    if wanted.kind is FilterKind.GLOB:
        fits = re.compile(translate(wanted.text.lower())).match
        return lambda names: [fits(name.lower()) is not None for name in names]
    try:
        re.compile(wanted.text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise StorageError(
            f"This is no regular expression: {error}.", next_step="Mend it, or filter by text.", operation="filter"
        ) from error
    return ExpressionProcesses(wanted.text, re.IGNORECASE).fitting


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
