"""Whole trees with markers: in an order that every server takes, and no marker that holds something by the way."""

from __future__ import annotations

from pathlib import Path as DiskPath

import pytest

from tests.memory_world import BUCKET, MemoryWorld, memory_world
from tests.servers.seaweedfs import SeaweedServer
from tfm import NotEmptyError, Path
from tfm.core.settings import Settings
from tfm.path.sessions import use_session
from tfm.storage.session import Session


@pytest.mark.seaweedfs
@pytest.mark.usefixtures("aws_credentials")
def test_a_tree_of_two_pages_with_markers_is_gone_from_seaweedfs(seaweed: SeaweedServer, tmp_path: DiskPath) -> None:
    (tmp_path / "t").mkdir()
    for row in range(1100):
        (tmp_path / "t" / f"{row:04}").touch()
    seaweed.fill("trees", {"beside": b"1"})
    settings = Settings(s3_endpoint_url=seaweed.url, s3_region="us-east-1")
    with use_session(Session(settings)):
        tree = Path("s3://trees/t/")
        tree.mkdir()
        Path(tmp_path / "t").copy(tree)
        assert tree.rmtree().objects == 1101
        assert [path.name for path in Path("s3://trees/").iterdir(fresh=True)] == ["beside"]
        assert not tree.exists(fresh=True)


def test_markers_go_last_and_cost_no_request_more() -> None:
    with memory_world() as world:
        world.put(files={f"t/{row % 7}/{row:05}": b"1" for row in range(1991)})
        world.put("t/", "t/3/", *[f"t/e{row}/" for row in range(7)])  # 2,000 keys: two pages, two batches
        assert world.cost(Path(f"memory://{BUCKET}/t/").rmtree) == 2 * 2
        assert list(Path(f"memory://{BUCKET}/").iterdir()) == []


@pytest.mark.parametrize("page_rows", [1, 2, 1000])
def test_rmdir_spares_what_holds_something(page_rows: int) -> None:
    with memory_world() as world:
        _fill(world)
        world.page_entries = page_rows
        for name in ("full", "marked"):
            with pytest.raises(NotEmptyError):
                Path(f"memory://{BUCKET}/{name}").rmdir()
        Path(f"memory://{BUCKET}/empty").rmdir()
        names = sorted(path.name for path in Path(f"memory://{BUCKET}/").iterdir(fresh=True))
        assert names == ["full", "marked"]
        assert Path(f"memory://{BUCKET}/marked/").is_dir()


def _fill(world: MemoryWorld) -> None:
    world.put(files={"full/": b"", "full/x": b"1", "marked/": b"content", "empty/": b""})
