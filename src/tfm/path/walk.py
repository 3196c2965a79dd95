"""A tree, directory by directory: out of one flat listing where that is cheaper, lazily where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tfm.core.capability import Capability
from tfm.core.entry import Entry
from tfm.core.errors import StorageError
from tfm.core.listing import Listing
from tfm.core.page import Page
from tfm.core.tree import directory_pages
from tfm.storage.storage import Storage

__all__ = ["level_reader", "walk_levels"]

_FLAT_PAGES: Final = 10
"""A tree of more pages is not read whole before its first directory is handed out (path-and-storage.md's table)."""


def level_reader(storage: Storage, prefix: str) -> Callable[[str], Iterator[Entry]]:
    """A function that gives the entries of a directory at or under ``prefix``.

    On a storage with FLAT_KEYS ``ceil(n / 1000)`` requests for a tree of up to ten pages, in whatever order it is read;
    beyond that, and elsewhere, one listing for each directory that is asked for. Raises as :meth:`Storage.scan`, here
    for the first directory.
    """
    if Capability.FLAT_KEYS in storage.capabilities:
        tree = _small_tree(storage, prefix)
        if tree is not None:
            return lambda directory: _entries(directory_pages(tree, directory))
    return lambda directory: _entries(storage.scan(directory).start())


def _entries(pages: Iterator[Page]) -> Iterator[Entry]:
    for page in pages:
        yield from page


def _small_tree(storage: Storage, prefix: str) -> Listing | None:
    pages: list[Page] = []
    scan = storage.scan(prefix, recursive=True)
    for page in scan:
        pages.append(page)
        if len(pages) >= _FLAT_PAGES and page.token is not None:  # pages from the cache have no token, and cost nothing
            scan.close()
            return None
    return Listing(prefix, pages, recursive=True, complete=True, fetched_at=0.0)


def walk_levels(
    read_level: Callable[[str], Iterator[Entry]],
    prefix: str,
    *,
    top_down: bool,
    follow_symlinks: bool,
    on_error: Callable[[StorageError], object] | None,
) -> Iterator[tuple[str, list[Entry], list[Entry]]]:
    """``(prefix, directories, files)`` of each directory; the caller may prune ``directories`` when it is top-down.

    A link to a directory stands among the files unless links are followed. A directory that cannot be read does not
    hide the others: ``on_error`` is told, or, where there is none, its error is raised once all else was handed out.
    """
    waiting: list[str | tuple[str, list[Entry], list[Entry]]] = [prefix]
    failed: StorageError | None = None
    while waiting:
        here = waiting.pop()
        if isinstance(here, tuple):
            yield here
            continue
        directories: list[Entry] = []
        files: list[Entry] = []
        try:
            for entry in read_level(here):
                inside = entry.is_directory and (follow_symlinks or not entry.is_symlink)
                (directories if inside else files).append(entry)
        except StorageError as error:
            if here == prefix:
                raise
            failed = failed or error
            if on_error is not None:
                on_error(error)
            continue
        level = (here, directories, files)
        if top_down:
            yield level
        else:
            waiting.append(level)
        waiting += [entry.key for entry in reversed(directories)]
    if failed is not None and on_error is None:
        raise failed
