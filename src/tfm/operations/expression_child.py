"""A program of its own: says where a regular expression fits. Started by :mod:`tfm.operations.expression_process`.

Reads from its input the flags, how many milliseconds it may take for one question, and the expression with its length;
then, again and again, a question, the length of its text, and the text. Answers with the length of the answer, and
with it: where the expression fits (:func:`fitting_places`), in which names (:func:`fitting_names`), or names with that
replaced in which it fits (:func:`replaced_names`). Numbers are four bytes. It ends with its input, when it was left
alone for a while, or by the system's alarm, which needs no help from an expression that is still being tried.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Iterator, Sequence
from typing import BinaryIO

__all__ = [
    "NAMES",
    "PLACES",
    "REPLACED",
    "fitting_names",
    "fitting_places",
    "packed_texts",
    "replaced_names",
    "texts_of",
]

PLACES, NAMES, REPLACED = range(3)
"""The questions."""

_IDLE_SECONDS = 20.0


def fitting_places(pattern: re.Pattern[str], data: bytes) -> Iterator[tuple[int, int]]:
    """Where the pattern fits in the lines of ``data``, each line by itself; offsets in bytes. Empty places are none."""
    text = data.decode("utf-8", "surrogateescape")
    # Offsets in bytes are counted on from the place before.
    position = seen_characters = seen_bytes = 0
    # Beyond the end the engine would look at the end again.
    while position <= len(text) and (match := pattern.search(text, position)):
        newline = text.find("\n", match.start())
        line_end = len(text) if newline < 0 else newline
        if match.end() > line_end:
            # It reaches beyond its line: look at that line alone.
            line_start = text.rfind("\n", 0, match.start()) + 1
            alone = pattern.search(text, max(position, line_start), line_end)
            if alone is None:
                position = line_end + 1
                continue
            match = alone
        if match.end() > match.start():
            seen_bytes += _length(text[seen_characters : match.start()])
            size = _length(match.group())
            yield seen_bytes, seen_bytes + size
            seen_bytes += size
            seen_characters = match.end()
        position = max(match.end(), match.start() + 1)


def fitting_names(pattern: re.Pattern[str], data: bytes) -> Iterator[int]:
    """The numbers of the names in which the pattern fits somewhere, each by itself."""
    return (number for number, name in enumerate(texts_of(data)) if pattern.search(name))


def replaced_names(pattern: re.Pattern[str], data: bytes) -> Iterator[str]:
    """Of names, and templates as many behind them: each name by itself, with what fits replaced by its template."""
    texts = texts_of(data)
    count = len(texts) // 2
    return (pattern.sub(template, name) for name, template in zip(texts[:count], texts[count:], strict=True))


def packed_texts(texts: Sequence[str]) -> bytes:
    """How many there are, how many characters each has, and all of them behind one another."""
    head = struct.pack(f"={1 + len(texts)}I", len(texts), *map(len, texts))
    return head + "".join(texts).encode("utf-8", "surrogatepass")


def texts_of(data: bytes) -> list[str]:
    """What :func:`packed_texts` made."""
    count = struct.unpack_from("=I", data)[0]
    lengths = struct.unpack_from(f"={count}I", data, 4)
    joined = data[4 + 4 * count :].decode("utf-8", "surrogatepass")
    texts, start = [], 0
    for length in lengths:
        texts.append(joined[start : start + length])
        start += length
    return texts


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def _number(stream: BinaryIO) -> int | None:
    data = stream.read(4)
    return struct.unpack("=I", data)[0] if len(data) == 4 else None


def _answer(stream: BinaryIO, output: BinaryIO) -> None:
    import signal

    flags, milliseconds, length = _number(stream), _number(stream), _number(stream)
    if flags is None or milliseconds is None or length is None:
        return
    pattern = re.compile(stream.read(length).decode("utf-8", "surrogatepass"), flags)
    while (question := _number(stream)) is not None and (size := _number(stream)) is not None:
        data = stream.read(size)
        signal.setitimer(signal.ITIMER_REAL, milliseconds / 1000)
        found = _found(question, pattern, data)
        signal.setitimer(signal.ITIMER_REAL, _IDLE_SECONDS)
        output.write(struct.pack("=I", len(found)) + found)
        output.flush()


def _found(question: int, pattern: re.Pattern[str], data: bytes) -> bytes:
    if question == REPLACED:
        return packed_texts(list(replaced_names(pattern, data)))
    if question == NAMES:
        return array("I", fitting_names(pattern, data)).tobytes()
    return array("I", [offset for place in fitting_places(pattern, data) for offset in place]).tobytes()


if __name__ == "__main__":
    import sys

    _answer(sys.stdin.buffer, sys.stdout.buffer)
