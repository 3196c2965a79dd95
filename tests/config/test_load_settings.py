"""What ``config.py`` and the environment do to the settings, and what is said about wrong ones."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tfm.config import default_config_file, load_settings
from tfm.core.errors import SettingsError
from tfm.core.settings import Settings


@pytest.fixture(autouse=True)
def config_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration directory, empty."""
    home = tmp_path / "home" / "configuration"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home.parent))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    return home


def write_config(text: str | bytes) -> Path:
    path = default_config_file()
    path.parent.mkdir(exist_ok=True)
    path.parent.chmod(0o755)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o644)
    return path


def failure(config_file: Path | None = None, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(config_file, environment or {})
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_without_a_file_the_defaults_hold() -> None:
    assert load_settings(None, {}) == Settings()


def test_class_config_changes_settings() -> None:
    write_config("class Config:\n    S3_CACHE_TTL = 300\n    S3_ANONYMOUS = True\n    S3_REGION = 'eu-west-1'\n")
    settings = load_settings(None, {})
    assert (settings.s3_cache_ttl, settings.s3_anonymous, settings.s3_region) == (300, True, "eu-west-1")
    assert settings.max_attempts == Settings().max_attempts


def test_config_is_python_with_helpers_and_inheritance() -> None:
    write_config(
        "import os.path\n"
        "minute = 60\n"
        "class Base:\n    MAX_ATTEMPTS = 7\n"
        "class Config(Base):\n    half = 2\n    _PRIVATE = 1\n    S3_CACHE_TTL = minute * half\n"
    )
    settings = load_settings(None, {})
    assert (settings.s3_cache_ttl, settings.max_attempts) == (120, 7)


def test_environment_wins_over_the_file() -> None:
    write_config("class Config:\n    S3_CACHE_TTL = 300\n    MAX_ATTEMPTS = 2\n")
    settings = load_settings(None, {"TFM_S3_CACHE_TTL": "30", "TFM_ACTIVE": "1"})
    assert (settings.s3_cache_ttl, settings.max_attempts) == (30, 2)


def test_a_named_file_is_read_instead_of_the_users_own(tmp_path: Path) -> None:
    write_config("class Config:\n    S3_CACHE_TTL = 300\n    MAX_ATTEMPTS = 2\n")
    other = tmp_path / "other.py"
    other.write_text("class Config:\n    S3_CACHE_TTL = 5\n")
    other.chmod(0o600)
    settings = load_settings(other, {})
    assert (settings.s3_cache_ttl, settings.max_attempts) == (5, Settings().max_attempts)


def test_the_null_device_is_no_configuration() -> None:
    write_config("class Config:\n    S3_CACHE_TTL = 300\n")
    assert load_settings(Path(os.devnull), {}) == Settings()


@pytest.mark.parametrize("text", ["", "# nothing yet\n", '"""Settings."""\n'])
def test_a_file_without_code_changes_nothing(text: str) -> None:
    write_config(text)
    assert load_settings(None, {}) == Settings()


def test_the_working_directory_is_never_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path / "config.py", tmp_path / "tfm" / "config.py", tmp_path / ".config" / "tfm" / "config.py"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("raise RuntimeError('executed')\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {}) == Settings()
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")  # older releases hand it on
    monkeypatch.setattr("platformdirs.user_config_dir", lambda name, **_: name)
    assert "set HOME (or XDG_CONFIG_HOME) to an absolute path" in failure()


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    assert failure(tmp_path / "absent.py") == (
        f"{tmp_path}/absent.py: there is no such configuration file; --config names one."
    )


def test_a_relative_name_is_told_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert failure(Path("absent.py")).startswith(f"{tmp_path}/absent.py: ")


def test_a_directory_or_a_pipe_is_not_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py", 0o600)
    (tmp_path / "directory").mkdir(0o700)
    for name in ("pipe.py", "directory"):
        assert f"{name}: this is not a file" in failure(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class Config:\n    S3_CACHE_TTL = 'x'\n", r": S3_CACHE_TTL must be a number of 0 or more, not 'x'\.$"),
        (
            "class Config:\n    S3_CACHE_TLT = 1\n",
            r": there is no setting S3_CACHE_TLT; the settings are .*S3_CACHE_TTL",
        ),
        (
            "class Config:\n    s3_cache_ttl = 1\n",
            r": settings are written in capitals: S3_CACHE_TTL, not s3_cache_ttl",
        ),
        ("S3_CACHE_TTL = 1\n", r": there is no class Config; settings stand in it, as in `class Config: S3_CACHE"),
        ("Config = 3\n", r": Config must be a class"),
        ("class Config:\n    S3_CACHE_TTL = = 1\n", r", line 2: this is not Python: invalid syntax\.$"),
        ("class Config:\n\n    S3_CACHE_TTL = minute\n", r", line 3: NameError: name 'minute' is not defined$"),
        ("\ndef fail():\n    raise ValueError('one\\ntwo')\nfail()\n", r", line 3: ValueError: one two$"),
        ("import json\n\njson.loads('{')\n", r", line 3: JSONDecodeError: "),
        ("import sys\nsys.exit(3)\n", r", line 2: SystemExit: 3$"),
        (b"x = '\xff'\n", r": this is not Python: "),
        (b"x = '\0'\n", r": "),
    ],
)
def test_a_wrong_file_is_named_with_what_would_be_right(text: str | bytes, said: str) -> None:
    path = write_config(text)
    message = failure()
    assert message.startswith(str(path))
    assert re.search(said, message.removeprefix(str(path)))


def test_a_wrong_variable_is_named() -> None:
    assert failure(environment={"TFM_MAX_ATTEMPTS": "many"}) == "TFM_MAX_ATTEMPTS must be a whole number, not 'many'."


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_that_others_can_write_is_not_executed(mode: int) -> None:
    path = write_config("raise RuntimeError('executed')\n")
    path.chmod(mode)
    assert failure().startswith(f"{path}: other users can write this, so it is not executed; `chmod go-w`")


def test_a_file_in_a_directory_that_others_can_write_is_not_executed() -> None:
    path = write_config("raise RuntimeError('executed')\n")
    path.parent.chmod(0o777)
    assert failure().startswith(f"{path.parent}: other users can write this")
    path.parent.chmod(0o1777)  # as /tmp: what is there cannot be exchanged by others
    assert ", line 1: RuntimeError: executed" in failure()


def test_a_link_is_followed_and_its_target_checked(tmp_path: Path) -> None:
    path = write_config("")
    target = tmp_path / "dotfiles" / "tfm.py"
    target.parent.mkdir(0o700)
    target.write_text("class Config:\n    S3_CACHE_TTL = 5\n")
    target.chmod(0o600)
    path.unlink()
    path.symlink_to(target)
    assert load_settings(None, {}).s3_cache_ttl == 5
    target.parent.chmod(0o777)
    assert failure().startswith(f"{target.parent}: other users can write this")
    target.parent.chmod(0o700)
    target.chmod(0o666)
    assert failure().startswith(f"{path}: other users can write this")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to another user")
def test_what_another_user_owns_is_not_executed() -> None:
    path = write_config("raise RuntimeError('executed')\n")
    os.chown(path, 12345, -1)
    assert failure().startswith(f"{path}: another user (id 12345) owns this, so it is not executed")
    os.chown(path, 0, -1)
    os.chown(path.parent, 12345, -1)
    assert failure().startswith(f"{path.parent}: another user (id 12345) owns this")


def test_loading_again_starts_from_nothing() -> None:
    write_config("counter = globals().get('counter', 0) + 1\nclass Config:\n    MAX_ATTEMPTS = counter\n")
    assert load_settings(None, {}).max_attempts == 1
    assert load_settings(None, {}).max_attempts == 1
