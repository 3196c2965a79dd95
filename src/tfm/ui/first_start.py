"""What is said at the very first start."""

from __future__ import annotations

from tfm.ui.keymaps import KEYMAP_NAMES, Keymap
from tfm.ui.keymaps.key_names import shown_keys

__all__ = ["first_start_text"]


def first_start_text(keymap: Keymap) -> str:
    """Where help is, and that there are other keys; short enough for 80 columns."""
    others = " or ".join(name for name in KEYMAP_NAMES if name != keymap.name)
    offers = (("help", "all keys"), ("keymap", f"{others} keys"), ("palette", "all actions"))
    said = [f"{shown_keys(keys[0])} {what}" for action, what in offers if (keys := keymap.keys_of(action))]
    return f"New here? {', '.join(said)}." if said else ""
