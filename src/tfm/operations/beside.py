"""A program that runs beside tfm: without the terminal, in a session of its own, heard of when it fails."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Callable
from typing import Final

from tfm.operations.external import Invocation, not_started

__all__ = ["start_beside"]

_MOST_BYTES: Final = 4096
"""Of what it writes about its errors."""


def start_beside(invocation: Invocation, ended: Callable[[int, str], None]) -> None:
    """Start it; ``ended`` is called in a thread with its exit code and the last line that it wrote about errors.

    It goes on when tfm ends, and hears nothing of Ctrl-C. Raises UnsupportedOperation where there is no such program,
    or it cannot be started.
    """
    # A file and no pipe: what it starts itself may hold that open for hours.
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the thread that waits
    try:
        process = subprocess.Popen(
            list(invocation.arguments),
            cwd=invocation.directory,
            env=dict(invocation.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        errors.close()
        raise not_started(invocation, error) from error

    def wait() -> None:
        with errors:
            code = process.wait()
            end = errors.seek(0, 2)
            errors.seek(max(0, end - _MOST_BYTES))
            lines = errors.read(_MOST_BYTES).decode("utf-8", "replace").strip().splitlines()
        ended(code, lines[-1] if lines else "")

    threading.Thread(target=wait, name="tfm-beside", daemon=True).start()
