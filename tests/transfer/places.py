"""Trees on a disk, in memory and on moto, written and read for the tests of copies, and copies between them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path as Disk

from tests.memory_world import MemoryWorld
from tfm import Path
from tfm.core.entry import Kind
from tfm.core.errors import StorageError
from tfm.core.writing import ObjectFacts
from tfm.operations.conflict import ConflictPolicy
from tfm.operations.copy_job import CopyJob
from tfm.operations.copy_spec import CopySpec
from tfm.operations.job_state import CopySummary
from tfm.storage.session import Session

__all__ = ["Copied", "Place", "copied", "disk_content", "flat_content", "put"]

Content = dict[str, bytes]
"""Contents by keys below a place; a directory's key ends in a slash."""


@dataclass(frozen=True, slots=True)
class Place:
    """A directory: ``root`` is a URI or a path, and ends in a slash."""

    root: str

    @property
    def is_flat(self) -> bool:
        return "://" in self.root

    def path(self, key: str = "") -> Path:
        return Path(self.root + key)

    def uri(self, key: str) -> str:
        return self.root + key

    def content(self, session: Session) -> Content:
        return flat_content(session, self.root) if self.is_flat else disk_content(Disk(self.root))


def put(session: Session, place: Place, content: Mapping[str, bytes]) -> None:
    """Exactly these keys, without any path's rules."""
    if not place.is_flat:
        for key, data in content.items():
            path = os.path.join(place.root, key)
            os.makedirs(path if key.endswith("/") else os.path.dirname(path), exist_ok=True)
            if not key.endswith("/"):
                Disk(path).write_bytes(data)
        os.makedirs(place.root, exist_ok=True)
        return
    location = place.path().location
    storage = session.storage(location.storage)
    for key, data in content.items():
        storage.put(location.key + key, data, facts=ObjectFacts())


def flat_content(session: Session, root: str) -> Content:
    location = Path(root).location
    storage = session.storage(location.storage)
    found = {}
    for page in storage.tree_pages(location.key):
        own = [] if page.own_entry is None else [page.own_entry]
        for entry in [*own, *page]:
            with storage.read(entry.key) as reader:
                found[entry.key[len(location.key) :]] = reader.read()
    return found


def disk_content(root: Disk) -> Content:
    """Links as what they say, directories as an empty content under a name with a slash."""
    found: Content = {}
    for above, directories, files in os.walk(root):
        for name in [*directories, *files]:
            path = os.path.join(above, name)
            key = os.path.relpath(path, root)
            if os.path.islink(path):
                found[key] = b"-> " + os.fsencode(os.readlink(path))
            elif name in directories:
                found[f"{key}/"] = b""
            elif os.path.isfile(path):
                found[key] = Disk(path).read_bytes()
            else:
                found[key] = b"special"
    return found


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of a copy; ``error`` is what it raised before anything was written."""

    summary: CopySummary
    error: StorageError | None = None

    @property
    def failed_uris(self) -> set[str]:
        return {str(each.uri) for each in self.summary.failures}


def copied(
    session: Session,
    source: Path,
    target: Path,
    *,
    move: bool = False,
    conflict: str = "fail",
    started: Callable[[CopyJob], object] = lambda job: None,
) -> Copied:
    """Copy the directory ``source`` so that ``target`` is the copy, and see that the summary adds up."""
    spec = CopySpec(
        (source.location_as(Kind.DIRECTORY),),
        target.location_as(Kind.DIRECTORY),
        into=False,
        policy=ConflictPolicy(conflict),
        move=move,
    )
    job = CopyJob(session, spec)
    started(job)
    try:
        summary = job.run()
    except StorageError as error:
        return Copied(job.summary, error)
    if not summary.stopped:
        assert summary.listed == summary.done + summary.skipped + summary.failed, summary
    assert summary.failed == len(summary.failures)
    return Copied(summary)


def outside(world: MemoryWorld, *roots: str) -> dict[str, Content]:
    return {root: Place(root).content(world.session) for root in roots}
