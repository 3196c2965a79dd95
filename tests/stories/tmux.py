"""The program in tmux, as a person sees it."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

__all__ = ["Tmux"]

_DEADLINE_SECONDS: Final = 30.0
_LOOK_AGAIN_SECONDS: Final = 0.02


class Tmux:
    """A program in a tmux server of its own, as a context manager; it sees ``environment`` and nothing else."""

    def __init__(
        self,
        directory: Path,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        columns: int = 80,
        rows: int = 24,
    ) -> None:
        self._socket = str(directory / "tmux")
        self._code = directory / "exit-code"
        program = f"{shlex.join(arguments)}; echo $? >{shlex.quote(str(self._code))}.new; "
        program += f"mv {shlex.quote(str(self._code))}.new {shlex.quote(str(self._code))}; exec cat"
        self._environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", **environment}
        self._run("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "-s", "tfm", program)

    @staticmethod
    def missing_reason() -> str | None:
        return None if shutil.which("tmux") else "tmux is not installed"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._run("kill-server")

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=_DEADLINE_SECONDS,
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: ``Down``, ``Enter``, ``BSpace``, ``C-r``, ``F10``."""
        self._run("send-keys", "-t", "tfm", *keys)

    def rows(self) -> list[str]:
        """The screen, row by row, as long as it is wide."""
        return self._run("capture-pane", "-p", "-N", "-t", "tfm").splitlines()

    def screen(self) -> str:
        return "\n".join(self.rows())

    def half(self, side: int) -> str:
        """What the left (0) or the right (1) pane shows."""
        rows = self.rows()[:-2]
        border = next((row.index("│") for row in rows[1:2] if "│" in row), 0)
        return "\n".join(row[:border] if side == 0 else row[border + 1 :] for row in rows)

    def until(self, met: Callable[[], bool], *, seconds: float = _DEADLINE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not met():
            assert time.monotonic() < deadline, f"waited in vain; the screen:\n{self.screen()}"
            time.sleep(_LOOK_AGAIN_SECONDS)  # between two looks: tmux tells of no change by itself

    def until_shown(self, *texts: str, side: int | None = None, seconds: float = _DEADLINE_SECONDS) -> str:
        """The screen (or one pane) once all ``texts`` are on it."""
        last = ""

        def shown() -> bool:
            nonlocal last
            last = self.screen() if side is None else self.half(side)
            return all(text in last for text in texts)

        self.until(shown, seconds=seconds)
        return last

    def resize(self, columns: int, rows: int) -> None:
        self._run("resize-window", "-t", "tfm", "-x", str(columns), "-y", str(rows))

    def kill(self) -> None:
        """End the program as a crash does: SIGKILL, and nothing is cleaned up."""
        shell = self._run("display-message", "-p", "-t", "tfm", "#{pane_pid}").strip()
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text(encoding="ascii").split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        self.ended()

    def ended(self, *, seconds: float = _DEADLINE_SECONDS) -> int:
        """The program's exit code."""
        self.until(self._code.exists, seconds=seconds)
        return int(self._code.read_text())
