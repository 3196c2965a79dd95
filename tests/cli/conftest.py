"""Running the verbs, without the developer's own configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running_program import RunHere


@pytest.fixture(autouse=True)
def _no_own_configuration(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.getbasetemp() / "no-configuration"))


@pytest.fixture
def tfm(capsysbinary: pytest.CaptureFixture[bytes]) -> RunHere:
    return RunHere(capsysbinary)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory
