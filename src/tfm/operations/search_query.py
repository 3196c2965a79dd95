"""What is looked for below a directory: a name, a kind, sizes, times, and something in the content."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import isnan

from tfm.core.entry import Entry, Kind
from tfm.core.page import UNKNOWN_SIZE, Page
from tfm.operations.expression_process import ExpressionProcesses
from tfm.operations.needle import Needle

__all__ = ["LetterCase", "NameForm", "NameTest", "QueryError", "SearchQuery", "name_test"]


class QueryError(ValueError):
    """What was typed cannot be looked for; the message says why and what would be right."""


class NameForm(StrEnum):
    """How the text that a name is compared with is written."""

    TEXT = "text"
    """It occurs in the name."""

    GLOB = "glob"
    """``*``, ``?`` and ``[...]``; the whole name fits."""

    REGEX = "regex"
    """A regular expression, which fits somewhere in the name."""


class LetterCase(StrEnum):
    """Whether capitals and small letters differ."""

    SMART = "smart"
    """Only where the text that was typed has a capital."""

    EXACT = "exact"
    IGNORED = "ignored"

    def ignores(self, text: str) -> bool:
        return self is LetterCase.IGNORED or (self is LetterCase.SMART and text == text.lower())


@dataclass(frozen=True, slots=True)
class NameTest:
    """``fits`` is asked about an entry's last name or, where ``whole_path``, about its path below the start, without a
    directory's slash. ``expression`` is what it looks for where that is a regular expression, which may take for ever:
    better tried where it can be given up."""

    fits: Callable[[str], bool]
    whole_path: bool = False
    expression: str | None = None
    ignores_case: bool = False


def name_test(text: str, form: NameForm = NameForm.TEXT, letter_case: LetterCase = LetterCase.SMART) -> NameTest | None:
    """None for no text: every name fits. Text and globs that hold a slash are about the whole path, where ``*`` goes
    across slashes. Raises QueryError for what is no regular expression."""
    if not text:
        return None
    ignores = letter_case.ignores(text)
    whole_path = "/" in text and form is not NameForm.REGEX
    if form is NameForm.TEXT:
        if not ignores:
            return NameTest(lambda name: text in name, whole_path)
        folded = text.casefold()
        return NameTest(lambda name: folded in name.casefold(), whole_path)
    source = fnmatch.translate(text) if form is NameForm.GLOB else text
    try:
        pattern = re.compile(source, re.IGNORECASE if ignores else 0)
    except (re.error, OverflowError, RecursionError) as error:
        raise QueryError(f"This is no regular expression: {error}.") from error
    if form is NameForm.GLOB:
        return NameTest(lambda name: pattern.match(name) is not None, whole_path)
    return NameTest(lambda name: pattern.search(name) is not None, whole_path, text, ignores)


NamesFit = Callable[[list[str]], list[bool]]
"""Of paths below the start, which fit."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """All that is set must hold; nothing set: everything fits.

    ``least_bytes`` and ``most_bytes`` are inclusive, and about what is no directory: one of those has no size, or one
    of the disk's own that says nothing. ``changed_after`` and ``changed_until`` are seconds since the epoch, the second
    inclusive; what has no time fits neither. ``content`` is looked for in files, ``in_binary`` also in those whose
    beginning holds a NUL.
    """

    name: NameTest | None = None
    kind: Kind | None = None
    least_bytes: int | None = None
    most_bytes: int | None = None
    changed_after: float | None = None
    changed_until: float | None = None
    content: Needle | None = None
    in_binary: bool = False

    @property
    def finds_implied_directories(self) -> bool:
        """Whether a directory of which nothing but the name is known can fit."""
        facts = (self.least_bytes, self.most_bytes, self.changed_after, self.changed_until, self.content)
        return self.kind in {None, Kind.DIRECTORY} and all(fact is None for fact in facts)

    def fits(self, entry: Entry, path: str) -> bool:
        """Whether it does, as far as a listing tells; ``path`` is that below the start, without a directory's slash."""
        size = UNKNOWN_SIZE if entry.size_bytes is None else entry.size_bytes
        return self._facts_fit(entry.kind, size, entry.modified_timestamp) and self.name_fits(path)

    def rows(self, page: Page, prefix: str, names_fit: NamesFit | None = None) -> list[int]:
        """Which rows of a page fit, as far as a listing tells; ``prefix`` is where the search began. ``names_fit`` is
        asked about names in place of :meth:`name_fits`."""
        above = page.base[len(prefix) :]
        rows = [row for row in range(len(page)) if self._facts_fit(page.kind(row), page.sizes[row], page.times[row])]
        names = page.names()
        fitting = (names_fit or self.names_fit)([above + names[row] for row in rows])
        return [row for row, fits in zip(rows, fitting, strict=True) if fits]

    def names_fit(self, paths: list[str]) -> list[bool]:
        """As :meth:`name_fits`, of each."""
        return [self.name_fits(path) for path in paths]

    def names_fit_apart(self) -> NamesFit:
        """As :meth:`names_fit`; a regular expression is tried in a process of its own, so that none can hold this one.
        What is returned raises StorageError for one that takes too long."""
        test = self.name
        if test is None or test.expression is None:
            return self.names_fit
        processes = ExpressionProcesses(test.expression, re.IGNORECASE if test.ignores_case else 0)
        return lambda paths: processes.fitting([path[path.rfind("/") + 1 :] for path in paths])

    def name_fits(self, path: str) -> bool:
        if self.name is None:
            return True
        return self.name.fits(path if self.name.whole_path else path[path.rfind("/") + 1 :])

    def _facts_fit(self, kind: Kind, size_bytes: int, modified: float | None) -> bool:
        if self.kind is not None and kind is not self.kind:
            return False
        if self.content is not None and kind is not Kind.FILE:
            return False
        return self._size_fits(kind, size_bytes) and self._time_fits(modified)

    def _size_fits(self, kind: Kind, size_bytes: int) -> bool:
        if self.least_bytes is None and self.most_bytes is None:
            return True
        if kind is Kind.DIRECTORY or size_bytes == UNKNOWN_SIZE:
            return False
        least_fits = self.least_bytes is None or size_bytes >= self.least_bytes
        return least_fits and (self.most_bytes is None or size_bytes <= self.most_bytes)

    def _time_fits(self, modified: float | None) -> bool:
        if self.changed_after is None and self.changed_until is None:
            return True
        if modified is None or isnan(modified):
            return False
        after_fits = self.changed_after is None or modified > self.changed_after
        return after_fits and (self.changed_until is None or modified <= self.changed_until)
