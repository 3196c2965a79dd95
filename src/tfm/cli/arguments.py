"""From what a user types to paths: globs on remote paths, which no shell expands."""

from __future__ import annotations

from collections.abc import Iterator

from tfm.core.capability import Capability
from tfm.core.errors import InvalidPathError, NotFoundError
from tfm.path.path import Path
from tfm.path.pattern import has_wildcard

__all__ = ["expanded", "is_local"]


def is_local(path: Path) -> bool:
    return Capability.LOCAL_PATHS in path.capabilities


def expanded(text: str, profile: str | None) -> Iterator[Path]:
    """The paths that an argument means.

    On a remote path ``*``, ``?``, ``[...]``, ``**`` are a pattern; where nothing fits, an entry whose key is exactly
    that text is meant. Local patterns are the shell's. NotFoundError where there is neither, InvalidPathError for
    a pattern in a bucket's name.
    """
    path = Path(text, profile=profile)
    segments = path.relative_to(path.anchor).parts if path.anchor else ()
    first = next((index for index, segment in enumerate(segments) if has_wildcard(segment)), None)
    if has_wildcard(path.bucket):
        raise InvalidPathError(f"{text}: a pattern cannot stand in a bucket's name.", next_step="Name the bucket.")
    if first is None or is_local(path):
        yield path
        return
    base = Path(path.anchor, profile=profile)
    for segment in segments[:first]:
        base = base.joinpath(f"{segment}/")
    pattern = "/".join(segments[first:]) + ("/" if text.endswith("/") else "")
    found = False
    for match in base.glob(pattern):
        found = True
        yield match
    if not found and not path.exists():
        raise NotFoundError("Nothing fits this pattern.", uri=text, operation="glob")
    if not found:
        yield path
