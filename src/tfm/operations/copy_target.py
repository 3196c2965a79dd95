"""From the destination that somebody names to what is written: into a directory, or under a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tfm.core.capability import Capability
from tfm.core.entry import Kind
from tfm.core.errors import InvalidPathError, NotDirectoryError, NotFoundError, UnsupportedOperation
from tfm.core.location import Location
from tfm.operations.copy_spec import CopySpec
from tfm.storage.session import Session

__all__ = ["copy_spec_for"]


def copy_spec_for(session: Session, sources: Sequence[Location], target: Location, *, move: bool) -> CopySpec:
    """The copy of ``sources``, all of one storage, to what somebody named. ``target`` is a directory's where the text
    said so by its slash. Several go into a directory; a single one does too where there is one of that name, else it
    gets that name. A link to a directory is taken as the link.

    At most one request. Raises InvalidPathError, NotDirectoryError and NotFoundError for a destination that cannot be
    one, UnsupportedOperation for sources that cannot be taken together.
    """
    if not sources:
        raise InvalidPathError("There is nothing to copy.", operation="copy")
    _refuse_whole_buckets(sources, move=move)
    several, says_directory = len(sources) > 1, target.kind is Kind.DIRECTORY
    sources = _links_as_such(session, sources)
    storage = session.storage(target.storage)
    uri = storage.uri_of(target.key)
    flat = Capability.FLAT_KEYS in storage.capabilities
    if Capability.LIST_ROOTS in storage.capabilities and not target.storage.authority:
        raise InvalidPathError("This is the list of buckets.", next_step="Name a bucket.", uri=uri, operation="copy")
    if not target.key or (flat and says_directory):
        return CopySpec(tuple(sources), _directory(target), into=True, move=move)
    answer = storage.lookup(target.key)
    if flat and answer.directory_error is not None and not answer.found:
        raise answer.directory_error  # no such bucket, no rights
    if answer.directory is not None and (several or says_directory or answer.file is None):
        return CopySpec(tuple(sources), _directory(target), into=True, move=move)
    if flat and several:
        return CopySpec(tuple(sources), _directory(target), into=True, move=move)
    if several or says_directory:
        if answer.found:
            raise NotDirectoryError("This is no directory.", uri=uri, operation="copy")
        raise NotFoundError(
            "There is no such directory to copy into.",
            next_step="Make it first (F7), or name another one.",
            uri=uri,
            operation="copy",
        )
    if sources[0].kind is Kind.DIRECTORY:
        return CopySpec(tuple(sources), _directory(target), into=False, move=move)
    return CopySpec(tuple(sources), target, into=False, move=move)


def _refuse_whole_buckets(sources: Sequence[Location], *, move: bool) -> None:
    whole = [each for each in sources if not each.key]
    if whole and (move or len(sources) > 1):
        raise UnsupportedOperation(
            "A whole bucket is not moved." if move else "Whole buckets are copied one at a time.",
            next_step="Copy it." if move else "Choose one of them.",
            operation="move" if move else "copy",
        )


def _links_as_such(session: Session, sources: Sequence[Location]) -> list[Location]:
    storage = session.storage(sources[0].storage)
    if Capability.FLAT_KEYS in storage.capabilities:
        return list(sources)
    meant = []
    for source in sources:
        found = storage.lookup(source.key).directory if source.kind is Kind.DIRECTORY else None
        is_link = found is not None and found.is_symlink
        meant.append(replace(source, key=source.key.removesuffix("/"), kind=Kind.FILE) if is_link else source)
    return meant


def _directory(location: Location) -> Location:
    key = location.key
    return replace(location, key=key if not key or key.endswith("/") else f"{key}/", kind=Kind.DIRECTORY)
