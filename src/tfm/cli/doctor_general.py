"""What ``tfm doctor`` tells of this program and this machine."""

from __future__ import annotations

import pathlib
import platform
import re
from collections.abc import Iterator
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from tfm.config import default_config_file
from tfm.core.finding import Finding, Verdict
from tfm.core.settings import Settings
from tfm.core.version import __version__

__all__ = ["general_findings"]

_LIBRARIES: Final = ("botocore", "textual")
# What stands before the @ of a URL, and what behind its path: there secrets are written.
_PRIVATE: Final = re.compile(r"(?<=://)[^\s/@]*@|\?.*")


def general_findings(settings: Settings, config_file: pathlib.Path | None) -> Iterator[Finding]:
    """Versions, platform, settings. No request, and no library is loaded."""
    yield Finding("tfm", Verdict.GOOD, f"{__version__}, Python {platform.python_version()}")
    for name in _LIBRARIES:
        yield _library(name)
    yield Finding("platform", Verdict.GOOD, f"{platform.system()} {platform.release()}, {platform.machine()}")
    path = config_file or default_config_file()
    where = str(path) if path.exists() else f"no file, it would be {path}"
    yield Finding("settings file", Verdict.GOOD, where)
    for item in fields(settings):
        value = getattr(settings, item.name)
        if value != item.default:
            yield Finding("setting", Verdict.GOOD, f"{item.name.upper()} = {_shown(value)}")


def _library(name: str) -> Finding:
    try:
        return Finding(name, Verdict.GOOD, version(name))
    except PackageNotFoundError:
        step = "For s3:// run: pip install 'tfm[s3]'" if name == "botocore" else ""
        return Finding(name, Verdict.NOTE, "not installed", step)


def _shown(value: object) -> str:
    return repr(_PRIVATE.sub("…", value) if isinstance(value, str) else value)
