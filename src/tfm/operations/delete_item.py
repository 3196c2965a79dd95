"""One thing that somebody wants deleted, and which of several lie in the tree of another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tfm.core.entry import Entry, Kind
from tfm.storage.lease import prefixes_above
from tfm.storage.storage import Storage

__all__ = ["DeleteItem", "ItemsInTrees", "item_of"]


@dataclass(frozen=True, slots=True)
class DeleteItem:
    """An object, or where ``entry`` is a directory the tree of it. Made by :func:`item_of`."""

    storage: Storage
    entry: Entry

    @property
    def is_tree(self) -> bool:
        return self.entry.is_directory


def item_of(storage: Storage, entry: Entry) -> DeleteItem:
    """A link to a directory is deleted as what it is: by its own name, and nothing behind it."""
    if entry.is_directory and entry.is_symlink:
        entry = replace(entry, key=entry.key.removesuffix("/"), kind=Kind.OTHER)
    return DeleteItem(storage, entry)


class ItemsInTrees:
    """The trees among what is to be deleted, and what lies in one of them: that is not counted or deleted twice."""

    def __init__(self) -> None:
        self._trees: dict[tuple[Storage, str], DeleteItem] = {}

    def add(self, tree: DeleteItem) -> bool:
        """Whether it is one more, and not one of them again."""
        return self._trees.setdefault((tree.storage, tree.entry.key), tree) is tree

    def __contains__(self, item: DeleteItem) -> bool:
        """Whether it is below one of the trees."""
        return bool(self._trees) and any(
            (item.storage, prefix) in self._trees for prefix in prefixes_above(item.entry.key)
        )

    def outermost(self) -> Iterator[DeleteItem]:
        """The trees that are in no other."""
        return (tree for tree in self._trees.values() if tree not in self)
