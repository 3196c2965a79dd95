"""Steps as a plan has them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from tfm.core.entry import Kind
from tfm.core.step import Step, StepAction
from tfm.core.writing import NOTHING_THERE

__all__ = ["one_step", "some_steps"]


def one_step(number: int = 1, *, size_bytes: int | None = 10) -> Step:
    key = f"data/month={number % 12:02}/part-{number:07}.parquet"
    return Step(
        key, Kind.FILE, f"backup/{key}", StepAction.COPY, size_bytes, hashlib.md5(str(number).encode()).hexdigest(),
        1.7e9 + number * 1.013, "STANDARD", None, False, NOTHING_THERE,
    )  # fmt: skip


def some_steps(count: int) -> Iterator[Step]:
    """Numbered from 1; each holds as many bytes as its number says."""
    return (one_step(number, size_bytes=number) for number in range(1, count + 1))
