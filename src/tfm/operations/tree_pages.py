"""All that is below a directory, in pages: one flat listing where keys are flat, directory by directory elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tfm.core.capability import Capability
from tfm.core.errors import StorageError
from tfm.core.page import Page
from tfm.core.progress import Cancel
from tfm.storage.storage import Storage

__all__ = ["tree_pages"]


def tree_pages(
    storage: Storage, prefix: str, *, failed: Callable[[StorageError], object], cancel: Cancel, fresh: bool = False
) -> Iterator[Page]:
    """Every entry below ``prefix``, each once; a page's names are relative to its own ``base``. Links are not followed.

    On flat keys ``ceil(n / 1000)`` requests for n keys, none where a fresh listing of the tree is cached; directories
    that only keys imply have no row. Elsewhere one listing a directory: what one of them, save the first, answers with
    an error goes to ``failed`` and hides no other. Raises as :meth:`Storage.scan`. Ends early where ``cancel`` is
    wanted.
    """
    if Capability.FLAT_KEYS in storage.capabilities:
        for page in storage.scan(prefix, recursive=True, fresh=fresh):
            yield page
            if cancel.wanted:
                return
        return
    waiting = [prefix]
    while waiting:
        directory = waiting.pop()
        below: list[str] = []
        try:
            for page in storage.scan(directory, fresh=fresh):
                below += [
                    f"{page.base}{page.name(row)}/"
                    for row in range(len(page))
                    if page.is_directory(row) and not page.is_symlink(row)
                ]
                yield page
                if cancel.wanted:
                    return
        except StorageError as error:
            if directory == prefix:
                raise
            failed(error)
        waiting += reversed(below)
