"""AWS's own configuration files, written to a temporary place and named by the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

__all__ = ["AwsFiles"]


class AwsFiles:
    """A config and a credentials file that ``AWS_CONFIG_FILE`` and ``AWS_SHARED_CREDENTIALS_FILE`` name."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.config = directory / "config"
        self.credentials = directory / "credentials"
        monkeypatch.setenv("AWS_CONFIG_FILE", str(self.config))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(self.credentials))

    def add_profile(
        self,
        name: str,
        *,
        access_key: str | None = None,
        secret_key: str | None = None,
        **options: str | Mapping[str, str],
    ) -> None:
        """A profile; ``options`` are lines of the config file, a mapping is an indented block of lines."""
        lines = [f"[profile {name}]" if name != "default" else "[default]"]
        for option, value in options.items():
            if isinstance(value, str):
                lines.append(f"{option} = {value}")
            else:
                lines.append(f"{option} =")
                lines.extend(f"  {inner} = {text}" for inner, text in value.items())
        self._append(self.config, lines)
        if access_key is not None:
            secret = [] if secret_key is None else [f"aws_secret_access_key = {secret_key}"]
            self._append(self.credentials, [f"[{name}]", f"aws_access_key_id = {access_key}", *secret])

    def add_section(self, title: str, **lines: str | Mapping[str, str]) -> None:
        """Another section of the config file, as ``services local`` or ``sso-session work``."""
        written = [f"[{title}]"]
        for option, value in lines.items():
            if isinstance(value, str):
                written.append(f"{option} = {value}")
            else:
                written.append(f"{option} =")
                written.extend(f"  {inner} = {text}" for inner, text in value.items())
        self._append(self.config, written)

    @staticmethod
    def _append(path: Path, lines: list[str]) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n\n")
