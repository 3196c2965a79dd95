"""What the cache answers by itself, beside what the server holds: it may be silent, and never say anything else."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tfm import Path
from tfm.core.errors import NetworkError, StorageError
from tfm.storage.listing_cache import CachedListing
from tfm.storage.session import Session
from tfm.storage.storage import Storage

__all__ = ["CLOSED", "UNKNOWN", "Facts", "Truth", "cached", "outcome", "told", "wrong_answers"]

CLOSED: Final = "The gate is closed."
"""The cause of the NetworkError by which a test lets no request pass."""

UNKNOWN: Final = "nobody knows without asking"

Facts = tuple[int, str | None]
"""Size and etag."""


@dataclass(frozen=True)
class Truth:
    """What the server holds: facts by exact key, markers too."""

    keys: dict[str, Facts]

    @classmethod
    def of(cls, storage: Storage) -> Truth:
        """Of a session that has nothing in its cache."""
        found: dict[str, Facts] = {}
        for page in storage.scan("", recursive=True, fresh=True):
            for entry in page:
                assert entry.size_bytes is not None
                found[entry.key] = (entry.size_bytes, entry.etag)
        return cls(found)

    def is_file(self, key: str) -> bool:
        return key in self.keys and not key.endswith("/")

    def is_dir(self, key: str) -> bool:
        return not key or any(each.startswith(f"{key}/") for each in self.keys)

    def exists(self, key: str) -> bool:
        return self.is_file(key) or self.is_dir(key)

    def is_below_a_file(self, key: str) -> bool:
        return any(key[:end] in self.keys for end, letter in enumerate(key) if letter == "/" and end)

    def children(self, key: str) -> object:
        """The keys that iterdir lists, sorted, or the class of what it raises."""
        prefix = f"{key}/" if key else ""
        if not self.is_dir(key):
            return NotADirectoryError if self.is_file(key) else FileNotFoundError
        below = {each[len(prefix) :] for each in self.keys if each.startswith(prefix)} - {""}
        return sorted({prefix + (name[: name.find("/") + 1] if "/" in name else name) for name in below})

    def tree(self, key: str) -> list[str]:
        """The keys that ``rglob("*")`` lists, sorted."""
        prefix = f"{key}/" if key else ""
        found = set()
        for each in self.keys:
            if each.startswith(prefix) and each != prefix:
                found.add(each)
                rest = each[len(prefix) :]
                found |= {prefix + rest[: end + 1] for end, letter in enumerate(rest) if letter == "/"}
        return sorted(found)

    def facts(self, key: str, *, directory: bool) -> set[object]:
        """What ``stat`` may say: of a directory what its marker has, or nothing."""
        if self.is_dir(key) and (directory or not self.is_file(key)):
            marker = self.keys.get(f"{key}/")
            return {("directory", 0, None)} | ({("directory", *marker)} if marker is not None else set())
        return {("file", *self.keys[key])} if self.is_file(key) else {FileNotFoundError}


def cached(session: Session) -> Hashable:
    """All that a session with one storage could answer by itself now: where it is the same, so are the answers."""

    def content(value: object) -> Hashable:
        if not isinstance(value, CachedListing):
            return repr(value.answer), value.whole  # type: ignore[attr-defined] # the tier has no third kind
        listing = value.listing
        return listing.recursive, listing.complete, repr(listing.own_entry), tuple(map(repr, listing))

    return frozenset(
        (key.space.authority, key.shape, key.text, value.is_fresh(), content(value))
        for key, value in session.cache.tier.items()
    )


def outcome(work: Callable[[], object]) -> object:
    """What it gives, or the builtin class of what it raises; UNKNOWN where the gate was closed."""
    try:
        return work()
    except NetworkError as error:
        if error.cause == CLOSED:
            return UNKNOWN
        return ConnectionError
    except (OSError, ValueError, StorageError) as error:
        return next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins" and kind is not Exception)


def told(stat: Any) -> object:  # a StatResult
    kind = "directory" if stat.st_mode & 0o170000 == 0o040000 else "file"
    return kind, stat.st_size, stat.etag


def wrong_answers(root: str, truth: Truth, paths: Iterable[tuple[str, Path]]) -> Iterator[str]:
    """What these paths, each with its key, answer otherwise than the truth; to be asked while the gate is closed."""

    def keys(found: Iterable[Path]) -> list[str]:
        return sorted(str(each)[len(root) :] for each in found)

    for key, path in paths:
        listed = path._listed_entry()
        directory = str(path).endswith("/") if listed is None else listed.is_directory
        answers: list[tuple[str, Callable[[], object], Iterable[object]]] = [
            ("exists", path.exists, [truth.exists(key)]),
            ("is_dir", path.is_dir, [truth.is_dir(key)]),
            ("is_file", path.is_file, [truth.is_file(key)]),
            ("stat", lambda path=path: told(path.stat()), truth.facts(key, directory=directory)),  # type: ignore[misc] # mypy infers no types for a lambda's defaults
            ("iterdir", lambda path=path: keys(path.iterdir()), [truth.children(key)]),  # type: ignore[misc] # as above
            ("rglob", lambda path=path: keys(path.rglob("*")), [truth.tree(key)]),  # type: ignore[misc] # as above
        ]
        for name, question, expected in answers:
            said = outcome(question)
            if said != UNKNOWN and said not in expected:
                by = "a new path" if listed is None else "a listed path"
                yield f"{name} of {path}, {by}: {said!r}, where the server says {list(expected)!r}"
