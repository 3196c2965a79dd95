"""Keys that came while the terminal was on its way to another program, given back for that one to read."""

from __future__ import annotations

import fcntl
import os
import select
import termios
from functools import cache

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

__all__ = ["bytes_of", "give_back", "waiting_bytes"]


@cache
def _sequences() -> dict[str, str]:
    """By the name of a key the first sequence that means it."""
    found: dict[str, str] = {}
    for sequence, keys in ANSI_SEQUENCES_KEYS.items():
        if isinstance(keys, tuple) and len(keys) == 1:
            found.setdefault(keys[0].value, sequence)
    return found


def bytes_of(key: events.Key) -> bytes:
    """As a terminal without protocols of its own sends it; nothing for what only those can say."""
    if key.character is not None:
        text = key.character
        return (f"\x1b{text}" if key.key.startswith("alt+") else text).encode("utf-8", "ignore")
    with_alt, _, name = key.key.rpartition("alt+")
    text = name if len(name) == 1 else _sequences().get(name, "")
    return (f"\x1b{text}" if text and (with_alt or key.key.startswith("alt+")) else text).encode()


def waiting_bytes(descriptor: int) -> bytes:
    """What has come to the terminal and was read by nobody."""
    found = b""
    while select.select([descriptor], [], [], 0)[0]:
        data = os.read(descriptor, 4096)
        if not data:
            break
        found += data
    return found


def give_back(descriptor: int, data: bytes) -> bool:
    """Put ``data`` behind what waits at the terminal to be read. False, and nothing is there, where the system does not
    let us: Linux from 6.2 on may be set so (dev.tty.legacy_tiocsti)."""
    try:
        for byte in data:
            fcntl.ioctl(descriptor, termios.TIOCSTI, bytes([byte]))
    except OSError:
        return False
    return True
