"""Where ``tfm`` begins: what can be seen at once is shown before anything that takes time is loaded."""

from __future__ import annotations

import gc
import sys

from tfm.cli.verbs import VERBS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

__all__ = ["main"]

_OBJECTS_BETWEEN: Final = 200_000
"""New objects from one search for garbage to the next, in a verb. After each 700, as Python has it, a tenth of its time
to start went into looking through modules, of which nothing is garbage."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``tfm`` with these arguments (those of the process, if None); the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    first_screen = None
    is_verb = arguments is None and bool(given) and given[0] in VERBS  # and the process is there for nothing else
    if is_verb:
        gc.set_threshold(_OBJECTS_BETWEEN)
    try:
        if _names_places(given):
            from tfm.cli.first_paint import painted

            first_screen = painted(given)
            if first_screen is not None:
                gc.disable()  # until the panes are there: a start leaves no garbage to speak of

        from tfm.cli.main import run

        return run(given, first_screen)
    except KeyboardInterrupt:
        return 130
    finally:
        if first_screen is not None:
            first_screen.restore()
            gc.enable()
        if is_verb:
            gc.freeze()  # Python would look through all that it is about to give back, enabled or not


def _names_places(given: Sequence[str]) -> bool:
    """Whether these are places for panes to start on, and nothing else."""
    if len(given) > 2 or (given and (given[0] in VERBS or given[0] == "demo")):
        return False
    return all(text and not text.startswith("-") for text in given)
