"""How the rows of a directory are shown: sorted by what, which of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

__all__ = ["Filter", "FilterKind", "RowView", "SortOrder", "view_from_words"]


class SortOrder(StrEnum):
    """Directories stand before files in each; what is the same is in the natural order of names."""

    NAME = "name"
    """``file-2`` before ``file-10``; capitals make no difference."""

    EXTENSION = "extension"
    SIZE = "size"
    """The largest first; directories, whose size nobody knows, by name."""

    TIME = "time"
    """The newest first; what has no time last."""

    UNSORTED = "unsorted"
    """As the storage lists them."""


class FilterKind(StrEnum):
    """What the text of a filter is. All of them take capitals and small letters for the same."""

    TEXT = "text"
    """The name holds it."""

    GLOB = "glob"
    """The whole name fits it: ``*.csv``."""

    REGEX = "regex"
    """It fits somewhere in the name."""


class Filter(NamedTuple):
    """Of the names, those that fit; an empty text is no filter."""

    text: str
    kind: FilterKind = FilterKind.TEXT


class RowView(NamedTuple):
    """``hidden``: names that begin with a dot are shown, too."""

    sort: SortOrder = SortOrder.NAME
    reverse: bool = False
    hidden: bool = True
    filter: Filter | None = None

    def words(self) -> str:
        """What :func:`view_from_words` reads; a filter is not in it."""
        said = [str(self.sort), "reverse" if self.reverse else "", "" if self.hidden else _NOT_HIDDEN]
        return " ".join(filter(None, said))

    @property
    def shows_all(self) -> bool:
        """Whether every row is shown."""
        return self.hidden and self.filter is None

    def sorted_by(self, sort: SortOrder) -> RowView:
        """By that; where it is by that already, the other way round."""
        return self._replace(sort=sort, reverse=not self.reverse if sort is self.sort else False)


_NOT_HIDDEN: Final = "no-hidden"
_WORDS: Final = frozenset({*SortOrder, "reverse", _NOT_HIDDEN})


def view_from_words(words: str, otherwise: RowView) -> RowView:
    """``time reverse no-hidden``; ``otherwise`` where that is none of our words, or nothing."""
    said = set(words.split())
    sort = next((each for each in SortOrder if each in said), None)
    if sort is None or said - _WORDS:
        return otherwise
    return RowView(sort, "reverse" in said, _NOT_HIDDEN not in said)
