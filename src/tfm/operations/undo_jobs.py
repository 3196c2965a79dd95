"""What takes copies and moves back, where that is certain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tfm.core.entry import Kind
from tfm.core.location import Location
from tfm.core.progress import Cancel
from tfm.operations.conflict import ConflictPolicy
from tfm.operations.copy_spec import CopySpec
from tfm.operations.trash import goes_to_trash, move_to_trash
from tfm.operations.undo import Permanent, Tell, Undo, Undone, name_of, these
from tfm.storage.session import Session

__all__ = ["Copied", "Moved", "moved_back", "step_of_job"]


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that is done; ``back`` is the one that takes it back."""

    title: str
    back: CopySpec
    is_small: bool = False

    @property
    def question(self) -> str:
        return f"Move {these(self.back.sources)} back?"

    def run(self, _session: Session, _tell: Tell, _cancel: Cancel) -> tuple[Undone, Undo | None]:
        return Undone(f"Moving back {these(self.back.sources)}.", job=self.back), None


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that met nothing in its way, to where there is a trash: the copies go there, whatever was done to them."""

    title: str
    copies: Sequence[Location]
    is_small: bool = False

    @property
    def question(self) -> str:
        what = f"the copy {name_of(self.copies[0])}" if len(self.copies) == 1 else f"the {len(self.copies):,} copies"
        return f"Move {what} to the trash?"

    def run(self, session: Session, tell: Tell, cancel: Cancel) -> tuple[Undone, Undo | None]:
        summary = move_to_trash(session, self.copies, progress=tell, cancel=cancel)
        went = {each.location for each in summary.trashed}
        left = [each for each in self.copies if each not in went]
        said = f"{len(went):,}{f' of {len(self.copies):,}' if left else ''} moved to the trash."
        return Undone(said, summary.failures), Copied(self.title, left) if left else None


def step_of_job(session: Session, spec: CopySpec, *, whole: bool, met_nothing: bool) -> Undo:
    """Of a copy or a move that ended. ``whole``: nothing was skipped, and nothing failed. ``met_nothing``: nothing was
    at its destinations."""
    title = f"a {'move' if spec.move else 'copy'} of {these(spec.sources)}"
    if not whole:
        return Permanent(title, "it was not done as a whole.")
    if not met_nothing:
        return Permanent(title, "something may have been there already, and what is whose cannot be told apart.")
    if spec.move:
        back = moved_back(spec)
        if back is None:
            return Permanent(title, "no one move takes it back.")
        # What is there by now is asked about, whatever was to happen on the way there.
        return Moved(title, replace(back, policy=ConflictPolicy.ASK))
    copies = [Location(spec.target_storage, spec.target_key(source), source.kind) for source in spec.sources]
    if not all(each.key for each in copies) or not goes_to_trash(session, copies):
        return Permanent(title, "there is no trash for the copies. F8 deletes them, and shows first what goes.")
    return Copied(title, copies)


def moved_back(spec: CopySpec) -> CopySpec | None:
    """The move that takes back the move ``spec``, which met nothing in its way; None where one move cannot."""
    targets = tuple(Location(spec.target_storage, spec.target_key(source), source.kind) for source in spec.sources)
    if not spec.move or spec.below is not None or not all(target.key for target in targets):
        return None
    if not spec.into:
        return replace(spec, sources=targets, target=spec.sources[0])
    above = {source.key[: source.key.rfind("/", 0, -1) + 1] for source in spec.sources}
    if len(above) != 1 or not all(source.key for source in spec.sources):
        return None
    return replace(spec, sources=targets, target=Location(spec.source_storage, above.pop(), Kind.DIRECTORY))
