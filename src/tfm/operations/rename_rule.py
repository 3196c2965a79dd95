"""From old names to new ones: text or an expression that is replaced, counters, dates, capitals."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from tfm.core.entry import Entry
from tfm.operations.expression_process import ExpressionProcesses

__all__ = ["NewCase", "RenameRule", "RuleError", "lines_of_names", "names_of_lines"]


class RuleError(ValueError):
    """What was typed is no rule; the message says why and what would be right."""


class NewCase(StrEnum):
    """What becomes of capitals and small letters."""

    KEPT = "as it is"
    LOWER = "lower case"
    UPPER = "UPPER CASE"
    TITLE = "Title Case"


_FIELD: Final = re.compile(r"\{\{|\}\}|\{(name|ext|n|date)(?::([^{}]*))?\}|[{}]")
_WIDTH: Final = re.compile(r"0?[0-9]{0,2}")
_KNOWN: Final = "{name}, {ext}, {n}, {n:03}, {date}, {date:%Y-%m-%d}"
_CASES: Final[dict[NewCase, Callable[[str], str]]] = {
    NewCase.KEPT: str,
    NewCase.LOWER: str.lower,
    NewCase.UPPER: str.upper,
    NewCase.TITLE: str.title,
}


@dataclass(frozen=True, slots=True)
class _Field:
    word: str
    form: str


@dataclass(frozen=True, slots=True)
class RenameRule:
    """``find`` in the whole name is replaced, each time, by ``replacement``; without ``find`` that is the new name.

    ``replacement`` may hold ``{name}`` (without extension), ``{ext}``, ``{n}`` (a counter from ``first`` by ``step``;
    ``{n:03}`` has three digits), ``{date}`` (of the last change; ``{date:%Y%m%d}``), and where ``regular`` also groups,
    ``\\1`` and ``\\g<word>``. ``{{`` and ``}}`` are braces. Raises RuleError when it is made.
    """

    find: str = ""
    replacement: str = ""
    regular: bool = False
    ignores_case: bool = False
    case: NewCase = NewCase.KEPT
    first: int = 1
    step: int = 1
    _parts: tuple[str | _Field, ...] = field(init=False, repr=False, compare=False)
    _pattern: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_parts", tuple(_parsed(self.replacement)))
        object.__setattr__(self, "_pattern", self._compiled())

    def _compiled(self) -> re.Pattern[str] | None:
        if not self.find:
            return None
        try:
            pattern = re.compile(
                self.find if self.regular else re.escape(self.find), re.IGNORECASE if self.ignores_case else 0
            )
            if self.regular:
                for part in self._parts:
                    if isinstance(part, str):
                        re.sub(pattern, part, "")  # raises for a group that there is not
        except (re.error, IndexError, OverflowError, RecursionError) as error:
            raise RuleError(f"This is no regular expression, or no group of it: {error}.") from error
        return pattern

    def new_names(self, entries: Sequence[Entry]) -> list[str]:
        """The new name of each; counters count in this order, also those that stay as they are. An expression is tried
        in a process of its own: raises StorageError where it takes too long."""
        names = [entry.key.removesuffix("/").rpartition("/")[2] for entry in entries]
        expands = self.regular and self._pattern is not None
        new = [
            self._filled(entry, name, self.first + number * self.step, expands=expands)
            for number, (entry, name) in enumerate(zip(entries, names, strict=True))
        ]
        if self._pattern is not None:
            new = self._replaced(self._pattern, names, new)
        elif not self.replacement:
            new = names
        return [_CASES[self.case](name) for name in new]

    def _replaced(self, pattern: re.Pattern[str], names: Sequence[str], by: Sequence[str]) -> list[str]:
        if self.regular:
            return ExpressionProcesses(self.find, pattern.flags & re.IGNORECASE).replaced(names, by)
        return [pattern.sub(_as_template(new), name) for name, new in zip(names, by, strict=True)]

    def _filled(self, entry: Entry, name: str, number: int, *, expands: bool) -> str:
        """``expands``: what a backslash means in a template is still to be done."""
        pieces: list[str] = []
        for part in self._parts:
            if isinstance(part, _Field):
                value = _value(part, entry, name, number)
                pieces.append(_as_template(value) if expands else value)
            else:
                pieces.append(part)
        return "".join(pieces)


def _as_template(text: str) -> str:
    """What stands for exactly this text in a template, whatever is before it: a digit makes group 12 of group 1."""
    text = text.replace("\\", r"\\")
    return f"\\{ord(text[0]):03o}{text[1:]}" if text[:1].isdecimal() and text[:1].isascii() else text


def _parsed(text: str) -> list[str | _Field]:
    parts: list[str | _Field] = []
    literal, end = "", 0
    for match in _FIELD.finditer(text):
        literal += text[end : match.start()]
        end = match.end()
        if match[1] is None:
            if len(match[0]) == 1:
                raise RuleError(f"A brace stands alone: write {_KNOWN}, or two of them for one.")
            literal += match[0][0]
            continue
        found = _Field(match[1], match[2] or "")
        _check(found)
        parts += [literal, found]
        literal = ""
    return [part for part in [*parts, literal + text[end:]] if part != ""]


def _check(found: _Field) -> None:
    if found.word in {"name", "ext"} and found.form:
        raise RuleError(f"{{{found.word}}} takes nothing behind a colon.")
    if found.word == "n" and not _WIDTH.fullmatch(found.form):
        raise RuleError(f"{{n:{found.form}}} is no counter: write {{n}} or {{n:03}}.")


def _value(found: _Field, entry: Entry, name: str, number: int) -> str:
    stem, _, suffix = ("", "", "") if entry.is_directory else name.rpartition(".")
    if not stem:
        stem, suffix = name, ""  # a directory, a name without a dot, or one that begins with its only dot
    if found.word == "name":
        return stem
    if found.word == "ext":
        return suffix
    if found.word == "n":
        return format(number, f"{found.form}d" if found.form else "d")
    if entry.modified_timestamp is None:
        return ""
    moment = datetime.fromtimestamp(entry.modified_timestamp).astimezone()
    return moment.strftime(found.form or "%Y-%m-%d")


# Names in an editor: a line each


_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_ESCAPED: Final = re.compile(r"\\(\\|n|r|x([0-9a-f]{2})|u([0-9a-f]{4})|U(000[0-9a-f]{5}|0010[0-9a-f]{4}))")


def lines_of_names(names: Sequence[str]) -> list[str]:
    """A line for each name, to be edited: what no line can hold, and no editor should get, is written as ``\\n``,
    ``\\x1b``, ``\\udce9``, and a backslash as two."""
    return ["".join(_escaped(letter) for letter in name) for name in names]


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def names_of_lines(lines: Sequence[str], count: int) -> list[str]:
    """The names that edited lines say. Raises RuleError where they are not ``count``: nobody could tell whose each is;
    and for a backslash that means nothing."""
    if len(lines) != count:
        raise RuleError(f"There were {count:,} names and there are {len(lines):,} lines now: keep one for each.")
    return [_unescaped(line) for line in lines]


def _unescaped(line: str) -> str:
    if "\\" in _ESCAPED.sub("", line):
        raise RuleError(f"A backslash is written as two: {line!r}.")
    return _ESCAPED.sub(_letter, line)


def _letter(match: re.Match[str]) -> str:
    code = match[2] or match[3] or match[4]
    if code is not None:
        return chr(int(code, 16))
    return {"n": "\n", "r": "\r"}.get(match[1], "\\")
