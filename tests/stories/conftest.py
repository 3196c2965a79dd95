"""Starting the real program in tmux, on a server and a directory of the test's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.running_program import command
from tests.servers.moto import MotoServer
from tests.stories.tmux import Tmux
from tfm.operations.kept_state import KeptState, StateFile, state_path

StartProgram = Callable[..., Tmux]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without configuration, which is the working directory too. Its owner has used tfm before."""
    directory = tmp_path / "home"
    directory.mkdir()
    monkeypatch.setenv("HOME", str(directory))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(directory / ".config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    StateFile(state_path()).write(KeptState())
    monkeypatch.chdir(directory)
    return directory


@pytest.fixture
def start(tmp_path: Path, home: Path) -> Iterator[StartProgram]:
    """Starts ``tfm`` with these arguments in tmux; skips where tmux is missing."""
    reason = Tmux.missing_reason()
    if reason is not None:
        pytest.skip(reason)
    with ExitStack() as stack:

        def started(*arguments: str, **size: int) -> Tmux:
            wanted = ("AWS_", "TFM_", "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "PYTHON", "VIRTUAL_ENV")
            environment = {name: value for name, value in os.environ.items() if name.startswith(wanted)}
            directory = tmp_path / f"tmux-{len(os.listdir(tmp_path))}"
            directory.mkdir()
            return stack.enter_context(Tmux(directory, command(*arguments), environment, **size))

        yield started


@pytest.fixture
def bucket(moto: MotoServer) -> MotoServer:
    """moto with one bucket: ``data`` holds 2,500 objects in ``many/``, a small tree in ``runs/``, and a file."""
    objects = {f"many/sample-{number:04}.csv": b"1,2\n" for number in range(2_500)}
    objects |= {"runs/2026/a.txt": b"a", "runs/2026/b.txt": b"bb", "runs/old/c.txt": b"c"}
    objects["readme.txt"] = "".join(f"line {number} of the text\n" for number in range(300)).encode()
    moto.put("data", objects)
    moto.reset_requests()
    return moto
