"""What a listing of a whole tree says about one directory in it, or about one key: no further request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from typing import Final

from tfm.core.entry import Entry, Kind, Lookup
from tfm.core.listing import Listing
from tfm.core.page import Page, encode_sort_key, page_from_entries

__all__ = ["directory_pages", "lookup_in_tree", "subtree_pages"]

_ROWS: Final = 1000
_AFTER_SLASH: Final = b"0"  # the byte that follows "/": where the keys under a directory end


def directory_pages(tree: Listing, prefix: str) -> Iterator[Page]:
    """The one level under ``prefix``, in pages, out of a recursive listing that covers it."""
    rows = _level_sorted(tree, prefix) if tree.is_sorted() else _level_unsorted(tree, prefix)
    pages = _pages(prefix, rows)
    if prefix == tree.prefix and tree.own_entry is not None:
        return chain([page_from_entries(prefix, [], own_entry=tree.own_entry)], pages)
    return pages


def subtree_pages(tree: Listing, prefix: str) -> Iterator[Page]:
    """Everything under ``prefix``, in pages, out of a recursive listing that covers it."""
    if prefix == tree.prefix:
        return iter(tree.pages)
    if not tree.is_sorted():
        return _pages(prefix, (entry for entry in tree if entry.key.startswith(prefix)))
    first, end = _range(tree, prefix)
    return _pages(prefix, map(tree.__getitem__, range(first, end)))


def lookup_in_tree(tree: Listing, key: str) -> Lookup:
    """The object ``key`` and the directory ``key/``, which lie below the prefix of the recursive listing ``tree``."""
    name = key[len(tree.prefix) :]
    file = tree.find(name, Kind.FILE)
    inside = key + "/"
    below = tree.find(name, Kind.DIRECTORY)  # its marker, which an unsorted listing may have after what is in it
    if below is None and tree.is_sorted():
        first, end = _range(tree, inside)
        below = tree[first] if first < end else None
    elif below is None:
        below = next((entry for entry in tree if entry.key.startswith(inside)), None)
    directory = None if below is None else _child(below, inside)
    return Lookup(replace(file, name=_last_name(key)) if file else None, directory)


def _last_name(key: str) -> str:
    return key.removesuffix("/").rpartition("/")[2]


def _child(below: Entry, key: str) -> Entry:
    """The directory ``key``, known by something in it: with its marker's facts if that is what was found."""
    if below.key == key:
        return replace(below, name=_last_name(key))
    return Entry(_last_name(key), key, Kind.DIRECTORY)


def _range(tree: Listing, prefix: str) -> tuple[int, int]:
    relative = encode_sort_key(prefix[len(tree.prefix) :], directory=False)
    if not relative:
        return 0, len(tree)
    return tree.position(relative), tree.position(relative[:-1] + _AFTER_SLASH)


def _level_sorted(tree: Listing, prefix: str) -> Iterator[Entry]:
    row, end = _range(tree, prefix)
    while row < end:
        entry = tree[row]
        slash = entry.key.find("/", len(prefix))
        if slash < 0:
            yield entry
            row += 1
        else:
            key = entry.key[: slash + 1]
            yield _child(entry, key)
            row = tree.position(encode_sort_key(key[len(tree.prefix) : -1], directory=False) + _AFTER_SLASH)


def _level_unsorted(tree: Listing, prefix: str) -> Iterator[Entry]:
    children: dict[str, Entry] = {}
    for entry in tree:
        if not entry.key.startswith(prefix):
            continue
        slash = entry.key.find("/", len(prefix))
        if slash < 0:
            yield entry
        else:
            key = entry.key[: slash + 1]
            held = children.get(key)
            if held is None or held.size_bytes is None:
                children[key] = _child(entry, key)
    yield from children.values()


def _pages(prefix: str, entries: Iterable[Entry]) -> Iterator[Page]:
    source = iter(entries)
    while rows := list(islice(source, _ROWS)):
        marker = next((entry for entry in rows if entry.key == prefix), None)
        yield page_from_entries(prefix, [entry for entry in rows if entry is not marker], own_entry=marker)
