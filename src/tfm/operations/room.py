"""Whether what is to be copied fits, looked at before the first byte is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tfm.core.errors import NoSpaceError
from tfm.core.step import Step
from tfm.operations.conflict import ConflictPolicy
from tfm.operations.copy_spec import CopySpec
from tfm.storage.storage import Storage

__all__ = ["with_room"]

_HELD_STEPS: Final = 2000
"""How far a plan is looked at before the first byte is written, where room may be short: two requests of a listing."""

_FIRST_STEPS: Final = 500
_EASY_SHARE: Final = 0.01
"""So many steps that take no more of what is free than that: room is hardly short, and nobody waits for the second
request. It is looked at on, for as many steps as above."""


def with_room(
    source: Storage, target: Storage, spec: CopySpec, steps: Iterator[tuple[Step, int]]
) -> Iterator[tuple[Step, int]]:
    """The steps, the first of them held back until it is known whether all of them fit: raises NoSpaceError, and then
    nothing is written. A plan of thousands of steps begins before it is known, and one of hundreds that take next to
    nothing of what is free; that one raises before the step that does not fit any more.

    Between disks what a copy takes may be less than its size; where the sizes do not fit, the files are looked at.
    """
    free = target.free_bytes(spec.target_prefix)
    copies = target.can_copy_from(source.address)
    # Who may overwrite has to know all that is there before anything of this is: a disk may take two names for one.
    may_be_easy = not copies and spec.policy is ConflictPolicy.FAIL
    held: list[tuple[Step, int]] = []
    needed = 0
    looks = begun = False

    def size_of(step: Step) -> int:
        return step.size_bytes or 0

    def size_on_disk(step: Step) -> int:
        return target.copy_bytes(source.address, step.entry, below=spec.target_prefix)

    weigh: Callable[[Step], int] = size_of
    for seen, (step, number) in enumerate(steps, start=1):
        held.append((step, number))
        needed += _more(step, weigh(step))
        if free is not None and needed > free and copies and not looks:
            looks, weigh = True, size_on_disk
            needed = sum(_more(each, weigh(each)) for each, _ in held)
        if free is not None and needed > free:
            raise NoSpaceError(
                f"It has {needed:,} bytes or more, and {free:,} "
                + ("were free there: it was not gone on with." if begun else "are free there: nothing was written."),
                next_step="Free some space there, or choose another disk.",
                uri=target.uri_of(spec.target.key),
                operation="copy",
            )
        if seen == _HELD_STEPS:
            free = None
        if seen == _FIRST_STEPS and free is not None and may_be_easy:
            begun = needed <= free * _EASY_SHARE
        if begun or free is None:
            yield from held
            held.clear()
    yield from held


def _more(step: Step, size_bytes: int) -> int:
    """What the step takes more than what it replaces gives back."""
    return max(0, size_bytes - (0 if step.replaces is None else step.replaces.size_bytes or 0))
