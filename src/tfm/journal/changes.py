"""What is to be written of one job: steps that were added, and what became of others. Any number in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from tfm.core.step import Step
from tfm.journal.encoding import EncodedBlock, decode_sizes, encode_block, to_bytes
from tfm.journal.records import StepState

__all__ = ["BLOCK_STEPS", "Block", "Changes"]

BLOCK_STEPS: Final = 512
"""Steps of a block at most. With 256 a block a step takes 1 byte more, with 1,024 2 less, and 25 % more time."""

_LARGEST: Final = 2**63 - 1

_Marks = dict[int, tuple[StepState, str]]


class Block:
    """Steps from the number ``first`` on. It grows until it is full, or a commit has taken it."""

    __slots__ = ("_encoded", "first", "steps")

    def __init__(self, first: int) -> None:
        self.first = first
        self.steps: list[Step] = []
        self._encoded: EncodedBlock | None = None

    def is_full(self) -> bool:
        return len(self.steps) >= BLOCK_STEPS

    def encoded(self) -> EncodedBlock:
        """As it is stored; call it when nothing is added any more. A millisecond, so better without a lock."""
        if self._encoded is None:
            self._encoded = encode_block(self.steps)
        return self._encoded


class Changes:
    """Blocks are written first, then the marks: those may be about steps of the blocks."""

    __slots__ = ("_job", "blocks", "marks", "taken")

    def __init__(self, job: int) -> None:
        self._job = job
        self.blocks: list[Block] = []
        self.marks: _Marks = {}
        self.taken = False

    def apply(self, connection: sqlite3.Connection) -> None:
        counts = _Counts()
        for block in self.blocks:
            if block.steps:
                self._insert(connection, block, counts)
        self._mark(connection, counts)
        counts.add_to(connection, self._job)

    def _insert(self, connection: sqlite3.Connection, block: Block, counts: _Counts) -> None:
        encoded = block.encoded()
        steps = len(block.steps)
        connection.execute(
            "INSERT INTO blocks VALUES (?, ?, ?, ?, ?)",
            (self._job, block.first, steps, encoded.sizes, encoded.content),
        )
        connection.execute(
            "INSERT INTO block_states VALUES (?, ?, ?)", (self._job, block.first, bytes([StepState.PENDING]) * steps)
        )
        counts.add(StepState.PENDING, steps, encoded.size_bytes)

    def _mark(self, connection: sqlite3.Connection, counts: _Counts) -> None:
        numbers = sorted(self.marks)
        while numbers:
            found = self._block_of(connection, numbers[0])
            if found is None:  # the job was pruned
                return
            first, states, sizes = found
            end = first + len(states)
            here = [number for number in numbers[: len(states)] if number < end]
            numbers = numbers[len(here) :]
            for number in here:
                new, text = self.marks[number]
                old, size_bytes = StepState(states[number - first]), sizes[number - first]
                states[number - first] = new
                counts.add(old, -1, -size_bytes)
                counts.add(new, 1, size_bytes)
                self._set_text(connection, number, text, had_text=old in {StepState.FAILED, StepState.SKIPPED})
            connection.execute(
                "UPDATE block_states SET states = ? WHERE job = ? AND first = ?", (states, self._job, first)
            )

    def _block_of(self, connection: sqlite3.Connection, number: int) -> tuple[int, bytearray, Sequence[int]] | None:
        found = connection.execute(
            """SELECT first, states, sizes FROM block_states JOIN blocks USING (job, first)
            WHERE job = ? AND first <= ? ORDER BY first DESC LIMIT 1""",
            (self._job, number),
        ).fetchone()
        return None if found is None else (found[0], bytearray(found[1]), decode_sizes(found[2]))

    def _set_text(self, connection: sqlite3.Connection, number: int, text: str, *, had_text: bool) -> None:
        if text:
            connection.execute(
                "INSERT OR REPLACE INTO step_texts VALUES (?, ?, ?)", (self._job, number, to_bytes(text))
            )
        elif had_text:
            connection.execute("DELETE FROM step_texts WHERE job = ? AND step = ?", (self._job, number))


class _Counts:
    """What is to be added to the counts of a job's steps by state."""

    def __init__(self) -> None:
        self._steps = dict.fromkeys(StepState, 0)
        self._bytes = dict.fromkeys(StepState, 0)

    def add(self, state: StepState, steps: int, size_bytes: int) -> None:
        self._steps[state] += steps
        self._bytes[state] += size_bytes

    def add_to(self, connection: sqlite3.Connection, job: int) -> None:
        held = {state: (steps, size) for state, steps, size in connection.execute(
            "SELECT state, steps, size_bytes FROM counts WHERE job = ?", (job,)
        )}  # fmt: skip
        for state in StepState:
            if self._steps[state] or self._bytes[state]:
                steps, size_bytes = held.get(state, (0, 0))
                # A sum that SQLite's integers cannot hold is none of real sizes, and must not keep it from working.
                size_bytes = min(max(0, size_bytes + self._bytes[state]), _LARGEST)
                connection.execute(
                    "INSERT OR REPLACE INTO counts VALUES (?, ?, ?, ?)",
                    (job, state, steps + self._steps[state], size_bytes),
                )
