"""Whether a file of this disk is one to edit: what is very large, or no text, is asked about first."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from typing import Final

from tfm.core.entry import Entry, Kind
from tfm.core.errors import NotFoundError
from tfm.ui.byte_rows import looks_binary
from tfm.ui.dialog import Dialog
from tfm.ui.format import format_size

__all__ = ["BINARY", "LARGE_BYTES", "EditQuestion", "doubt_of"]

LARGE_BYTES: Final = 10 * 2**20

BINARY: Final = "It is no text: near its beginning there is a NUL. An editor may damage it; F3 views it without."

_BEGINNING_BYTES: Final = 4096
_WAIT_SECONDS: Final = 0.3
"""So long a disk may take for the beginning. The editor waits for it no less, and can be ended by whoever waits."""


async def doubt_of(entry: Entry, path: str) -> str:
    """Why the file at ``path`` is perhaps not one to edit, in a sentence, or nothing. Its beginning is read only where
    its size does not tell. Raises NotFoundError where it has gone since it was listed: the editor would make it anew.
    """
    size_bytes = entry.size_bytes or 0
    if size_bytes > LARGE_BYTES:
        return f"It has {format_size(size_bytes)}, which an editor may read as a whole. F3 views it without."
    if entry.kind is not Kind.FILE or not size_bytes:
        return ""
    return BINARY if looks_binary(await _beginning(path)) else ""


async def _beginning(path: str) -> bytes:
    """What can be had of it soon; nobody waits for the thread of a disk that is silent, not even the end of tfm."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[bytes] = loop.create_future()

    def tell(data: bytes, gone: FileNotFoundError | None) -> None:
        if found.done():
            return
        if gone is None:
            found.set_result(data)
        else:
            found.set_exception(gone)

    def read() -> None:
        data, gone = b"", None
        try:
            with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                data = file.read(_BEGINNING_BYTES)
        except FileNotFoundError as error:
            gone = error
        except OSError:
            pass  # the editor says why
        with suppress(RuntimeError):  # tfm has ended meanwhile
            loop.call_soon_threadsafe(tell, data, gone)

    threading.Thread(target=read, name="tfm-beginning", daemon=True).start()
    try:
        return await asyncio.wait_for(found, _WAIT_SECONDS)
    except TimeoutError:
        return b""
    except FileNotFoundError as error:
        raise NotFoundError(
            "It is not there any more.", next_step="Ctrl-R looks again.", uri=path, operation="edit"
        ) from error


class EditQuestion(Dialog[bool]):
    """The result is whether it is to be edited all the same."""

    BUTTONS = (("edit", "Edit it"), ("cancel", "Cancel"))

    def __init__(self, name: str, doubt: str) -> None:
        super().__init__("Edit")
        self._texts = (name, doubt)

    def on_mount(self) -> None:
        self.body.show(*self._texts)
        self.show_buttons("edit", "cancel", focus="cancel")

    def pressed(self, name: str) -> None:
        self.dismiss(name == "edit")

    def leave(self) -> None:
        self.dismiss(False)
