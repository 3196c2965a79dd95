"""The documentation's examples are run: python blocks in their order, one session a document, and tfm's command line.

What a block prints is compared with its ``#>`` comments, what a command prints with the lines under it (``...`` stands
for anything). Requests that the session counted are compared with those that the server saw.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.docs.markdown import DOCUMENTS, ROOT, Block, blocks_of
from tests.servers.moto import MotoServer
from tfm.cli.demo_content import odd_keys, python_stdlib, scratch, twenty_thousand
from tfm.path.sessions import use_session
from tfm.storage.session import Session

_PRINTED: Final = re.compile(r"#> ?(.*)$", re.MULTILINE)
_COMMAND_SECONDS: Final = 60

# The demo's buckets, of the standard library a few names only: those differ from one Python to the next.
_STDLIB_KEYS: Final = (
    *(f"email/{name}.py" for name in ("__init__", "charset", "errors", "message", "parser", "policy", "utils")),
    *(f"email/mime/{name}.py" for name in ("__init__", "audio", "base", "text")),
    *(f"json/{name}.py" for name in ("__init__", "decoder", "encoder", "scanner", "tool")),
    "abc.py",
    "antigravity.py",
    "argparse.py",
)


def _fill(server: MotoServer, text: str) -> None:
    """The buckets that the document names."""
    if "python-stdlib" in text:
        server.put("python-stdlib", {each.key: each.content for each in python_stdlib() if each.key in _STDLIB_KEYS})
    if "scratch" in text:
        server.put("scratch", {each.key: each.content for each in scratch()})
    if "odd-keys" in text:
        server.put("odd-keys", {each.key: each.content for each in odd_keys()})
    if "twenty-thousand" in text:
        server.put("twenty-thousand", {each.key: each.content for each in twenty_thousand()})
    server.reset_requests()


@pytest.fixture
def _root_logger_restored() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]


def _with_blocks(language: str) -> list[Path]:
    return [document for document in DOCUMENTS if any(block.language == language for block in blocks_of(document))]


@pytest.mark.parametrize("document", _with_blocks("python"), ids=lambda path: path.name)
@pytest.mark.usefixtures("_root_logger_restored")
def test_python_examples(document: Path, moto: MotoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fill(moto, document.read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "example"}
    with use_session(Session()) as session:
        for block in blocks_of(document):
            if block.language == "python":
                _run(block, document, namespace)
        assert sum(session.meter.snapshot().values()) == len(moto.requests())


def test_the_example_of_a_backend_passes_the_suite(tmp_path: Path) -> None:
    blocks = blocks_of(ROOT / "docs" / "architecture.md")
    code = "\n\n".join(block.code for block in blocks if block.language == "python")
    (tmp_path / "test_shelf.py").write_text(code, encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shelf.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=_COMMAND_SECONDS,
    )
    assert answer.returncode == 0, answer.stdout


def _run(block: Block, document: Path, namespace: dict[str, object]) -> None:
    # The blank lines make a traceback name the document's own lines.
    code = compile("\n" * (block.line - 1) + block.code, str(document), "exec")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    expected = _PRINTED.findall(block.code)
    if expected:
        assert printed.getvalue().splitlines() == expected, f"{document.name}, line {block.line}"


@pytest.mark.parametrize("document", _with_blocks("console"), ids=lambda path: path.name)
def test_commands(document: Path, moto: MotoServer, tmp_path: Path) -> None:
    _fill(moto, document.read_text(encoding="utf-8"))
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "COLUMNS": "100",
        "TZ": "UTC",
    }
    checker = doctest.OutputChecker()
    wrong = []
    for block in blocks_of(document):
        if block.language != "console":
            continue
        for command, expected in _commands(block):
            answer = subprocess.run(
                ["bash", "-c", command],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=environment,
                cwd=tmp_path,
                timeout=_COMMAND_SECONDS,
            )
            if not checker.check_output(expected, answer.stdout, doctest.ELLIPSIS):
                wrong.append(f"block at line {block.line}: $ {command}\n{answer.stdout}")
    assert not wrong, "\n".join(wrong)


def _commands(block: Block) -> list[tuple[str, str]]:
    """Each command of a block with what stands under it."""
    commands = re.split(r"^\$ ", block.code, flags=re.MULTILINE)[1:]
    pairs = [command.partition("\n") for command in commands]
    return [(command, expected) for command, _, expected in pairs]
