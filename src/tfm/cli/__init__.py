"""The composition root and the verbs: wires everything, decides nothing."""

from tfm.cli.dispatch import main

__all__ = ["main"]
