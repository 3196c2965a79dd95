"""The one version of an object that is copied: asked for by its etag, compared, and told of where it is another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tfm.core.capability import Capability
from tfm.core.entry import Asked, Entry
from tfm.core.errors import ConflictError, DamagedError, InvalidRequestError, StorageError
from tfm.core.step import Step
from tfm.core.writing import Checksum, Description, ObjectFacts
from tfm.storage.content_check import is_content_of
from tfm.storage.storage import Storage
from tfm.transfer.checksum import fits
from tfm.transfer.context import TransferContext

__all__ = [
    "changed",
    "damaged",
    "defect",
    "description",
    "etag_for",
    "facts_for_target",
    "is_verified",
    "part_sizes",
    "require_as_seen",
    "require_unchanged",
]


def etag_for(source: Storage, step: Step) -> str | None:
    return step.etag if Capability.CONDITIONAL_READ in source.capabilities else None


def facts_for_target(context: TransferContext, step: Step, entry: Entry, facts: ObjectFacts | None) -> ObjectFacts:
    """What the copy is to say of itself: what the source said with the bytes, and its tags. One request where it has
    some, and the target is no disk. Raises StorageError where they cannot be had: none is lost in silence."""
    told = facts or ObjectFacts()
    if Capability.LOCAL_PATHS not in context.target.capabilities:
        told = context.source.with_tags(step.source_key, told)
    modified = told.modified_timestamp
    if modified is None:
        modified = entry.modified_timestamp if entry.modified_timestamp is not None else step.modified_timestamp
    same_kind = context.source.address.scheme == context.target.address.scheme
    return ObjectFacts(
        told.content_type,
        told.metadata,
        modified,
        step.storage_class if same_kind else None,
        step.mode if step.mode is None else step.mode & 0o7777,
        told.headers,
        told.tags,
    )


def description(context: TransferContext, step: Step) -> Description:
    """What the source says of the version that is copied. One request, and one for tags where the target keeps such."""
    source, etag = context.source, etag_for(context.source, step)
    if Capability.LOCAL_PATHS not in context.target.capabilities:
        return source.describe(step.source_key, if_match=etag)
    with source.read(step.source_key, length=0, if_match=etag) as reader:
        return Description(reader.entry, reader.facts or ObjectFacts(), reader.checksum)


def require_unchanged(source: Storage, step: Step, entry: Entry) -> None:
    """A disk has no versions to ask for: its file must be, afterwards, the one that was opened."""
    if Capability.CONDITIONAL_READ in source.capabilities:
        return
    now = source.lookup(step.source_key, fresh=True, asked=Asked.FILE).file
    if now is None or (now.size_bytes, now.modified_timestamp) != (entry.size_bytes, entry.modified_timestamp):
        raise changed(source, step)


def require_as_seen(target: Storage, step: Step) -> None:
    """A disk has no etags to compare: what is overwritten there must be, just before, what was seen when that was
    decided. Raises ConflictError; what is gone by now is in nobody's way."""
    replaces = step.replaces
    if replaces is None or replaces.modified_timestamp is None or step.only_if is not None:
        return
    if Capability.LOCAL_PATHS not in target.capabilities:
        return
    now = target.lookup(step.target_key, fresh=True, asked=Asked.FILE).file
    if now is None or now.is_symlink:  # of a link it is not said whether it was its own size that was seen
        return
    if (now.size_bytes, now.modified_timestamp) != (replaces.size_bytes, replaces.modified_timestamp):
        raise ConflictError(
            "It is no longer what was looked at.",
            next_step="Look at it again.",
            uri=target.uri_of(step.target_key),
            operation="write",
        )


def is_verified(source: Storage, step: Step, checksum: Checksum | None, content: bytes) -> bool:
    if Capability.LOCAL_PATHS in source.capabilities:
        return True
    if checksum is None:
        return False

    def read(start: int, length: int) -> Iterator[bytes]:
        yield content[start : start + length]

    if checksum.parts is None:
        same = is_content_of(checksum, content)
    else:
        same = fits(checksum, len(content), None, read, partial(part_sizes, source, step))
    if same is False:
        raise damaged(source, step)
    return same is True


def part_sizes(source: Storage, step: Step, parts: int) -> list[int] | None:
    return source.part_sizes(step.source_key, parts, if_match=etag_for(source, step))


def changed(source: Storage, step: Step) -> ConflictError:
    return ConflictError(
        "It changed while it was being copied.",
        next_step="Copy it again.",
        uri=source.uri_of(step.source_key),
        operation="copy",
    )


def damaged(source: Storage, step: Step) -> DamagedError:
    return DamagedError(
        "The bytes that arrived do not match the object's checksum; nothing was kept.",
        next_step="Copy it again.",
        uri=source.uri_of(step.source_key),
        operation="copy",
    )


def defect(error: Exception) -> StorageError:
    return InvalidRequestError(
        f"tfm itself failed: {type(error).__name__}: {error}", next_step="Please report it.", operation="copy"
    )
