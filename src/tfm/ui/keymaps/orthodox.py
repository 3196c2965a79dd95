"""The keys of Midnight Commander's and Total Commander's users. Letters are for typing to search."""

from __future__ import annotations

from typing import Final

__all__ = ["EVERYWHERE", "ORTHODOX"]

EVERYWHERE: Final = {
    "f1": "help",
    "f2": "refresh",
    "ctrl+r": "refresh",
    "f3": "view",
    "alt+v": "preview",
    "shift+f4": "new_file",
    "ctrl+n": "new_file",
    "f5": "copy",
    "f6": "move",
    "shift+f6": "rename",
    "ctrl+e": "rename",
    "f7": "make_directory",
    "f8": "delete",
    "delete": "delete",
    "shift+f8": "delete_permanently",
    "shift+delete": "delete_permanently",
    "alt+p": "profile",
    "alt+q": "cost",
    "alt+k": "cache",
    "f12": "log",
    "alt+c": "copy_path",
    "alt+shift+c": "copy_uri",
    "alt+f7": "search",
    "ctrl+s": "search",
    "alt+f8": "results",
    "alt+enter": "properties",
    "ctrl+y": "properties",
    "ctrl+t": "jobs",
    "f10": "quit",
    "ctrl+q": "quit",
    "ctrl+p": "palette",
    "ctrl+k": "keymap",
    "up": "cursor_up",
    "down": "cursor_down",
    "pageup": "cursor_page_up",
    "pagedown": "cursor_page_down",
    "home": "cursor_first",
    "end": "cursor_last",
    "enter": "enter",
    "backspace": "enter_parent",
    "alt+left": "back",
    "alt+right": "forward",
    "alt+h": "history",
    "insert": "select",
    "space": "select",
    "tab": "other_pane",
    "shift+tab": "other_pane",
    "escape": "stop",
}
"""In every keymap: the function keys, what moves about, and what is pressed with Ctrl."""

ORTHODOX: Final[dict[str, str]] = {
    "alt+u": "disk_usage",
    "alt+d": "compare",
    "alt+r": "bulk_rename",
    "alt+a": "mode",
    "alt+l": "link",
}
"""Over :data:`EVERYWHERE`."""
