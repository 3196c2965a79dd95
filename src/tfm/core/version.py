"""The version, in the one place that packaging and ``tfm --version`` read."""

__version__ = "0.1.0"
