"""From what a user types to paths: globs on remote paths, which no shell expands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tfm.cli.naming import named
from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import InvalidPathError, NotFoundError
from tfm.core.location import Location
from tfm.path.glob import glob_matches
from tfm.path.path import Path
from tfm.path.pattern import has_wildcard
from tfm.path.sessions import current_session

__all__ = ["Meant", "expanded", "is_local", "path_of"]


class Meant(NamedTuple):
    """One path that an argument means. ``entry`` is what the listing told, where a pattern found it."""

    path: Path
    entry: Entry | None = None


def path_of(text: str, profile: str | None) -> Path:
    """Raises InvalidPathError as :func:`named`."""
    named(text)
    return Path(text, profile=profile or None)


def is_local(path: Path) -> bool:
    return Capability.LOCAL_PATHS in path.capabilities


def expanded(text: str, profile: str | None) -> Iterator[Meant]:
    """The paths that an argument means.

    On a remote path ``*``, ``?``, ``[...]``, ``**`` are a pattern; where nothing fits, an entry whose key is exactly
    that text is meant. Local patterns are the shell's. NotFoundError where there is neither, InvalidPathError for
    a pattern in a bucket's name. Costs what a glob costs; nothing without a pattern.
    """
    path = path_of(text, profile)
    if has_wildcard(path.bucket):
        raise InvalidPathError(f"{text}: a pattern cannot stand in a bucket's name.", next_step="Name the bucket.")
    segments = () if is_local(path) else path.parts[1:]
    first = next((index for index, segment in enumerate(segments) if has_wildcard(segment)), None)
    if first is None:
        yield Meant(path)
        return
    found = False
    for meant in _matches(path, segments, first):
        found = True
        yield meant
    if not found and not path.exists():
        raise NotFoundError("Nothing fits this pattern.", uri=text, operation="glob")
    if not found:
        yield Meant(path)


def _matches(path: Path, segments: tuple[str, ...], first: int) -> Iterator[Meant]:
    address = path.location.storage
    # Put together as text: joined one by one, an empty segment would lead back to the root.
    prefix = "".join(f"{segment}/" for segment in segments[:first])
    pattern = "/".join(segments[first:]) + ("/" if path.key.endswith("/") else "")
    for entry, _ in glob_matches(current_session().storage(address), prefix, pattern):
        if entry.key != prefix:  # what ** finds when it stands for nothing: the directory it was looked for in
            yield Meant(Path.from_location(Location(address, entry.key, entry.kind)), entry)
