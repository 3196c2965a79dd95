"""Whether a copy between two servers is done already, of which neither knows the other."""

from __future__ import annotations

import pytest

from tests.memory_world import BUCKET, MemoryWorld
from tests.servers.moto import MotoServer
from tfm.core.entry import Kind
from tfm.core.location import StorageAddress
from tfm.core.step import Step, StepAction
from tfm.operations.sameness import is_done_already


@pytest.mark.parametrize(("there", "done"), [(b"12345", True), (b"damag", False), (b"1234", False), (None, False)])
def test_an_object_is_done_where_both_servers_tell_the_same_checksum(
    moto: MotoServer, there: bytes | None, done: bool
) -> None:
    moto.put("bucket", {"x": b"12345"})
    world = MemoryWorld(None)
    world.put("other", files={} if there is None else {"x": there})
    source = world.session.storage(StorageAddress("s3", "bucket"))
    target = world.session.storage(StorageAddress("memory", BUCKET))
    step = Step("x", Kind.FILE, "x", StepAction.COPY, 5, source.describe("x").entry.etag)
    assert not target.can_copy_from(source.address)
    assert is_done_already(source, target, step) is done
