"""The Content-Type of an object by its name, the same on every machine: no file of the system's is read."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mimetypes import MimeTypes

__all__ = ["content_type_of"]

_UNKNOWN: Final = "application/octet-stream"

_COMPRESSED: Final = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
    "br": "application/x-brotli",
}
"""What is inside is no matter: Content-Type without Content-Encoding tells of the bytes as they are."""

_MORE: Final = {
    ".7z": "application/x-7z-compressed",
    ".arrow": "application/vnd.apache.arrow.file",
    ".avif": "image/avif",
    ".feather": "application/vnd.apache.arrow.file",
    ".flac": "audio/flac",
    ".gz": "application/gzip",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown",
    ".mkv": "video/x-matroska",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".toml": "application/toml",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zst": "application/zstd",
}
"""What Python 3.11 does not know, by the media types that IANA has:
https://www.iana.org/assignments/media-types/media-types.xhtml"""


def content_type_of(name: str) -> str:
    """``application/octet-stream`` where the name tells nothing."""
    # Only the ending counts, two of them at most, and the name may hold what a URL would take for a query.
    ending = name.rpartition("/")[2]
    parts = ending.split(".")
    if parts[0]:  # else a dot begins the name, and no ending
        ending = ".".join(["x", *parts[1:][-2:]])
    return _type_of(ending)


@lru_cache(maxsize=1024)
def _type_of(ending: str) -> str:
    kind, encoding = _types().guess_type(ending.replace("?", "_").replace("#", "_").replace(":", "_").replace(";", "_"))
    if encoding is not None:
        return _COMPRESSED.get(encoding, _UNKNOWN)
    return kind or _UNKNOWN


@cache
def _types() -> MimeTypes:
    from mimetypes import MimeTypes

    types = MimeTypes()
    for ending, kind in _MORE.items():
        types.add_type(kind, ending)
    return types
