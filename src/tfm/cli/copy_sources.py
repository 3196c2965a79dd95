"""From what is typed after ``tfm cp`` and ``tfm mv`` to jobs: what is copied, and where it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tfm.cli.arguments import expanded, is_local, path_of
from tfm.core.capability import Capability
from tfm.core.entry import Asked, Kind
from tfm.core.errors import (
    InvalidPathError,
    IsDirectoryError,
    NotDirectoryError,
    NotFoundError,
    StorageError,
)
from tfm.core.location import Location
from tfm.operations.conflict import ConflictPolicy
from tfm.operations.copy_preview import check_copy
from tfm.operations.copy_spec import CopySpec
from tfm.path.copying import fixed_location
from tfm.path.path import Path
from tfm.path.pattern import has_wildcard
from tfm.path.sessions import current_session

__all__ = ["copy_specs"]


@dataclass(frozen=True, slots=True)
class _Source:
    """``contents``: it has no name of its own (``.``, ``d/..``), so what is in it goes into the destination."""

    text: str
    location: Location
    contents: bool = False


@dataclass(frozen=True, slots=True)
class _Target:
    """``location`` is a directory's where ``into``."""

    text: str
    path: Path
    into: bool

    @property
    def location(self) -> Location:
        return fixed_location(self.path, Kind.DIRECTORY if self.into else Kind.FILE)


def copy_specs(
    sources: Sequence[str],
    target: str,
    profile: str | None,
    policy: ConflictPolicy,
    *,
    move: bool,
    recursive: bool,
    on_error: Callable[..., object],
) -> list[CopySpec]:
    """A job for each storage that has sources, all of which are known to be there.

    ``on_error`` hears of each source that cannot be copied, and whether that is a ``local`` one; the others are among
    the jobs. Raises what is wrong with the destination. One request for each object that no listing told of, and for a
    destination without a slash.
    """
    texts = list(dict.fromkeys(sources))
    several = len(texts) > 1 or any(_is_pattern(text, profile) for text in texts)
    there = _target_of(target, profile, several=several)
    found: list[_Source] = []
    for text in texts:
        local = False
        try:
            local = is_local(path_of(text, profile))
            for source in _sources_of(text, profile, recursive=recursive):
                spec = _spec([source], there, policy, move=move)
                if move and source.contents:
                    raise InvalidPathError("This has no name by which it could be moved.", uri=text, operation="move")
                check_copy(current_session(), spec)
                found.append(source)
        except StorageError as error:
            on_error(error, local=local)
    _refuse_one_name_for_two(found, there)
    return [_spec(group, there, policy, move=move) for group in _groups(found)]


def _is_pattern(text: str, profile: str | None) -> bool:
    path = path_of(text, profile)
    return not is_local(path) and any(has_wildcard(segment) for segment in path.parts[1:])


# The destination


def _target_of(text: str, profile: str | None, *, several: bool) -> _Target:
    path = path_of(text, profile)
    local = is_local(path)
    flat = Capability.FLAT_KEYS in path.capabilities
    if Capability.LIST_ROOTS in path.capabilities:
        raise InvalidPathError("This is the list of buckets.", next_step="Name a bucket.", uri=text, operation="copy")
    if not local and text.endswith("/") and not several:
        return _Target(text, path, into=True)  # whether its bucket is there, the first write tells
    answer = current_session().storage(path.location.storage).lookup(path.key)
    if answer.directory_error is not None and flat and isinstance(answer.directory_error, NotFoundError):
        raise answer.directory_error
    says_directory = text.endswith("/") or several
    is_directory = answer.directory is not None and (answer.file is None or says_directory)
    if says_directory and not is_directory and not flat:
        if answer.found:
            raise NotDirectoryError("This is no directory.", next_step=_advice(several), uri=text, operation="copy")
        raise NotFoundError(
            "There is no such directory to copy into.", next_step="Make it first.", uri=text, operation="copy"
        )
    return _Target(text, path, into=is_directory or says_directory)


def _advice(several: bool) -> str:
    return "Several sources need a directory to go into." if several else "Write it without the slash."


# The sources


def _sources_of(text: str, profile: str | None, *, recursive: bool) -> Iterator[_Source]:
    passed_over = found = False
    for meant in expanded(text, profile):
        if meant.entry is not None:
            kind = Kind.DIRECTORY if meant.entry.is_directory else Kind.FILE
        else:
            kind = _kind_of(text, meant.path)
        if kind is Kind.DIRECTORY and not recursive:
            passed_over = True
            continue
        found = True
        contents = is_local(meant.path) and _is_nameless(text)
        yield _Source(text, fixed_location(meant.path, kind), contents)
    if passed_over and not found:
        raise IsDirectoryError(
            "This is a directory.",
            next_step="With -r it is copied, with all that is in it.",
            uri=text,
            operation="copy",
        )


def _kind_of(text: str, path: Path) -> Kind:
    """The object of that name where there is one, else the directory; with a slash the directory."""
    storage = current_session().storage(path.location.storage)
    if path.location.kind is Kind.DIRECTORY and Capability.FLAT_KEYS in storage.capabilities:
        return Kind.DIRECTORY  # whether it is there, its listing tells
    answer = storage.lookup(path.key, asked=Asked.MEANT)
    entry = answer.best()
    if entry is None:
        raise answer.directory_error or NotFoundError("There is nothing here.", uri=text, operation="copy")
    if text.endswith("/") and entry.is_directory and entry.is_symlink:
        raise NotDirectoryError("This is a link.", next_step="Name it without the slash.", uri=text, operation="copy")
    if text.endswith("/") and not entry.is_directory:
        raise NotDirectoryError("This is a file.", next_step="Name it without the slash.", uri=text, operation="copy")
    return Kind.DIRECTORY if entry.is_directory and not entry.is_symlink else Kind.FILE


def _is_nameless(text: str) -> bool:
    return text.rstrip("/").rpartition("/")[2] in {"", ".", ".."}


# The jobs


def _spec(sources: Sequence[_Source], target: _Target, policy: ConflictPolicy, *, move: bool) -> CopySpec:
    locations = tuple(source.location for source in sources)
    into = target.into and not sources[0].contents
    there = target.location
    if not into and locations[0].kind is Kind.DIRECTORY:
        there = fixed_location(target.path, Kind.DIRECTORY)
    return CopySpec(locations, there, into, policy, move)


def _groups(sources: Sequence[_Source]) -> list[list[_Source]]:
    groups: dict[object, list[_Source]] = {}
    for source in sources:
        own = source.location if source.contents else source.location.storage
        groups.setdefault(own, []).append(source)
    return list(groups.values())


def _refuse_one_name_for_two(sources: Sequence[_Source], target: _Target) -> None:
    """Raises InvalidPathError where the second would meet the first one's copy."""
    flat = Capability.FLAT_KEYS in target.path.capabilities
    taken: dict[str, _Source] = {}
    for source in sources:
        key = _spec([source], target, ConflictPolicy.FAIL, move=False).target_key(source.location)
        key = key if flat else key.removesuffix("/")
        other = taken.setdefault(key, source)
        if other is not source:
            name = key.removesuffix("/").rpartition("/")[2]
            what = "It is named twice" if other.location == source.location else f"{other.text} is called {name!r} too"
            raise InvalidPathError(
                f"{what}, and both would go to one place.", next_step="Nothing was written.", uri=source.text
            )
