"""What the tests of storage share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.memory_world import MemoryWorld, memory_world


@pytest.fixture
def world() -> Iterator[MemoryWorld]:
    """``memory://bucket/``, empty, with a clock of its own."""
    with memory_world() as made:
        yield made
