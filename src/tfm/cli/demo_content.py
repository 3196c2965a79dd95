"""What the demo's buckets hold. No server and no SDK here: the tests compare what a listing returns with this."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

__all__ = ["BUCKETS", "ODD_KEYS", "DemoObject", "odd_keys", "python_stdlib", "scratch", "twenty_thousand"]

_NOT_STANDARD: Final = {"__pycache__", "site-packages", "dist-packages"}


@dataclass(frozen=True, slots=True)
class DemoObject:
    """One object to be. ``modified_at`` is aware; None means the moment it is stored."""

    key: str
    content: bytes
    modified_at: datetime | None = None


def python_stdlib() -> Iterator[DemoObject]:
    """The sources of the running interpreter's own standard library, in their real tree."""
    root = sysconfig.get_path("stdlib")
    for directory, names, files in os.walk(root):
        names[:] = sorted(set(names) - _NOT_STANDARD)
        for name in sorted(files):
            path = os.path.join(directory, name)
            if not name.endswith(".py"):
                continue
            try:
                with open(path, "rb") as file:
                    content = file.read()
                    seconds = os.fstat(file.fileno()).st_mtime
            except OSError:  # a dangling link of a distribution's packaging
                continue
            key = os.path.relpath(path, root).replace(os.sep, "/")
            yield DemoObject(key, content, datetime.fromtimestamp(seconds, UTC))


def twenty_thousand() -> Iterator[DemoObject]:
    """20,000 keys in one directory."""
    for number in range(20_000):
        yield DemoObject(
            f"measurements/sample-{number:05}.csv", f"sample,value\n{number},{number * 37 % 1009}\n".encode()
        )


_LONG_SEGMENTS: Final = "/".join(["long", "s" * 255, "t" * 255, "u" * 255])

ODD_KEYS: Final[tuple[str, ...]] = (
    # What pathlib would normalise away is key text here.
    "a//b",
    "a//b/../c",
    "a/./b",
    "../x",
    "..",
    "../../etc/passwd",
    "./y",
    "/leading",
    "//two-leading",
    "trailing//",
    # An object and a directory of one name; a directory with and without a marker; prefixes of each other.
    "x",
    "x/",
    "x/inside",
    "empty-directory/",
    "marker-with-content/",
    "marker-with-content/child",
    "q/",
    "q/x",
    "q/x/y",
    "bak/one",
    "bakbak/two",
    "key",
    "key-1",
    "key/sub",
    # What URLs, XML and shells read as something else.
    "with space",
    " leading space",
    "trailing space ",
    "plus+plus",
    "per%cent",
    "per%2Fcent",
    "per%2525cent",
    "question?mark",
    "hash#mark",
    "amper&sand",
    "a=b;c,d:e@f",
    "<tag>&amp;</tag>",
    "quote\"quote'quote",
    "back\\slash",
    "tilde~",
    "star*[glob]{brace}",
    "caret^pipe|backtick`",
    "-rf",
    "--help",
    "$(touch pwned)",
    "`touch pwned`; touch pwned",
    "$HOME",
    "~root",
    "C:\\Windows\\system.ini",
    "C:/Windows/system.ini",
    "NUL",
    "aux.txt",
    "dot.",
    # Letters: case pairs, composed and decomposed, wide, right to left, invisible.
    "Case",
    "case",
    "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    "cafe\N{COMBINING ACUTE ACCENT}",
    "日本語/ファイル.txt",
    "한국어",
    "Ελληνικά",
    "עברית",
    "emoji-🎉.txt",
    "family-👩\N{ZERO WIDTH JOINER}👩\N{ZERO WIDTH JOINER}👧.png",
    "flag-🇩🇪",
    "invoice-\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe",
    "zero\N{ZERO WIDTH SPACE}width",
    "no\N{NO-BREAK SPACE}break",
    "line\N{LINE SEPARATOR}separator",
    "private-\ue000",
    "above-\U0010fffd",
    # What a terminal obeys.
    "escape-\x1b[31mred\x1b[0m",
    "title-\x1b]0;owned\x07",
    "clear-\x1b[2J\x1b[H",
    "c1-\x9b31mred",
    "tab\there",
    "return\rhere",
    "bell\x07",
    "backspace\x08\x08\x08",
    "delete\x7f",
    # Limits: a segment of 255 bytes fits on a disk, one of 256 does not; a key has 1,024 bytes at most.
    "n" * 255,
    "m" * 256,
    f"{_LONG_SEGMENTS}/".ljust(1024, "v"),
    "é" * 512,
)
"""Every key of the bucket ``odd-keys``. A newline is missing: moto does not keep it."""


def odd_keys() -> Iterator[DemoObject]:
    """Keys that are hard on programs, each with a few bytes; the markers but one are empty."""
    for key in ODD_KEYS:
        empty = key.endswith("/") and key != "marker-with-content/"
        yield DemoObject(key, b"" if empty else b"odd\n")


def scratch() -> Iterator[DemoObject]:
    """A little of what a person has, to write beside."""
    yield DemoObject("notes.txt", b"Here you can write.\n")
    for day in range(1, 8):
        yield DemoObject(f"runs/2026-07-{day:02}/metrics.csv", f"step,loss\n1,{1 / day:.3f}\n".encode())


BUCKETS: Final[Mapping[str, Callable[[], Iterator[DemoObject]]]] = {
    # The smallest first, so that there is soon something to look at.
    "scratch": scratch,
    "odd-keys": odd_keys,
    "python-stdlib": python_stdlib,
    "twenty-thousand": twenty_thousand,
}
