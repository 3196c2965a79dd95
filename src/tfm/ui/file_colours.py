"""A colour for each kind of file, by the terminal's names. What a kind is, is told by other means too: this is only
for the eye."""

from __future__ import annotations

from typing import Final

from rich.style import Style

from tfm.core.entry import Entry, Kind

__all__ = ["colour_of"]

_PLAIN: Final = Style()
_DIRECTORY: Final = Style(color="blue")
_LINK: Final = Style(color="cyan")
_LEADS_NOWHERE: Final = Style(color="red")
_PROGRAM: Final = Style(color="green")
_ARCHIVE: Final = Style(color="red")
_MEDIA: Final = Style(color="magenta")

_ANYBODY_EXECUTES: Final = 0o111

_ENDINGS: Final = (
    (_ARCHIVE, "7z bz2 cab deb gz jar lz4 rar rpm tar tgz whl xz zip zst"),
    (_MEDIA, "avi avif bmp flac gif jpeg jpg m4a mkv mov mp3 mp4 ogg opus png svg tif tiff wav webm webp"),
)
_BY_ENDING: Final = {ending: style for style, endings in _ENDINGS for ending in endings.split()}


def colour_of(entry: Entry) -> Style:
    """A style with nothing but a colour, or with nothing."""
    if entry.is_symlink:
        return _LEADS_NOWHERE if entry.leads_nowhere else _LINK
    if entry.is_directory:
        return _DIRECTORY
    if entry.kind is Kind.FILE and entry.mode is not None and entry.mode & _ANYBODY_EXECUTES:
        return _PROGRAM
    return _BY_ENDING.get(entry.name.rpartition(".")[2].lower(), _PLAIN)
