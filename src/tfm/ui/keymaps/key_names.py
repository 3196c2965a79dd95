"""How keys are written: ``ctrl+r``, ``shift+f6``, ``alt+enter``, ``G``, ``/``, and ``g g`` for one after the other."""

from __future__ import annotations

from typing import Final

from textual import events

from tfm.core.errors import SettingsError

__all__ = ["KeySequence", "key_of_event", "parse_keys", "shown_key", "shown_keys"]

KeySequence = tuple[str, ...]

_MODIFIERS: Final = ("ctrl", "alt", "shift", "super", "hyper", "meta")
_NOT_TYPED: Final = frozenset(_MODIFIERS) - {"shift"}

_SPECIAL: Final = frozenset(
    {"space", "enter", "escape", "tab", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown"}
    | {"up", "down", "left", "right", *(f"f{number}" for number in range(1, 25))}
)

_ALIASES: Final = {
    "esc": "escape",
    "return": "enter",
    "del": "delete",
    "ins": "insert",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "slash": "/",
    "colon": ":",
    "semicolon": ";",
    "comma": ",",
    "full_stop": ".",
    "question_mark": "?",
    "plus": "+",
    "minus": "-",
    "asterisk": "*",
    "tilde": "~",
}

# What Textual calls a character with a modifier before it: alt+full_stop.
_LONG_NAMES: Final = {
    "full_stop": ".",
    "slash": "/",
    "comma": ",",
    "plus": "+",
    "minus": "-",
    "asterisk": "*",
    "backslash": "\\",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "circumflex_accent": "^",
    "underscore": "_",
    "semicolon": ";",
    "colon": ":",
    "question_mark": "?",
    "equals_sign": "=",
    "apostrophe": "'",
    "less_than_sign": "<",
    "greater_than_sign": ">",
}

_TWINS: Final = {
    "alt+1": "f1",
    "inverted_exclamation_mark": "f1",
    "alt+2": "f2",
    "trade_mark_sign": "f2",
    "alt+3": "f3",
    "pound_sign": "f3",
    "alt+4": "f4",
    "cent_sign": "f4",
    "alt+5": "f5",
    "infinity": "f5",
    "alt+6": "f6",
    "section_sign": "f6",
    "alt+7": "f7",
    "pilcrow_sign": "f7",
    "alt+8": "f8",
    "bullet": "f8",
    "alt+9": "f9",
    "ª": "f9",
    "alt+0": "f10",
    "º": "f10",
}
"""Esc and a digit in one go. Some terminals say ``alt+3``; Textual makes of others' what Option and the digit type on a
Mac, and those characters cannot be typed here."""

_SHOWN: Final = {
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def key_of_event(event: events.Key) -> str:
    """The key as keymaps write it: a character as itself, but a blank as ``space``."""
    if event.key in _TWINS:
        return _TWINS[event.key]
    modifiers, _, key = event.key.rpartition("+")
    # A terminal that says Alt by an Esc before the letter gives the letter, too: Alt-U is not a u that is typed.
    is_typed = event.is_printable and not set(modifiers.split("+")) & _NOT_TYPED
    if is_typed and event.character is not None and event.character != " ":
        return event.character
    return f"{modifiers}+{_LONG_NAMES.get(key, key)}" if modifiers else event.key


def parse_keys(text: str) -> KeySequence:
    """``"g g"`` → ``("g", "g")``. Raises SettingsError for a key that there is not."""
    keys = tuple(map(_parse_key, text.split()))
    if not keys:
        raise SettingsError("no key is named")
    return keys


def _parse_key(text: str) -> str:
    if len(text) == 1:
        return text
    *modifiers, key = _parts(text.lower())
    wrong = [modifier for modifier in modifiers if modifier not in _MODIFIERS]
    key = _ALIASES.get(key, key)
    if wrong or (len(key) != 1 and key not in _SPECIAL) or (not modifiers and len(key) == 1 and text.lower() != text):
        known = "ctrl+r, shift+f6, alt+enter, pageup, space, a character"
        raise SettingsError(f"there is no key {text!r}; keys are written as in {known}")
    order = [modifier for modifier in _MODIFIERS if modifier in modifiers]
    return "+".join([*order, key])


def shown_key(key: str) -> str:
    """As people read it: ``Ctrl-R``, ``PgUp``."""
    if len(key) == 1:
        return key
    *modifiers, last = _parts(key)
    last = _SHOWN.get(last, last.capitalize() if len(last) > 1 or modifiers else last)
    return "-".join([*(modifier.capitalize() for modifier in modifiers), last])


def _parts(key: str) -> list[str]:
    """``ctrl++`` is Ctrl and ``+``."""
    return [*key[:-2].split("+"), "+"] if key.endswith("++") else key.split("+")


def shown_keys(keys: KeySequence) -> str:
    return " ".join(map(shown_key, keys))
