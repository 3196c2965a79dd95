"""Which entries of a directory are selected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tfm.core.entry import Kind

__all__ = ["Selection"]


class Selection:
    """By exact key and kind, so it outlives any number of listings. ``size_bytes`` sums the known sizes."""

    def __init__(self) -> None:
        self._sizes: dict[tuple[str, Kind], int] = {}
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._sizes)

    def __contains__(self, entry: tuple[str, Kind]) -> bool:
        return entry in self._sizes

    def toggle(self, key: str, kind: Kind, size_bytes: int) -> None:
        """Select the entry, or deselect it. A negative size is an unknown one."""
        if (key, kind) in self._sizes:
            self.drop(key, kind)
        else:
            self.add(key, kind, size_bytes)

    def add(self, key: str, kind: Kind, size_bytes: int) -> None:
        """Select the entry; nothing where it is selected."""
        if (key, kind) not in self._sizes:
            self._sizes[key, kind] = max(0, size_bytes)
            self.size_bytes += max(0, size_bytes)

    def toggle_all(self, entries: Iterable[tuple[str, Kind, int]]) -> None:
        """Each of them as :meth:`toggle` does."""
        for key, kind, size_bytes in entries:
            self.toggle(key, kind, size_bytes)

    def add_all(self, entries: Iterable[tuple[str, Kind, int]]) -> None:
        """Each of them as :meth:`add` does."""
        for key, kind, size_bytes in entries:
            self.add(key, kind, size_bytes)

    def drop_all(self, entries: Iterable[tuple[str, Kind, int]]) -> None:
        """Each of them as :meth:`drop` does."""
        for key, kind, _size_bytes in entries:
            self.drop(key, kind)

    def entries(self) -> list[tuple[str, Kind]]:
        """In the order in which they were selected."""
        return list(self._sizes)

    def drop(self, key: str, kind: Kind) -> None:
        """Deselect the entry; nothing where it is not selected."""
        self.size_bytes -= self._sizes.pop((key, kind), 0)

    def sizes(self) -> dict[tuple[str, Kind], int]:
        """The entries with their sizes, to be selected again by :meth:`restore`."""
        return dict(self._sizes)

    def restore(self, sizes: Mapping[tuple[str, Kind], int]) -> None:
        """Let exactly these be selected."""
        self._sizes = dict(sizes)
        self.size_bytes = sum(sizes.values())

    def clear(self) -> None:
        self._sizes.clear()
        self.size_bytes = 0
