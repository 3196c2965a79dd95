"""The documentation beside the code: generated parts are up to date, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import tfm
import tfm.s3
from tests.docs.markdown import DOCUMENTS, ROOT, blocks_of, links_of

_KNOWN_LANGUAGES = {"python", "console", "sh", "text", "ini", "toml"}
_SOURCE = re.compile(r"`((?:\w+/)+\w+\.py)\b")


def test_generated_parts_are_up_to_date() -> None:
    script = ROOT / "scripts" / "write-docs"
    answer = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, timeout=60)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_that_are_there(document: Path) -> None:
    missing = [
        link for link in links_of(document) if "://" not in link and not (document.parent / link).resolve().exists()
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_block_escapes_the_tests_by_its_language(document: Path) -> None:
    assert {block.language for block in blocks_of(document)} <= _KNOWN_LANGUAGES


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_sources_that_are_named_are_there(document: Path) -> None:
    named = _SOURCE.findall(document.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / "src" / "tfm" / name).exists() and name != "tfm/__init__.py"] == []


def test_every_error_is_in_the_users_table() -> None:
    table = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    errors = [name for name in tfm.__all__ if name.endswith("Error") or name == "UnsupportedOperation"]
    # The two roots are told of below the table.
    assert [name for name in errors if f"`{name}`" not in table] == []


def test_every_name_of_the_cache_is_told_of() -> None:
    text = (ROOT / "docs" / "cache.md").read_text(encoding="utf-8")
    assert [name for name in tfm.s3.__all__ if name != "S3Cache" and f"{name}(" not in text] == []
