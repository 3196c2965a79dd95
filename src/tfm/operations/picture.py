"""What kind of picture bytes begin, and how large it is: read from its header, without any library."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["PictureFacts", "picture_of"]


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """``width`` and ``height`` in pixels; 0 where the first bytes do not tell."""

    form: str
    width: int = 0
    height: int = 0

    def __str__(self) -> str:
        return f"{self.form}, {self.width:,} × {self.height:,}" if self.width else self.form


def picture_of(data: bytes) -> PictureFacts | None:
    """By the first bytes, 64 KiB of them at best; None for what is no picture of a kind that is known."""
    for form, begins, size in _FORMS:
        if begins(data):
            try:
                width, height = size(data)
            except (struct.error, IndexError):
                width = height = 0
            return PictureFacts(form, width, height)
    return None


def _png(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _gif(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _bmp(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<ii", data, 18)
    return abs(width), abs(height)


def _webp(data: bytes) -> tuple[int, int]:
    form = data[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if form == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


_JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The markers of frames; the three others among them are tables."""


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if data[at] != 0xFF or length < 2:
            return 0, 0
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length


def _unknown(_data: bytes) -> tuple[int, int]:
    return 0, 0


def _beginning(*texts: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(texts)


_FORMS: Final = (
    ("png", _beginning(b"\x89PNG\r\n\x1a\n"), _png),
    ("jpeg", _beginning(b"\xff\xd8\xff"), _jpeg),
    ("gif", _beginning(b"GIF87a", b"GIF89a"), _gif),
    ("webp", lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", _webp),
    ("bmp", lambda data: data[:2] == b"BM" and data[14:18] in {b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0"}, _bmp),
    ("tiff", _beginning(b"II*\0", b"MM\0*"), _unknown),
)
