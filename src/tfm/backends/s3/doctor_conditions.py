"""Which preconditions a server enforces: each is tried where it holds, where it does not, and by many at once.

A server that lets a single write through which it should have refused does not enforce that condition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from typing import Final

from tfm.backends.s3.doctor_asking import Answer
from tfm.backends.s3.doctor_objects import OwnObjects
from tfm.core.errors import TemporaryError
from tfm.core.writing import Condition

__all__ = ["TRIALS", "NotEnforced"]

_AT_ONCE: Final = 12
_START_SECONDS: Final = 10
_FAILED: Final = frozenset({304, 404, 409, 412})
"""How servers say that a precondition does not hold: 304 an old MinIO, 404 where there is nothing to match."""

_NOT_TAKEN: Final = frozenset({400, 405, 411, 501})
_OTHER_ETAG: Final = f'"{"0" * 32}"'


class NotEnforced(Exception):  # noqa: N818 - it is a finding, not a failure
    """What the server did that it should not have done."""


def _refused(answer: Answer, what: str) -> None:
    if answer.error is None:
        raise NotEnforced(f"{what} was let through")
    if answer.status not in _FAILED:
        _not_taken(answer)


def _done(answer: Answer, what: str) -> str:
    """The etag of what was written."""
    if answer.error is not None:
        if answer.status in _FAILED:
            raise NotEnforced(f"{what} was refused")
        _not_taken(answer)
    return str(answer.response.get("ETag") or answer.response.get("CopyObjectResult", {}).get("ETag") or "")


def _not_taken(answer: Answer) -> None:
    """The server does not understand the condition; anything else is no answer to the question."""
    if answer.status in _NOT_TAKEN:
        raise NotEnforced(f"the server does not take it ({answer.code or answer.status})")
    if answer.error is not None:
        raise answer.error


def _kept(own: OwnObjects, key: str, content: bytes | None, what: str) -> None:
    if own.content(key) != content:
        raise NotEnforced(f"{what} was refused, and done all the same")


def _one_wins(own: OwnObjects, key: str, write: Callable[[bytes], Answer], what: str) -> None:
    """Many writes at once, of which one may succeed; its bytes must be there afterwards."""
    start = Barrier(_AT_ONCE)
    bodies = [f"by {number}".encode() for number in range(_AT_ONCE)]

    def begun(body: bytes) -> Answer:
        try:
            start.wait(_START_SECONDS)
        except BrokenBarrierError:
            pass  # a thread that came late, or an interrupt; the others need not wait for it
        return write(body)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tfm-doctor") as threads:
        answers = list(threads.map(begun, bodies))
    winners = [body for body, answer in zip(bodies, answers, strict=True) if answer.error is None]
    for answer in answers:
        if answer.error is not None and answer.status not in _FAILED:
            raise answer.error
    if not winners:
        raise TemporaryError(f"Of {_AT_ONCE} that {what} at once, none succeeded.", next_step="Try again.")
    if len(winners) > 1:
        raise NotEnforced(f"of {_AT_ONCE} that {what} at once, {len(winners)} were told that they had")
    _kept(own, key, winners[0], what)


def _create(own: OwnObjects) -> None:
    key = own.key("create")
    _done(own.put(key, b"first", IfNoneMatch="*"), "a write of a free key")
    _refused(own.put(key, b"second", IfNoneMatch="*"), "a write of a key that was taken")
    _kept(own, key, b"first", "a write of a key that was taken")
    _refused(own.put_in_parts(key, b"parts", IfNoneMatch="*"), "an upload in parts to a key that was taken")
    _kept(own, key, b"first", "an upload in parts to a key that was taken")
    _done(own.put_in_parts(own.key("create-parts"), b"parts", IfNoneMatch="*"), "an upload in parts to a free key")
    contested = own.key("create-at-once")
    _one_wins(own, contested, lambda body: own.put(contested, body, IfNoneMatch="*"), "create")


def _replace(own: OwnObjects) -> None:
    key = own.key("replace")
    first = _done(own.put(key, b"first"), "a write")
    second = _done(own.put(key, b"second", IfMatch=first), "a write in place of the version that is there")
    for etag in (first, _OTHER_ETAG):
        _refused(own.put(key, b"third", IfMatch=etag), "a write in place of another version")
    missing = own.key("replace-nothing")
    _refused(own.put(missing, b"third", IfMatch=first), "a write in place of what is gone")
    _kept(own, missing, None, "a write in place of what is gone")
    _refused(own.put_in_parts(key, b"parts", IfMatch=_OTHER_ETAG), "an upload in parts in place of another version")
    _kept(own, key, b"second", "a write in place of another version")
    _one_wins(own, key, lambda body: own.put(key, body, IfMatch=second), "replace")


def _delete(own: OwnObjects) -> None:
    key = own.key("delete")
    etag = _done(own.put(key, b"content"), "a write")
    _refused(own.delete(key, IfMatch=_OTHER_ETAG), "a delete of another version")
    _kept(own, key, b"content", "a delete of another version")
    _done(own.delete(key, IfMatch=etag), "a delete of the version that is there")
    if own.content(key) is not None:
        raise NotEnforced("a delete of the version that is there did nothing")


def _delete_many(own: OwnObjects) -> None:
    changed, same = own.key("delete-many-changed"), own.key("delete-many")
    etags = {key: _done(own.put(key, b"content"), "a write") for key in (changed, same)}
    answer = own.delete_many(etags | {changed: _OTHER_ETAG})
    _done(answer, "a delete of many versions")
    if changed not in {each.get("Key") for each in answer.response.get("Errors") or ()}:
        raise NotEnforced("a delete of another version, among many, was let through")
    _kept(own, changed, b"content", "a delete of another version, among many,")
    if own.content(same) is not None:
        raise NotEnforced("a delete of the version that is there, among many, did nothing")


def _copy(own: OwnObjects) -> None:
    source, target, free = own.key("copy-source"), own.key("copy"), own.key("copy-free")
    etag = _done(own.put(source, b"source"), "a write")
    there = _done(own.put(target, b"target"), "a write")
    _refused(own.copy(source, free, CopySourceIfMatch=_OTHER_ETAG), "a copy of another version")
    _kept(own, free, None, "a copy of another version")
    _refused(own.copy(source, target, CopySourceIfMatch=etag, IfNoneMatch="*"), "a copy to a key that was taken")
    _refused(own.copy(source, target, CopySourceIfMatch=etag, IfMatch=_OTHER_ETAG), "a copy onto another version")
    _kept(own, target, b"target", "a copy onto another version")
    _done(own.copy(source, free, CopySourceIfMatch=etag, IfNoneMatch="*"), "a copy to a free key")
    _done(own.copy(source, target, CopySourceIfMatch=etag, IfMatch=there), "a copy onto the version that is there")
    _kept(own, target, b"source", "a copy onto the version that is there")


TRIALS: Final[Mapping[Condition, Callable[[OwnObjects], None]]] = {
    Condition.CREATE: _create,
    Condition.REPLACE: _replace,
    Condition.DELETE: _delete,
    Condition.DELETE_MANY: _delete_many,
    Condition.COPY: _copy,
}
"""By condition, what tries it: raises NotEnforced, or StorageError where the server's answers say nothing of it."""
