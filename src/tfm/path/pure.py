"""The lexical half of Path: everything that text alone decides. No I/O, no session."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Self

from tfm.core.entry import Kind
from tfm.core.location import Location
from tfm.core.uri import decode_uri
from tfm.path.lexical import KeyText, Lexical, LocalText, from_location, from_split, read_text
from tfm.path.pattern import full_pattern, pattern_of, right_pattern

__all__ = ["LexicalPath"]


class LexicalPath:
    """See :class:`tfm.Path`, which adds what asks the storage."""

    __slots__ = ("_lexical", "_profile")

    _lexical: Lexical
    _profile: str | None

    @classmethod
    def _make(cls, lexical: Lexical, profile: str | None) -> Self:
        """A path of that text; the class in which it lives follows from the text."""
        raise NotImplementedError

    @classmethod
    def from_uri(cls, uri: str, *, profile: str | None = None) -> Self:
        """The path of an encoded URI (``s3://b/a%20b`` has the key ``a b``). InvalidPathError for what is none."""
        return cls._make(from_split(decode_uri(uri)), profile)

    @classmethod
    def from_location(cls, location: Location) -> Self:
        """The path of a :class:`tfm.core.location.Location`; a directory's has the hint."""
        return cls._make(from_location(location), location.storage.profile)

    def _with(self, lexical: Lexical) -> Self:
        return self._make(lexical, self._profile)

    # Text

    @property
    def profile(self) -> str | None:
        """The profile whose credentials are used; None is the environment's."""
        return self._profile

    @property
    def location(self) -> Location:
        """Where it is, for operations: a directory where it is written as one (with the slash), else a file."""
        return self._lexical.location(self._profile)

    def location_as(self, kind: Kind) -> Location:
        """Where an entry of that kind is that has this path, however it is written."""
        return self._lexical.location(self._profile, kind)

    @property
    def name(self) -> str:
        """The last segment; of a root it is empty."""
        return self._lexical.name

    @property
    def suffix(self) -> str:
        return self._lexical.suffix

    @property
    def suffixes(self) -> list[str]:
        return self._lexical.suffixes

    @property
    def stem(self) -> str:
        return self.name.removesuffix(self.suffix) if self.suffix else self.name

    @property
    def parts(self) -> tuple[str, ...]:
        """The anchor and the segments: ``('s3://b/', 'a', '', 'b')``. Empty segments are segments."""
        return self._lexical.parts

    @property
    def anchor(self) -> str:
        return self._lexical.anchor

    @property
    def bucket(self) -> str:
        """The authority: the bucket on S3, the host elsewhere, empty on the local disk."""
        return self._lexical.authority

    @property
    def key(self) -> str:
        """The exact key, a directory's with its slash; on the local disk the path's text."""
        return self._lexical.key

    @property
    def parent(self) -> Self:
        """The directory that holds it; a root is its own parent."""
        return self._with(self._lexical.parent)

    @property
    def parents(self) -> Sequence[Self]:
        """Every directory above it, the nearest first."""
        above: list[Self] = []
        here = self
        while (up := here.parent) != here:
            above.append(up)
            here = up
        return tuple(above)

    def is_absolute(self) -> bool:
        return self._lexical.is_absolute

    def as_posix(self) -> str:
        return str(self)

    def as_uri(self) -> str:
        """The URI, encoded. ValueError for a relative path."""
        return self._lexical.as_uri()

    def __str__(self) -> str:
        return str(self._lexical)

    def __repr__(self) -> str:
        profile = f", profile={self._profile!r}" if self._profile else ""
        return f"Path({str(self)!r}{profile})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LexicalPath):
            return NotImplemented
        return self._lexical.identity == other._lexical.identity and self._profile == other._profile

    def __hash__(self) -> int:
        return hash((self._lexical.identity, self._profile))

    def _order(self, other: LexicalPath) -> tuple[tuple[Any, ...], tuple[Any, ...]]:  # text and tuples of text
        return (
            (self._lexical.sort_key, self._profile or ""),
            (other._lexical.sort_key, other._profile or ""),
        )

    def __lt__(self, other: LexicalPath) -> bool:
        if not isinstance(other, LexicalPath):
            return NotImplemented
        mine, theirs = self._order(other)
        return mine < theirs

    def __le__(self, other: LexicalPath) -> bool:
        return self == other or self < other

    def __gt__(self, other: LexicalPath) -> bool:
        if not isinstance(other, LexicalPath):
            return NotImplemented
        return other < self

    def __ge__(self, other: LexicalPath) -> bool:
        return self == other or other < self

    # Made from it

    def joinpath(self, *segments: str | os.PathLike[str] | LexicalPath) -> Self:
        """Segments are key text: ``//``, ``..`` and ``s3://`` mean nothing in them.

        One that begins with ``/`` starts at the root of the bucket; one that is empty appends an empty segment. A path
        keeps its exact segments, and an absolute one takes this one's place. On the local disk as pathlib does.
        """
        lexical = self._lexical
        for segment in segments:
            if not isinstance(segment, LexicalPath):
                lexical = lexical.join(os.fspath(segment))
            elif isinstance(segment._lexical, KeyText) and isinstance(lexical, KeyText):
                lexical = lexical.join_part(segment._lexical)
            elif isinstance(segment._lexical, type(lexical)):
                lexical = lexical.join(str(segment))
            else:
                lexical = lexical.join(_portable(segment))
        return self._with(lexical)

    def __truediv__(self, segment: str | os.PathLike[str] | LexicalPath) -> Self:
        if not isinstance(segment, (str, os.PathLike, LexicalPath)):
            return NotImplemented
        return self.joinpath(segment)

    def __rtruediv__(self, segment: str | os.PathLike[str]) -> Self:
        if not isinstance(segment, (str, os.PathLike)):
            return NotImplemented
        return self._make(read_text(os.fspath(segment)), self._profile).joinpath(self)

    def with_name(self, name: str) -> Self:
        """ValueError for a root, or a name with a slash."""
        return self._with(self._lexical.with_name(name))

    def with_stem(self, stem: str) -> Self:
        return self.with_name(stem + self.suffix)

    def with_suffix(self, suffix: str) -> Self:
        """ValueError unless ``suffix`` is empty or begins with a dot and has more behind it."""
        if isinstance(self._lexical, LocalText):
            return self.with_name(self._lexical.pure.with_suffix(suffix).name)
        if suffix and (not suffix.startswith(".") or suffix == "." or "/" in suffix):
            raise ValueError(f"Invalid suffix {suffix!r}")
        if not self.name:
            raise ValueError(f"{str(self)!r} has an empty name")
        return self.with_name(self.stem + suffix)

    def relative_to(self, other: str | os.PathLike[str] | LexicalPath) -> Self:
        """The segments below ``other``, exactly. ValueError if it is not below it.

        Of a remote path the result is part of a key: it can be joined to a path, and is not ``os.PathLike``.
        """
        base = self._same_kind(other)
        if isinstance(self._lexical, KeyText) and isinstance(base, KeyText):
            return self._with(self._lexical.relative_to(base))
        if isinstance(self._lexical, LocalText) and isinstance(base, LocalText):
            return self._with(self._lexical.relative_to(base))
        raise ValueError(f"{str(self)!r} is not below {str(other)!r}")

    def is_relative_to(self, other: str | os.PathLike[str] | LexicalPath) -> bool:
        base = self._same_kind(other)
        if isinstance(self._lexical, KeyText) and isinstance(base, KeyText):
            return self._lexical.is_below(base)
        if isinstance(self._lexical, LocalText) and isinstance(base, LocalText):
            return self._lexical.is_below(base)
        return False

    @staticmethod
    def _same_kind(other: str | os.PathLike[str] | LexicalPath) -> Lexical:
        return other._lexical if isinstance(other, LexicalPath) else read_text(os.fspath(other))

    def match(self, pattern: str) -> bool:
        """Whether the pattern fits the last segments, as pathlib's: ``**`` is a ``*`` here."""
        if isinstance(self._lexical, LocalText):
            return self._lexical.pure.match(pattern)
        if not pattern:
            raise ValueError("empty pattern")
        return right_pattern(pattern).fits(self._lexical.segments)

    def full_match(self, pattern: str) -> bool:
        """Whether the pattern fits the whole path, of a remote one the whole key; ``**`` is any number of segments."""
        lexical = self._lexical
        if isinstance(lexical, LocalText):
            anchored = PurePosixPath(pattern)
            wanted = anchored.parts[1:] if anchored.anchor else anchored.parts
            return anchored.anchor == lexical.anchor and pattern_of(wanted).fits(lexical.segments)
        return full_pattern(pattern.removeprefix(lexical.anchor)).fits(lexical.segments)


def _portable(path: LexicalPath) -> str:
    """A relative path of the other kind as text to join; ValueError where joining would change what it names."""
    parts = path.parts
    if path.is_absolute():
        raise ValueError(f"{str(path)!r} is absolute: it cannot be joined to a path of another kind")
    if any(part in {"", ".", ".."} for part in parts):
        raise ValueError(f"{str(path)!r} has segments that a disk reads as directions; join its parts one by one")
    return "/".join(parts)
