"""What is looked for in bytes: text, a regular expression, or bytes written in hexadecimal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from tfm.operations.expression_child import fitting_places
from tfm.operations.expression_process import ExpressionProcesses

__all__ = [
    "LINE_BYTES",
    "ExpressionNeedle",
    "LiteralNeedle",
    "Needle",
    "NeedleError",
    "PatternNeedle",
    "Span",
    "hexadecimal_needle",
    "text_needle",
]

LINE_BYTES: Final = 1024 * 1024
"""A line that is longer is searched in pieces of this: memory stays bounded on a file without newlines."""

_BATCH_BYTES: Final = 64 * 1024
"""As much as the pattern engine gets at once: it holds the interpreter while it searches, about 4 ms for this much."""

_QUOTED: Final = re.compile(r'"([^"]*)"|\'([^\']*)\'|([^"\']+)')


class NeedleError(ValueError):
    """What was typed cannot be looked for; the message says why and what would be right."""


Span = tuple[int, int]


class Needle(Protocol):
    """Where it occurs does not depend on where one begins to look."""

    @property
    def lines(self) -> bool:
        """Whether it is looked for line by line, so that a line must be given whole."""

    @property
    def reach(self) -> int:
        """How many bytes an occurrence takes at most; of no meaning where ``lines``."""

    @property
    def is_quick(self) -> bool:
        """Whether some kilobytes take no time worth speaking of, whatever is in them."""

    def spans(self, data: bytes) -> Iterator[Span]:
        """The occurrences, from the first on. Raises StorageError where that takes too long."""

    def last(self, data: bytes, before: int) -> Span | None:
        """The last one that begins before that offset."""


@dataclass(frozen=True, slots=True)
class LiteralNeedle:
    """These bytes. Letters of ASCII match both ways where ``fold``; then ``literal`` is in small letters."""

    literal: bytes
    fold: bool = False
    lines: bool = False

    @property
    def is_quick(self) -> bool:
        return True

    @property
    def reach(self) -> int:
        return len(self.literal)

    def spans(self, data: bytes) -> Iterator[Span]:
        data = data.lower() if self.fold else data
        start = data.find(self.literal)
        while start >= 0:
            yield start, start + len(self.literal)
            start = data.find(self.literal, start + 1)

    def last(self, data: bytes, before: int) -> Span | None:
        data = data.lower() if self.fold else data
        start = data.rfind(self.literal, 0, max(0, before - 1) + len(self.literal)) if before > 0 else -1
        return (start, start + len(self.literal)) if start >= 0 else None


@dataclass(frozen=True, slots=True)
class PatternNeedle:
    """A pattern over the text of each line by itself, without its newline. Empty occurrences are none."""

    pattern: re.Pattern[str]
    lines: bool = True
    reach: int = 0

    @property
    def is_quick(self) -> bool:
        return True

    def spans(self, data: bytes) -> Iterator[Span]:
        start = 0
        while start < len(data):
            end = _batch_end(data, start)
            yield from self._in_batch(data[start:end], start)
            start = end

    def last(self, data: bytes, before: int) -> Span | None:
        end = len(data)
        while end > 0:
            # Back by a batch, from the beginning of a line.
            start = max(0, end - _BATCH_BYTES)
            start = data.rfind(b"\n", 0, start) + 1 if start else 0
            found = [span for span in self._in_batch(data[start:end], start) if span[0] < before]
            if found:
                return found[-1]
            end = start
        return None

    def _in_batch(self, data: bytes, offset: int) -> Iterator[Span]:
        for start, end in fitting_places(self.pattern, data):
            yield offset + start, offset + end


@dataclass(frozen=True, slots=True)
class ExpressionNeedle(PatternNeedle):
    """A regular expression that somebody typed: it is tried in a process of its own, which has a limit of time. Then
    looking raises StorageError."""

    processes: ExpressionProcesses | None = None

    @property
    def is_quick(self) -> bool:
        return False

    def _in_batch(self, data: bytes, offset: int) -> Iterator[Span]:
        if self.processes is None:
            raise LookupError("an expression without a process")
        for start, end in self.processes.places(data):
            yield offset + start, offset + end


def _batch_end(data: bytes, start: int) -> int:
    if len(data) - start <= _BATCH_BYTES:
        return len(data)
    newline = data.find(b"\n", start + _BATCH_BYTES)
    return len(data) if newline < 0 else newline + 1


def text_needle(text: str, *, regular: bool = False, fold: bool = True) -> Needle:
    """``text`` as it was typed, as a regular expression where ``regular``; ``fold``: capitals and small letters are
    the same. Raises NeedleError."""
    if not text:
        raise NeedleError("There is nothing to look for: type some text.")
    if regular:
        pattern = _compiled(text, fold=fold)
        return ExpressionNeedle(pattern, processes=ExpressionProcesses(text, _flags(fold=fold)))
    if not fold:
        return LiteralNeedle(text.encode("utf-8", "surrogateescape"))
    if text.isascii():
        return LiteralNeedle(text.lower().encode("ascii"), fold=True)
    # What is the other case of a letter beyond ASCII, and how many bytes it takes, the pattern engine knows.
    return PatternNeedle(_compiled(re.escape(text), fold=True))


def _flags(*, fold: bool) -> int:
    return re.MULTILINE | (re.IGNORECASE if fold else 0)


def _compiled(text: str, *, fold: bool) -> re.Pattern[str]:
    try:
        pattern = re.compile(text, _flags(fold=fold))
    except (re.error, OverflowError, RecursionError) as error:
        raise NeedleError(f"This is no regular expression: {error}.") from error
    if pattern.match(""):
        raise NeedleError("This expression is found everywhere: it needs no character at all.")
    return pattern


def hexadecimal_needle(text: str, *, fold: bool = True) -> Needle:
    """Pairs of digits, ``7f 45 4C46``, and text in quotes between them: ``7f "ELF"``. Raises NeedleError."""
    found = bytearray()
    quoted = False
    matched = 0
    for part in _QUOTED.finditer(text.strip()):
        matched += len(part.group())
        inside = part[1] if part[1] is not None else part[2]
        if inside is not None:
            found += inside.encode("utf-8", "surrogateescape")
            quoted = True
            continue
        try:
            found += bytes.fromhex(part[3])
        except ValueError:
            matched = -1
            break
    if matched != len(text.strip()) or not found:
        raise NeedleError('Type pairs of hexadecimal digits, 7f 45 4c, and text in quotes: 7f "ELF".')
    # The case of digits' bytes always matters: 41 is not 61.
    only_text = quoted and not _QUOTED.sub(lambda part: part[3] or "", text).strip()
    if only_text and fold and found.isascii():
        return LiteralNeedle(bytes(found).lower(), fold=True)
    return LiteralNeedle(bytes(found))
