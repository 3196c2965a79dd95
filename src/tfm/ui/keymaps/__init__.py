"""Which key does what: the keymaps that tfm brings, the user's own keys over them, and reading keys as they come."""

from __future__ import annotations

from tfm.ui.keymaps.keymap import KEYMAP_NAMES, Keymap, keymap_of
from tfm.ui.keymaps.reader import KeyReader, Reading
from tfm.ui.keymaps.tables import function_key_bar, key_help, keys_text

__all__ = ["KEYMAP_NAMES", "KeyReader", "Keymap", "Reading", "function_key_bar", "key_help", "keymap_of", "keys_text"]
