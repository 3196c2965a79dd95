"""From what is typed after ``tfm rm`` to what is deleted, and what never is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tfm.cli.arguments import expanded, is_local, path_of
from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry, Kind
from tfm.core.errors import InvalidPathError, IsDirectoryError, NotDirectoryError, NotFoundError, StorageError
from tfm.operations.delete_item import DeleteItem, item_of
from tfm.operations.noun import noun_for, shared_noun
from tfm.path.path import Path
from tfm.path.sessions import current_session
from tfm.storage.storage import Storage

__all__ = ["Targets"]

_EVERYTHING: Final = frozenset({"*", "**"})


@dataclass(frozen=True, slots=True)
class _Typed:
    """One argument, as text too: a local path keeps neither its last slash nor a dot behind it, which say something."""

    text: str
    path: Path

    @property
    def says_directory(self) -> bool:
        return self.text.endswith("/")


class Targets:
    """What the arguments mean. InvalidPathError where one of them is never deleted, before anything is: the local
    root, ``.`` and ``..``, the list of buckets.

    ``buckets`` are those of which everything is meant; ``only_buckets`` says that nothing else is.
    ``noun`` is what they are, as users say it.
    """

    def __init__(
        self,
        texts: Sequence[str],
        profile: str | None,
        *,
        recursive: bool,
        on_error: Callable[..., object],
    ) -> None:
        self._profile = profile
        self._recursive = recursive
        self._on_error = on_error
        self._typed = [_Typed(text, path_of(text, profile)) for text in dict.fromkeys(texts)]
        for typed in self._typed:
            _refuse(typed)
        whole = [typed for typed in self._typed if recursive and _is_bucket(typed.path)]
        self.buckets = list(dict.fromkeys(typed.path.bucket for typed in whole))
        storages = [current_session().storage(typed.path.location.storage) for typed in self._typed]
        self.noun = shared_noun(noun_for(each.capabilities, directories=recursive) for each in storages)
        self.only_buckets = bool(whole) and len(whole) == len(self._typed)

    def items(self) -> Iterator[DeleteItem]:
        """Each as it is looked up: one request where the cache knows nothing, none for a directory. ``on_error`` hears
        of those that cannot be deleted, and whether that is a ``local`` one."""
        for typed in self._typed:
            local = is_local(typed.path)
            try:
                yield from self._items_of(typed)
            except StorageError as error:
                self._on_error(error, local=local)

    def _items_of(self, typed: _Typed) -> Iterator[DeleteItem]:
        storage = current_session().storage(typed.path.location.storage)
        skipped = deleted = False
        for meant in expanded(typed.text, self._profile):
            item = item_of(storage, meant.entry or _entry(storage, typed))
            if item.is_tree and not self._recursive:
                skipped = True
            else:
                deleted = True
                yield item
        if skipped and not deleted:
            raise IsDirectoryError(
                "This is a directory.",
                next_step="With -r it is deleted, with all that is in it.",
                uri=typed.text,
                operation="delete",
            )


def _entry(storage: Storage, typed: _Typed) -> Entry:
    """The object of that name where there is one, else the directory; with a slash the directory."""
    path, key = typed.path, typed.path.location.key
    flat = Capability.FLAT_KEYS in storage.capabilities
    if flat and typed.path.location.kind is Kind.DIRECTORY:
        return Entry(path.name, key, Kind.DIRECTORY)  # whether it is there, its listing tells
    answer = storage.lookup(key, asked=Asked.MEANT)
    entry = answer.best()
    if entry is None:
        raise answer.directory_error or NotFoundError("There is nothing here.", uri=typed.text, operation="delete")
    if typed.says_directory and (not entry.is_directory or entry.is_symlink):
        what = "link" if entry.is_symlink else "file"
        raise NotDirectoryError(
            f"This is a {what}.", next_step="Name it without the slash.", uri=typed.text, operation="delete"
        )
    return entry


def _refuse(typed: _Typed) -> None:
    path = typed.path
    if is_local(path):
        name = typed.text.rstrip("/").rpartition("/")[2]
        if not path.name or name in {"", ".", ".."}:
            raise InvalidPathError(
                "tfm deletes what is named, and this is the root, or a place by no name of its own.",
                next_step="Name the directory, or what is in it.",
                uri=typed.text,
                operation="delete",
            )
    elif Capability.LIST_ROOTS in path.capabilities:
        raise InvalidPathError(
            "This is the list of buckets, and tfm deletes no bucket.",
            next_step="Name a bucket to delete what is in it.",
            uri=typed.text,
            operation="delete",
        )


def _is_bucket(path: Path) -> bool:
    """Whether all that is in the bucket is meant: by its name, or by a pattern that leaves nothing out."""
    return not is_local(path) and all(segment in _EVERYTHING for segment in path.parts[1:])
