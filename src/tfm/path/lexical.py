"""The text of a path and nothing else: two ways to read it, one for exact keys, one for the local disk.

A key is kept exactly. ``//``, ``.`` and ``..`` are key text, and exactly one trailing slash is a hint that a directory
is meant. A local path is what pathlib makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple, Self

from tfm.core.entry import Kind
from tfm.core.errors import InvalidPathError, UnsupportedOperation
from tfm.core.location import Location, StorageAddress
from tfm.core.uri import LOCAL_SCHEME, SplitAddress, disk_path, encode_uri, split_address

__all__ = ["KeyText", "Lexical", "LocalText", "from_location", "from_split", "join_all", "read_text"]


class KeyText(NamedTuple):
    """An exact key at ``scheme://authority/``, or, where ``scheme`` is empty, a part of one (from ``relative_to``).

    ``text`` is None for the root; ``""`` is the directory at the root whose name is empty. ``directory`` is the hint.
    """

    scheme: str
    authority: str
    text: str | None
    directory: bool

    @classmethod
    def from_split(cls, split: SplitAddress) -> Self:
        if not split.authority:
            return cls(split.scheme, "", None, directory=True)
        if not split.rest:
            return cls(split.scheme, split.authority, None, directory=True)
        return cls._of(split.scheme, split.authority, split.rest)

    @classmethod
    def _of(cls, scheme: str, authority: str, rest: str) -> Self:
        """From key text that is not empty, with its hint: ``/`` is the directory named ``""``."""
        text = rest.removesuffix("/")
        directory = rest.endswith("/") or text.endswith("/") or not text
        return cls(scheme, authority, text, directory)

    # What it says

    @property
    def is_relative(self) -> bool:
        return not self.scheme

    @property
    def is_absolute(self) -> bool:
        return bool(self.scheme)

    @property
    def key(self) -> str:
        if self.text is None:
            return ""
        return f"{self.text}/" if self.directory else self.text

    @property
    def segments(self) -> tuple[str, ...]:
        return () if self.text is None else tuple(self.text.split("/"))

    @property
    def anchor(self) -> str:
        if self.is_relative:
            return ""
        return f"{self.scheme}://{self.authority}/" if self.authority else f"{self.scheme}://"

    @property
    def parts(self) -> tuple[str, ...]:
        return self.segments if self.is_relative else (self.anchor, *self.segments)

    @property
    def name(self) -> str:
        return "" if self.text is None else self.text.rpartition("/")[2]

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix

    @property
    def suffixes(self) -> list[str]:
        return PurePosixPath(self.name).suffixes

    @property
    def identity(self) -> tuple[object, ...]:
        return (self.scheme, self.authority, self.text)

    @property
    def sort_key(self) -> tuple[object, ...]:
        return (self.scheme, self.authority, self.segments)

    def __str__(self) -> str:
        return self.anchor + self.key

    def as_uri(self) -> str:
        if self.is_relative:
            raise ValueError(f"{str(self)!r} is part of a key; a URI needs all of it")
        if not self.authority:
            return self.anchor
        return encode_uri(self.scheme, self.authority, f"/{self.key}")

    # What is made from it

    @property
    def parent(self) -> Self:
        if self.text is None:
            return self
        above, slash, _ = self.text.rpartition("/")
        return self._replace(text=above if slash else None, directory=True)

    def join(self, segment: str) -> Self:
        """A ``/`` at the beginning goes to the root; all else, whatever it says, is key text; ``""`` is a segment."""
        if segment.startswith("/"):
            base, rest = None, segment[1:]
            if not rest:
                return self._replace(text=None, directory=True)
        else:
            base, rest = self.text, segment
        if not self.authority and self.scheme:
            return self._join_at_top(rest)
        added = self._of("", "", rest)
        text = added.text if base is None else f"{base}/{added.text}"
        return self._replace(text=text, directory=added.directory)

    def _join_at_top(self, rest: str) -> Self:
        """Below ``s3://`` the first segment is a bucket."""
        authority, slash, key = rest.partition("/")
        if not authority:
            raise InvalidPathError(f"{rest!r} does not begin with a name.", next_step=f"{self.anchor} needs one.")
        return type(self).from_split(SplitAddress(self.scheme, authority, key if slash else None))

    def join_part(self, part: KeyText) -> Self:
        """With the segments of a relative key below it, exactly; an absolute path takes its place."""
        if part.is_absolute:
            return self._replace(scheme=part.scheme, authority=part.authority, text=part.text, directory=part.directory)
        joined = self
        for segment in part.segments:
            joined = joined.child(segment, directory=True)
        return joined._replace(directory=part.directory) if part.text else joined

    @classmethod
    def part(cls, text: str) -> Self:
        """A relative key from its own text."""
        return cls._of("", "", text) if text else cls("", "", None, directory=True)

    def child(self, name: str, *, directory: bool) -> Self:
        """The entry of that exact name; unlike :meth:`join` it reads nothing into it."""
        if not self.authority and self.scheme:
            return self._replace(authority=name, text=None, directory=True)
        text = name if self.text is None else f"{self.text}/{name}"
        return self._replace(text=text, directory=directory or not name)

    def with_name(self, name: str) -> Self:
        if self.text is None:
            raise ValueError(f"{str(self)!r} has no name")
        if "/" in name:
            raise ValueError(f"a name has no slash: {name!r}")
        return self.parent.child(name, directory=self.directory)

    def as_directory(self) -> Self:
        return self._replace(directory=True)

    def relative_to(self, other: KeyText) -> Self:
        if not self.is_below(other):
            raise ValueError(f"{str(self)!r} is not below {str(other)!r}")
        left = self.segments[len(other.segments) :]
        if self.authority and not other.authority:
            left = (self.authority, *left)  # below s3:// the bucket is a segment too
        return self._replace(scheme="", authority="", text="/".join(left) if left else None, directory=self.directory)

    def is_below(self, other: KeyText) -> bool:
        if (self.scheme, self.authority) != (other.scheme, other.authority):
            return bool(self.scheme) and self.scheme == other.scheme and not other.authority
        return self.segments[: len(other.segments)] == other.segments

    def location(self, profile: str | None, kind: Kind | None = None) -> Location:
        if self.is_relative:
            raise UnsupportedOperation(f"{str(self)!r} is part of a key, not a place.", next_step="Join it to a path.")
        directory = self.directory if kind is None else kind is Kind.DIRECTORY
        key = "" if self.text is None else f"{self.text}/" if directory else self.text
        address = StorageAddress(self.scheme, self.authority, profile)
        return Location(address, key, Kind.DIRECTORY if directory else Kind.FILE)


