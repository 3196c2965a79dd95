"""The composition root and the verbs: wires everything, decides nothing."""

from tfm.cli.main import main

__all__ = ["main"]
