"""What a path that a user gives names, without what it takes to read or write there."""

from __future__ import annotations

from tfm.core.errors import InvalidPathError
from tfm.path.lexical import Lexical, read_text

__all__ = ["named"]


def named(text: str) -> Lexical:
    """Raises InvalidPathError for text that names nothing, the empty one too: an unset variable is not "here"."""
    if not text:
        raise InvalidPathError("An empty path names nothing.", next_step="Write . for the directory you are in.")
    return read_text(text)
