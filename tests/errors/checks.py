"""What holds for every failure, in the library and on the command line."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest

from tests.running_program import Outcome, RunHere
from tfm import Path
from tfm.core.errors import StorageError
from tfm.core.settings import Settings, settings_from_environment
from tfm.path.sessions import use_session
from tfm.storage.session import Session

__all__ = ["fails", "refused_by_the_program", "refused_everywhere"]

SECRETS = (
    "secretofthetest",
    "testsecret",
    "readersecret",
    "deniedsecret",
    "keyofthetest",
    "SESSIONTOKEN",
    "Signature=",
)


def fails(question: Callable[[], object], kind: type[StorageError], cause: str, step: str = "") -> StorageError:
    """``question`` raises exactly ``kind``, with those words in its one line, and no secret."""
    with pytest.raises(StorageError) as caught:
        question()
    error = caught.value
    assert type(error) is kind, f"{type(error).__name__}: {error}"
    _one_clear_line(str(error), cause, step)
    assert error.uri is not None
    assert error.uri.startswith("s3://")
    assert error.operation
    return error


def _one_clear_line(text: str, cause: str, step: str) -> None:
    assert len(text.splitlines()) == 1
    assert cause in text
    assert step in text
    assert not step or text.index(cause) < text.index(step)
    assert not [secret for secret in SECRETS if secret in text]


def refused_everywhere(
    tfm: RunHere,
    kind: type[StorageError],
    cause: str,
    step: str,
    *,
    uri: str = "s3://bucket/d/key",
    exit_code: int = 1,
) -> None:
    """Each question of the library and each verb fails that way: never "no", never "nothing"."""
    directory = uri.rpartition("/")[0] + "/"
    with use_session(Session(settings_from_environment(Settings(), os.environ))):
        path = Path(uri)
        for question in (
            path.parent.iterdir, path.stat, path.exists, path.is_dir, path.read_bytes,
            lambda: list(path.parent.glob("*")), lambda: path.info.exists(),
        ):  # fmt: skip
            fails(question, kind, cause, step)
    for arguments in (["ls", directory], ["ls", f"{directory}*"], ["cat", uri]):
        refused_by_the_program(tfm, arguments, cause, step, exit_code=exit_code)


def refused_by_the_program(
    tfm: Callable[..., Outcome], arguments: list[str], cause: str, step: str = "", *, exit_code: int = 1,
    start_seconds: float = 0.0,
) -> None:  # fmt: skip
    """Within ten seconds, and what a busy machine takes to start a program beside."""
    began = time.monotonic()
    outcome = tfm(*arguments)
    assert time.monotonic() - began < 10 + start_seconds
    assert (outcome.code, outcome.output) == (exit_code, b"")
    assert outcome.errors.startswith("tfm: ")
    _one_clear_line(outcome.errors.rstrip("\n"), cause, step)
