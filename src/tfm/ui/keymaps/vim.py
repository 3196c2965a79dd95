"""The keys of ranger's and yazi's users, over those that every keymap has."""

from __future__ import annotations

from typing import Final

__all__ = ["VIM"]

VIM: Final = {
    "~": "help",
    ":": "palette",
    "w": "jobs",
    "q": "quit",
    "k": "cursor_up",
    "j": "cursor_down",
    "ctrl+u": "cursor_half_up",
    "ctrl+d": "cursor_half_down",
    "g g": "cursor_first",
    "G": "cursor_last",
    "l": "enter",
    "h": "enter_parent",
    "H": "back",
    "L": "forward",
    "g H": "history",
    "a": "new_file",
    "A": "make_directory",
    "r": "rename",
    "z p": "preview",
    "d": "delete",
    "D": "delete_permanently",
    "y": "yank",
    "x": "cut",
    "p": "paste",
    "g p": "profile",
    "g q": "cost",
    "g k": "cache",
    "g L": "log",
    "c c": "copy_path",
    "c u": "copy_uri",
    "c f": "copy_name",
    "c m": "mode",
    "c l": "link",
    "s": "search",
    "S": "search_content",
    "g r": "results",
    "g u": "disk_usage",
    "g c": "compare",
    "g i": "properties",
    "R": "bulk_rename",
}
