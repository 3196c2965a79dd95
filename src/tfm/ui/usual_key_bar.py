"""What the function keys do where nobody has set keys of their own. Written by scripts/write-docs."""

__all__ = ["USUAL_KEYS", "USUAL_PALETTE_KEYS", "USUAL_WELCOME"]

USUAL_KEYS = (
    ("1", "Help"),
    ("2", "Refresh"),
    ("3", "View"),
    ("4", "Edit"),
    ("5", "Copy"),
    ("6", "Move"),
    ("7", "Mkdir"),
    ("8", "Delete"),
    ("9", "Sort"),
    ("10", "Quit"),
)
"""Numbers, and the words behind them."""

USUAL_PALETTE_KEYS = "Ctrl-P"

USUAL_WELCOME = "New here? F1 all keys, Ctrl-K vim keys, Ctrl-P all actions."
"""At the very first start."""
