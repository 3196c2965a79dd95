"""A tree from a disk to a disk, by each way that a user has: modes, times, extended attributes and links are kept."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path as Disk
from typing import NamedTuple

import pytest

from tests.running_program import run_in_process
from tests.transfer.places import copied
from tfm import Path
from tfm.path.sessions import use_session
from tfm.storage.session import Session

MODES = {"x": 0o640, "run": 0o755, "d/secret": 0o600, "d/read only": 0o444, "d/e/y": 0o664}
DIRECTORY_MODES = {"d/": 0o750, "d/e/": 0o700, "empty/": 0o711}
LINKS = {"to x": "x", "d/to nothing": "nowhere", "d/up": "../x", "to d": "d", "out": "/etc/hostname"}

Copy = Callable[[Disk, Disk], None]


class Facts(NamedTuple):
    """Of a file, or of a directory with its slash; a link by what it says."""

    mode: int
    modified_ns: int
    attributes: dict[str, bytes]
    content: bytes | str


def with_path(source: Disk, target: Disk) -> None:
    Path(source).copy(target)


def with_job(source: Disk, target: Disk) -> None:
    with use_session(Session()) as session:
        result = copied(session, Path(source), Path(target))
        assert (result.error, result.summary.failures) == (None, [])


def with_program(source: Disk, target: Disk) -> None:
    outcome = run_in_process("cp", "-r", str(source), str(target))
    assert (outcome.code, outcome.errors) == (0, "")


def with_move(source: Disk, target: Disk) -> None:
    Path(source).move(target)
    assert not source.exists()


def keeps_attributes(directory: Disk) -> bool:
    """Some file systems have none of a user's, tmpfs before Linux 6.6 among them."""
    probe = directory / "probe"
    probe.write_bytes(b"")
    try:
        os.setxattr(probe, "user.comment", b"kept")
    except OSError:
        return False
    finally:
        probe.unlink()
    return True


def make_tree(root: Disk, *, attributes: bool) -> None:
    for number, (name, mode) in enumerate(MODES.items()):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
        if attributes:
            os.setxattr(path, "user.comment", name.encode())
        path.chmod(mode)
        os.utime(path, ns=(1, 1_600_000_000_123_456_789 + number))
    (root / "empty").mkdir()
    for number, (name, text) in enumerate(LINKS.items()):
        (root / name).symlink_to(text)
        os.utime(root / name, ns=(1, 1_500_000_000_123_456_789 + number), follow_symlinks=False)
    # The deepest first: what is made in a directory is the directory's change.
    for number, (name, mode) in enumerate(reversed(DIRECTORY_MODES.items())):
        (root / name).chmod(mode)
        os.utime(root / name, (1, 1_400_000_000.5 + number))


def tree_facts(root: Disk) -> dict[str, Facts]:
    found = {}
    for above, directories, names in os.walk(root):
        for name in [*directories, *names]:
            path = Disk(above, name)
            facts = path.lstat()
            link = path.is_symlink()
            slash = "/" if path.is_dir() and not link else ""
            content = os.readlink(path) if link else b"" if slash else path.read_bytes()
            attributes = {} if link else {each: os.getxattr(path, each) for each in os.listxattr(path)}
            found[f"{path.relative_to(root)}{slash}"] = Facts(
                stat.S_IMODE(facts.st_mode), facts.st_mtime_ns, attributes, content
            )
    return found


@pytest.mark.parametrize("copy", [with_path, with_job, with_program])
def test_a_copy_on_one_disk(copy: Copy, tmp_path: Disk) -> None:
    make_tree(tmp_path / "from", attributes=keeps_attributes(tmp_path))
    before = tree_facts(tmp_path / "from")
    copy(tmp_path / "from", tmp_path / "to")
    assert tree_facts(tmp_path / "to") == before
    assert tree_facts(tmp_path / "from") == before
    assert before.keys() == {*MODES, *DIRECTORY_MODES, *LINKS}


@pytest.mark.parametrize("copy", [with_path, with_program, with_move])
def test_a_copy_to_another_disk(copy: Copy, tmp_path: Disk, small_disk: Disk) -> None:
    make_tree(tmp_path / "from", attributes=keeps_attributes(tmp_path) and keeps_attributes(small_disk))
    before = tree_facts(tmp_path / "from")
    assert os.stat(small_disk).st_dev != os.stat(tmp_path).st_dev
    copy(tmp_path / "from", small_disk / "to")
    assert tree_facts(small_disk / "to") == before


def test_one_file_and_one_link(tmp_path: Disk) -> None:
    make_tree(tmp_path / "from", attributes=keeps_attributes(tmp_path))
    before = tree_facts(tmp_path / "from")
    (tmp_path / "to").mkdir()
    for name in ("run", "to x", "to d"):
        Path(tmp_path / "from" / name).copy_into(tmp_path / "to")
    assert tree_facts(tmp_path / "to") == {name: before[name] for name in ("run", "to x", "to d")}
