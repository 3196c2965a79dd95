"""The documentation beside the code: generated parts are up to date, links lead somewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.markdown import DOCUMENTS, ROOT, blocks_of, links_of

_KNOWN_LANGUAGES = {"python", "console", "sh", "text", "ini", "toml"}


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
