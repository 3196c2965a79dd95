"""What the tests of paths share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.memory_world import MemoryWorld, memory_world
from tfm.path.sessions import use_session
from tfm.storage.session import Session


@pytest.fixture
def world() -> Iterator[MemoryWorld]:
    """``memory://bucket/``, empty, with a clock of its own."""
    with memory_world() as made:
        yield made


@pytest.fixture
def session(aws_credentials: None) -> Iterator[Session]:
    """A session made from the environment, of this test's own."""
    with use_session(Session()) as made:
        yield made
