"""A program of its own: says where a regular expression fits. Started by :mod:`tfm.operations.expression_process`.

Reads from its input the flags, how many milliseconds it may take for one text, and the expression with its length;
then, again and again, a text with its length. Answers with the number of places, and where each begins and ends. Where
the length has its highest bit set, the text is names (:func:`fitting_names`), and a place is a name's number, twice.
Numbers are four bytes. It ends with its input, when it was left alone for a while, or by the system's alarm, which
needs no help from an expression that is still being tried.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["NAMES_BIT", "fitting_names", "fitting_places"]

NAMES_BIT = 1 << 31

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


def fitting_names(pattern: re.Pattern[str], data: bytes) -> Iterator[tuple[int, int]]:
    """The numbers of the names in which the pattern fits somewhere, each by itself. ``data``: how many there are, how
    many characters each has, and all of them behind one another."""
    count = struct.unpack_from("=I", data)[0]
    lengths = struct.unpack_from(f"={count}I", data, 4)
    text = data[4 + 4 * count :].decode("utf-8", "surrogatepass")
    start = 0
    for number, length in enumerate(lengths):
        if pattern.search(text[start : start + length]):
            yield number, number
        start += length


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
    while (size := _number(stream)) is not None:
        fitting = fitting_names if size & NAMES_BIT else fitting_places
        data = stream.read(size & ~NAMES_BIT)
        signal.setitimer(signal.ITIMER_REAL, milliseconds / 1000)
        places = array("I", [offset for place in fitting(pattern, data) for offset in place])
        signal.setitimer(signal.ITIMER_REAL, _IDLE_SECONDS)
        output.write(struct.pack("=I", len(places) // 2) + places.tobytes())
        output.flush()


if __name__ == "__main__":
    import sys

    _answer(sys.stdin.buffer, sys.stdout.buffer)
