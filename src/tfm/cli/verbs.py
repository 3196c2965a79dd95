"""The verbs of ``tfm``, each with what it does in a line; ``tfm.cli.VERB`` is its module."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # the first paint needs this module, and to import typing takes a third of what a bare Python takes
    from typing import Final

__all__ = ["VERBS"]

VERBS: Final = {
    "ls": "List directories (each PATH; without one, where you are), one entry a line.",
    "stat": "Show what is known about each PATH: a file, a directory, a bucket.",
    "cat": "Write the bytes of each PATH to standard output, exactly.",
    "cp": "Copy each SOURCE, with -r directories with all that is in them.",
    "mv": "Move each SOURCE, directories too.",
    "resume": "Go on with copies and moves that were interrupted: all, or each JOB.",
    "clean": "Sweep away what interrupted copies and writes left.",
    "put": "Write standard input to PATH, whole or not at all.",
    "mkdir": "Make the directory PATH, each of them.",
    "touch": "Make PATH, each of them, empty where nothing is there.",
    "rm": "Delete each PATH, with -r a directory and all that is in it.",
    "find": "Print what is in each PATH and below it, and fits.",
    "du": "Sum up what each PATH (without one, where you are) holds, by directory.",
    "presign": "Print a link by which anyone can read the object PATH, each of them.",
    "cache": "Show what tfm keeps between two runs, or forget what it found out.",
    "completion": "Print a script by which the shell completes what is typed after tfm.",
    "doctor": "Check versions, settings, credentials, rights, clock; what a server enforces.",
}
