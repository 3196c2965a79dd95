"""Which backend speaks which scheme."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from tfm.core.errors import InvalidPathError
from tfm.core.location import StorageAddress
from tfm.storage.registry import GROUP
from tfm.storage.session import Session


def test_every_installed_scheme_is_known() -> None:
    assert Session().registry.schemes() == ["file", "memory", "s3"]


@pytest.mark.parametrize("scheme", ["file", "memory", "s3"])
def test_what_is_known_by_name_is_what_its_entry_point_names(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (point,) = entry_points(group=GROUP, name=scheme)
    made = []
    monkeypatch.setattr(point.load(), "__init__", lambda factory, context: made.append(type(factory)))
    registry = Session().registry
    monkeypatch.setattr("importlib.metadata.entry_points", None)
    assert registry.connection_settings(scheme) is not None
    assert made == [point.load()]


def test_an_unknown_scheme_names_those_that_are_known() -> None:
    with pytest.raises(InvalidPathError, match=r"speaks gopher://.*file://, memory://, s3://"):
        Session().registry.open(StorageAddress("gopher", "host"))


def test_the_local_disk_is_read_without_looking_for_entry_points() -> None:
    code = "import sys; from tfm import Path; list(Path('/').iterdir()); print('importlib.metadata' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