class LocalText:
    """A path of the local disk, as pathlib reads it."""

    __slots__ = ("pure",)

    scheme = LOCAL_SCHEME
    authority = ""
    directory = False
    is_relative = False

    def __init__(self, pure: PurePosixPath) -> None:
        self.pure = pure

    @property
    def is_absolute(self) -> bool:
        return self.pure.is_absolute()

    @property
    def key(self) -> str:
        return str(self.pure)

    @property
    def segments(self) -> tuple[str, ...]:
        parts = self.pure.parts
        return parts[1:] if self.pure.anchor else parts

    @property
    def anchor(self) -> str:
        return self.pure.anchor

    @property
    def parts(self) -> tuple[str, ...]:
        return self.pure.parts

    @property
    def name(self) -> str:
        return self.pure.name

    @property
    def suffix(self) -> str:
        return self.pure.suffix

    @property
    def suffixes(self) -> list[str]:
        return self.pure.suffixes

    @property
    def identity(self) -> tuple[object, ...]:
        return (self.scheme, self.pure)

    @property
    def sort_key(self) -> tuple[object, ...]:
        return (self.scheme, "", self.pure.parts)

    def __str__(self) -> str:
        return str(self.pure)

    def as_uri(self) -> str:
        return self.pure.as_uri()

    @property
    def parent(self) -> LocalText:
        return LocalText(self.pure.parent)

    def join(self, segment: str) -> LocalText:
        return LocalText(self.pure / segment)

    def child(self, name: str, *, directory: bool) -> LocalText:  # noqa: ARG002 - the disk's names carry no hint
        return LocalText(self.pure / name)

    def with_name(self, name: str) -> LocalText:
        return LocalText(self.pure.with_name(name))

    def as_directory(self) -> LocalText:
        return self

    def relative_to(self, other: LocalText) -> LocalText:
        return LocalText(self.pure.relative_to(other.pure))

    def is_below(self, other: LocalText) -> bool:
        return self.pure.is_relative_to(other.pure)

    def location(self, profile: str | None, kind: Kind | None = None) -> Location:  # noqa: ARG002 - one disk
        text = str(self.pure)
        directory = kind is Kind.DIRECTORY
        key = f"{text}/" if directory and not text.endswith("/") else text
        return Location(StorageAddress(self.scheme), key, Kind.DIRECTORY if directory else Kind.FILE)


Lexical = KeyText | LocalText


def read_text(text: str) -> Lexical:
    """What ``text`` names. Raises InvalidPathError for a URI without a name behind its ``://``."""
    split = split_address(text)
    return LocalText(PurePosixPath(text)) if split is None else from_split(split)


def from_split(split: SplitAddress) -> Lexical:
    """What the parts of a URI name."""
    if split.scheme != LOCAL_SCHEME:
        return KeyText.from_split(split)
    return LocalText(PurePosixPath(disk_path(split)))


def from_location(location: Location) -> Lexical:
    """The path of a location, its kind kept as the hint."""
    address = location.storage
    if address.scheme == LOCAL_SCHEME:
        return LocalText(PurePosixPath(location.key))
    if not address.authority:
        top = KeyText(address.scheme, "", None, directory=True)
        return top.child(location.key.removesuffix("/"), directory=True) if location.key else top
    if not location.key:
        return KeyText(address.scheme, address.authority, None, directory=True)
    directory = location.kind is Kind.DIRECTORY
    return KeyText(
        address.scheme, address.authority, location.key.removesuffix("/") if directory else location.key, directory
    )


def join_all(first: Lexical, segments: Sequence[str]) -> Lexical:
    for segment in segments:
        first = first.join(segment)
    return first
