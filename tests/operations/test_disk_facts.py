"""Which file system a directory is on, and what is free there."""

from __future__ import annotations

import os
from pathlib import Path as DiskPath

from tfm.operations.disk_facts import DiskFacts, disk_facts, free_bytes_of
from tfm.operations.mounts import Mount


def test_the_mount_that_a_link_leads_to_is_told_of(tmp_path: DiskPath) -> None:
    (tmp_path / "disk" / "d").mkdir(parents=True)
    os.symlink(tmp_path / "disk" / "d", tmp_path / "link")
    table = [Mount("/", "ext4", ""), Mount(str(tmp_path.resolve() / "disk"), "xfs", "")]
    assert disk_facts(f"{tmp_path}/", table=lambda: table).kind == "ext4"
    facts = disk_facts(f"{tmp_path}/link/", table=lambda: table)
    assert facts.kind == "xfs"
    assert facts.free_bytes is not None


def test_what_cannot_be_told_is_not_known(tmp_path: DiskPath) -> None:
    def refuse() -> list[Mount]:
        raise PermissionError

    assert disk_facts(str(tmp_path / "nothing"), table=refuse) == DiskFacts("", None)
    assert free_bytes_of(str(tmp_path / "nothing")) is None
