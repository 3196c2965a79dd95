"""The user's directories are where platformdirs says, also where it is not asked."""

from __future__ import annotations

import os

import platformdirs
import pytest

from tfm.operations.user_directories import user_config_directory, user_state_directory


@pytest.mark.parametrize("home", ["/home/somebody", "/home/somebody/", "/", "relative", ""])
@pytest.mark.parametrize("named", [None, "", "/elsewhere", "/else where/", "relative", " /elsewhere", "~/x"])
def test_they_are_where_the_platform_has_them(home: str, named: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", home)
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
        if named is not None:
            monkeypatch.setenv(variable, named)
    try:
        wanted = [each("tfm", appauthor=False) for each in (platformdirs.user_config_dir, platformdirs.user_state_dir)]
    except RuntimeError:
        pytest.skip("nobody can say where home is")
    found = [user_config_directory(), user_state_directory()]
    assert list(map(os.path.normpath, found)) == list(map(os.path.normpath, wanted))
