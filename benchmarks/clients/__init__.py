"""Each tool that is measured, behind one small contract; run in a process of its own by ``python -m``."""
