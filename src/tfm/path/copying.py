"""The half of Path that copies, moves and renames: the plan and the engine of the panes and the command line."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Self

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Kind
from tfm.core.errors import UnsupportedOperation
from tfm.core.location import Location
from tfm.core.progress import Progress
from tfm.core.writing import NOTHING_THERE
from tfm.path.asking import AskingPath
from tfm.path.pure import LexicalPath
from tfm.path.sessions import current_journal, current_session
from tfm.path.writing import WritingPath

__all__ = ["CopyingPath", "fixed_location"]

Target = str | os.PathLike[str] | LexicalPath


class CopyingPath(WritingPath):
    """See :class:`tfm.Path`."""

    __slots__ = ()

    def copy(
        self,
        target: Target,
        *,
        conflict: str = "fail",
        progress: Callable[[Progress], None] | None = None,
    ) -> Self:
        """Copy this object, or this directory with all that is in it, so that ``target`` is the copy; the new path.

        Between any two storages, server-side where the storage can. ``conflict`` says what happens to an object in the
        way: "fail", "skip", "overwrite", "newer" or "rename". One request for each object, and the listings of both
        directories; of a single object, one more for each of source and destination that is not known. A tree goes on
        past failures, then raises OperationFailed with ``failures``; for a single object its own error is raised.
        Before anything is written: NotFoundError, ConflictError (onto itself), InvalidRequestError (into itself).
        """
        return self._transferred(target, into=False, move=False, conflict=conflict, progress=progress)

    def copy_into(
        self, directory: Target, *, conflict: str = "fail", progress: Callable[[Progress], None] | None = None
    ) -> Self:
        """As :meth:`copy`, into ``directory`` under this path's own name."""
        return self._transferred(directory, into=True, move=False, conflict=conflict, progress=progress)

    def move(
        self, target: Target, *, conflict: str = "fail", progress: Callable[[Progress], None] | None = None
    ) -> Self:
        """As :meth:`copy`, then delete what was copied and verified: ``ceil(n / 1000)`` requests more, one for a single
        object. On one file system of a disk it is one step."""
        return self._transferred(target, into=False, move=True, conflict=conflict, progress=progress)

    def move_into(
        self, directory: Target, *, conflict: str = "fail", progress: Callable[[Progress], None] | None = None
    ) -> Self:
        """As :meth:`move`, into ``directory`` under this path's own name."""
        return self._transferred(directory, into=True, move=True, conflict=conflict, progress=progress)

    def rename(self, target: Target) -> Self:
        """Give this object another name; ConflictError where that is taken. On a disk a directory too, atomically.

        UnsupportedOperation for the directory of an object store, which is not renamed in one step (:meth:`move` does
        it, resumably), and across storages.
        """
        return self._renamed(target, conflict="fail")

    def replace(self, target: Target) -> Self:
        """As :meth:`rename`, in place of whatever object has that name."""
        return self._renamed(target, conflict="overwrite")

    def copy_to(
        self, destination: Target, overwrite: bool = False, progress_callback: Callable[[Progress], None] | None = None
    ) -> Self:
        """As :meth:`copy`, by the arguments that tfm's earlier versions had."""
        return self.copy(destination, conflict=_policy(overwrite=overwrite), progress=progress_callback)

    def move_to(
        self, destination: Target, overwrite: bool = False, progress_callback: Callable[[Progress], None] | None = None
    ) -> Self:
        """As :meth:`move`, by the arguments that tfm's earlier versions had."""
        return self.move(destination, conflict=_policy(overwrite=overwrite), progress=progress_callback)

    # How

    def _transferred(
        self,
        target: Target,
        *,
        into: bool,
        move: bool,
        conflict: str,
        progress: Callable[[Progress], None] | None,
    ) -> Self:
        # Here, since whoever only reads should not load the engine and the journal's database.
        from tfm.operations.conflict import ConflictPolicy
        from tfm.operations.copy_job import CopyJob
        from tfm.operations.copy_spec import CopySpec

        policy = ConflictPolicy(conflict)
        if policy is ConflictPolicy.ASK:
            raise ValueError("there is nobody to ask: conflict is fail, skip, overwrite, newer or rename")
        there = self._target(target)
        source = self._meant()
        kind = Kind.DIRECTORY if into else source.kind
        spec = CopySpec((_fixed(self, source),), fixed_location(there, kind), into, policy, move)
        summary = CopyJob(current_session(), spec, journal=current_journal(), progress=progress, durable=False).run()
        single = source.kind is not Kind.DIRECTORY
        if single and len(summary.failures) == 1:
            raise summary.failures[0]
        summary.raise_failures(str(self), "move" if move else "copy")
        made = there / self._own_name(source) if into else there
        return made._as_kind(source.kind)

    def _meant(self) -> Location:
        """What a path without a slash means: the object, or the directory where there is none. At most one request."""
        if self._lexical.directory:
            return self.location_as(Kind.DIRECTORY)
        answer = self._lookup(asked=Asked.MEANT)
        entry = answer.file or answer.directory
        if entry is None:
            raise answer.directory_error or self._missing("copy")
        linked = entry.is_symlink and entry.is_directory
        return self.location_as(Kind.FILE if linked or not entry.is_directory else Kind.DIRECTORY)

    def _own_name(self, source: Location) -> str:
        return self.name or source.storage.authority

    def _as_kind(self, kind: Kind) -> Self:
        return self._with(self._lexical.as_directory()) if kind is Kind.DIRECTORY else self

    def _target(self, target: Target) -> Self:
        # A type checker sees the class that was called; text decides which it is, as for Path itself.
        made: Any = target if isinstance(target, LexicalPath) else type(self)._of_text(os.fspath(target), self._profile)
        result: Self = made
        return result

    @classmethod
    def _of_text(cls, text: str, profile: str | None) -> Self:
        raise NotImplementedError

    def _renamed(self, target: Target, *, conflict: str) -> Self:
        there = self._target(target)
        storage = self._storage()
        if Capability.RENAME in storage.capabilities and there.location.storage == self.location.storage:
            source = self._meant()
            only_if = NOTHING_THERE if conflict == "fail" else None
            storage.rename(source.key, there.location_as(source.kind).key, only_if=only_if)
            return there._as_kind(source.kind)
        source = self._meant()
        if source.kind is Kind.DIRECTORY:
            raise UnsupportedOperation(
                "A directory here cannot be renamed in one step.",
                next_step="Move it: that goes object by object, and can be resumed.",
                uri=str(self),
                operation="rename",
            )
        if not there._storage().can_copy_from(self.location.storage):
            raise UnsupportedOperation(
                "Only within one storage can a name be changed.",
                next_step="Move it.",
                uri=str(self),
                operation="rename",
            )
        return self.move(there, conflict=conflict)


def fixed_location(path: AskingPath, kind: Kind) -> Location:
    """Where it is, wherever who reads that works: a job may be resumed from another directory."""
    return _fixed(path, path.location_as(kind))


def _fixed(path: AskingPath, location: Location) -> Location:
    if Capability.LOCAL_PATHS not in path.capabilities or location.key.startswith("/"):
        return location
    # Not os.path.abspath: behind a link, ".." leads elsewhere than the text says.
    text = str(PurePosixPath(os.getcwd(), location.key))
    slash = "/" if location.kind is Kind.DIRECTORY and not text.endswith("/") else ""
    return replace(location, key=text + slash)


def _policy(*, overwrite: bool) -> str:
    return "overwrite" if overwrite else "fail"
