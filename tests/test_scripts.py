"""Programs without an ending to their names are checked as all others are."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_script_in_python_is_looked_at_by_ruff_and_mypy() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    files = [path for path in sorted((ROOT / "scripts").iterdir()) if path.is_file()]
    scripts = [f"scripts/{path.name}" for path in files if "python" in path.read_text(encoding="utf-8").split("\n")[0]]
    assert scripts
    assert scripts == settings["ruff"]["extend-include"]
    assert set(scripts) <= set(settings["mypy"]["files"])
