"""How much is measured: the full run, and a quick one that only shows that everything works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["FULL", "QUICK", "Scale"]


@dataclass(frozen=True, slots=True)
class Scale:
    """``repeats`` of whole processes, of which medians are taken; ``pages`` of 1,000 keys; numbers of entries.

    Transfers: ``warm_objects`` by libraries that are loaded, ``command_objects`` by programs from start to end."""

    repeats: int
    start_repeats: int
    pages: int
    many_entries: int
    peer_entries: int
    local_files: int
    draws: int
    warm_objects: int
    command_objects: int
    command_repeats: int
    large_bytes: int
    large_repeats: int
    planned_keys: int
    held_rows: int
    held_keys: int


FULL: Final = Scale(
    repeats=5, start_repeats=15, pages=100, many_entries=1_000_000, peer_entries=200_000, local_files=50_000, draws=10,
    warm_objects=2_000, command_objects=50_000, command_repeats=5, large_bytes=1 << 30, large_repeats=3,
    planned_keys=1_000_000, held_rows=200_000, held_keys=300,
)  # fmt: skip
QUICK: Final = Scale(
    repeats=1, start_repeats=2, pages=20, many_entries=20_000, peer_entries=5_000, local_files=2_000, draws=1,
    warm_objects=200, command_objects=1_000, command_repeats=1, large_bytes=64 << 20, large_repeats=1,
    planned_keys=20_000, held_rows=2_000, held_keys=30,
)  # fmt: skip
