"""JSON with a line for each value. Every word stays as it was written: numbers, escapes and repeated names too."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

__all__ = ["NotJsonError", "pretty_json"]

_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t\r\n]+)
      | (?P<string>"(?:[^"\\\x00-\x1f]+|\\.)*+")
      | (?P<mark>[][{}:,])
      | (?P<word>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null|NaN|-?Infinity)""",
    re.VERBOSE,
)
_PAIRS: Final = {"]": "[", "}": "{"}
_INDENT: Final = "  "


class NotJsonError(ValueError):
    """The text is something else; the message says from which line on."""


def pretty_json(text: str, stopped: Callable[[], bool] = lambda: False) -> str:
    """One value after the other, each on lines of its own. Raises NotJsonError. ``stopped`` is asked now and then."""
    printer = _Printer()
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or not printer.takes(match.group(), match.lastgroup or ""):
            raise NotJsonError(f"no JSON from line {text.count(chr(10), 0, position) + 1} on")
        position = match.end()
        if stopped():
            break
    if printer.open:
        raise NotJsonError("the JSON ends too early")
    return printer.text()


class _Printer:
    """Takes tokens in their order, and knows which may come next."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self._parts: list[str] = []
        # What came last: "" at the beginning of a value, "value", "name", ":", ",", "[" or "{".
        self._last = ""

    def text(self) -> str:
        return "".join([*self._parts, "\n"] if self._parts else [])

    def takes(self, word: str, kind: str) -> bool:
        """Whether it may stand there; it is written then."""
        is_mark = kind == "mark"
        if kind == "blank":
            return True
        if not is_mark or word in "[{":
            return self._value(word, is_mark)
        if word in "]}":
            return self._close(word)
        if word == ":":
            return self._after("name", ":", ": ")
        return bool(self.open) and self._after("value", ",", ",")

    def _after(self, last: str, word: str, written: str) -> bool:
        if self._last != last:
            return False
        self._last = word
        self._parts.append(written)
        return True

    def _value(self, word: str, is_mark: bool) -> bool:
        in_object = bool(self.open) and self.open[-1] == "{"
        is_name = in_object and self._last != ":"
        if is_name and not word.startswith('"'):
            return False
        if self.open and self._last in {"value", "name"}:
            return False
        if self.open and self._last != ":":
            self._new_line()
        elif not self.open and self._parts:
            self._parts.append("\n")
        self._parts.append(word)
        if is_mark:
            self.open.append(word)
            self._last = word
        else:
            self._last = "name" if is_name else "value"
        return True

    def _close(self, word: str) -> bool:
        if not self.open or self.open[-1] != _PAIRS[word] or self._last in {":", ",", "name"}:
            return False
        opened = self.open.pop()
        if self._last != opened:
            self._new_line()
        self._parts.append(word)
        self._last = "value"
        return True

    def _new_line(self) -> None:
        self._parts.append("\n" + _INDENT * len(self.open))
