"""What ``tfm doctor --write`` tries: rights, conditions, checksums and odd keys, on objects of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from typing import Final

from tfm.backends.s3.bucket import Bucket
from tfm.backends.s3.conditions import Origin, is_other_door
from tfm.backends.s3.doctor_asking import ask, bad, good, note
from tfm.backends.s3.doctor_conditions import TRIALS, NotEnforced
from tfm.backends.s3.doctor_objects import OwnObjects
from tfm.core.errors import StorageError
from tfm.core.finding import Finding, Verdict
from tfm.core.writing import Condition
from tfm.storage.contract import Backend

__all__ = ["try_writing"]

_LOGGER: Final = logging.getLogger("tfm.s3")
_WRONG_CRC32: Final = "AAAAAA=="
"""The CRC-32 of nothing at all."""


def try_writing(backend: Backend, bucket: Bucket, key: str, *, versioned: bool) -> Iterator[Finding]:
    """About ninety requests. What was written is deleted whatever happens, an interrupt included."""
    if versioned and _is_locked(bucket):
        yield note("write", "not tried: the bucket's Object Lock would keep for long what is written")
        return
    own = OwnObjects(backend, bucket, _directory(backend, key))
    found: set[Condition] | None = None
    try:
        error = _may_write(own)
        if error is not None:
            yield bad("write", error)
        else:
            yield good("write", "allowed, and deleting")
            found = yield from _conditions(own)
            yield from _guarded("checksums", lambda: _checksums(own))
            yield from _guarded("odd keys", lambda: _odd_keys(own))
    except BaseException:  # an interrupt, or nobody wants to hear the rest
        for each in own.clean():
            _LOGGER.warning("s3://%s: could not be deleted: %s", bucket.name, each)
        raise
    left = own.clean()
    yield _cleaned(left)
    if found is not None:
        yield _remembered(bucket, frozenset(found))
        yield from _setting_compared(bucket, frozenset(found))
    elif error is None:
        yield note("remembered", "nothing, since not all of it is known")


def _directory(backend: Backend, key: str) -> str:
    """Where to write: in the directory that ``key`` is, or that the object ``key`` is in."""
    if not key or key.endswith("/"):
        return key
    try:
        is_object = backend.stat(key).file is not None
    except StorageError:
        is_object = False
    return key[: key.rfind("/") + 1] if is_object else f"{key}/"


def _is_locked(bucket: Bucket) -> bool:
    """Whether what is written may not be deleted for a time. Where that is not known, deleting is tried first."""
    client = bucket.clients().interactive()
    answer = ask(bucket, "stat", "", lambda: client.get_object_lock_configuration(Bucket=bucket.name))
    return "Rule" in answer.response.get("ObjectLockConfiguration", {})


def _may_write(own: OwnObjects) -> StorageError | None:
    """Why not, where one of both is refused: no more is written than what cannot be deleted."""
    key = own.key("write")
    return own.put(key, b"").error or own.delete(key).error


def _conditions(own: OwnObjects) -> Generator[Finding, None, set[Condition] | None]:
    """Answers which of them are enforced; None where that could not be found out of each."""
    found: set[Condition] | None = set()
    for condition, tried in TRIALS.items():
        try:
            tried(own)
        except NotEnforced as why:
            yield note(condition, f"not enforced: {why}; tfm looks before it writes")
        except StorageError as error:
            found = None
            yield note(condition, f"not known: {error.cause}", error.next_step or "Try again.")
        else:
            yield good(condition, "enforced")
            if found is not None:
                found.add(condition)
    return found


def _guarded(subject: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a look finds; that it could not be finished is a finding, too."""
    try:
        yield from look()
    except StorageError as error:
        yield note(subject, f"not known: {error.cause}", error.next_step)


def _checksums(own: OwnObjects) -> Iterator[Finding]:
    key = own.key("checksum")
    answer = own.put(key, b"content", ChecksumCRC32=_WRONG_CRC32)
    if answer.error is None:
        yield note("checksums", "not checked: bytes that are damaged on their way are stored")
    elif answer.status == 400:
        yield good("checksums", f"checked: bytes that are damaged on their way are refused ({answer.code})")
    else:
        raise answer.error


def _odd_keys(own: OwnObjects) -> Iterator[Finding]:
    """Keys that servers rewrite. Each is below the random name, or is so once it is rewritten."""
    rising = f"{own.prefix}/../{own.prefix.rpartition('/')[2]}-up"
    for shown, key in (("a//b", own.key("a//b")), ("../x", rising), ("x/ with content", own.key("slash/"))):
        answer = own.put(key, b"content")
        subject = f"key {shown}"
        if answer.error is not None:
            yield note(subject, f"refused ({answer.code or answer.status})")
        elif key in own.keys_there() and own.content(key) == b"content":
            yield good(subject, "kept exactly")
        else:
            yield note(subject, "not kept exactly: the server makes another key of it")


def _cleaned(left: list[str]) -> Finding:
    if not left:
        return good("cleaning up", "nothing was left behind")
    return Finding(
        "cleaning up", Verdict.BAD, f"could not be deleted: {', '.join(left)}", "Delete them with the right to do so."
    )


def _remembered(bucket: Bucket, found: frozenset[Condition]) -> Finding:
    """Where the conditions are kept from now on."""
    if is_other_door(bucket.name):
        return note("remembered", "nothing: what holds for an access point says nothing of other buckets")
    try:
        path = bucket.learn_conditions(found, datetime.now(UTC))
    except OSError as error:
        return Finding(
            "remembered", Verdict.BAD, f"not, the file cannot be written: {error.strerror}", "Check XDG_STATE_HOME."
        )
    return good("remembered", f"the conditions of this server, in {path}")


def _setting_compared(bucket: Bucket, found: frozenset[Condition]) -> Iterator[Finding]:
    """S3_CONDITIONS stands before what was found; that it says too much lets things be overwritten."""
    enforced, origin = bucket.conditions_and_origin()
    if origin is not Origin.SETTING:
        return
    untrue = ", ".join(each for each in Condition if each in enforced - found)
    if untrue:
        yield Finding(
            "S3_CONDITIONS",
            Verdict.BAD,
            f"says that the server enforces {untrue}, which it does not",
            f"Take {untrue} out of S3_CONDITIONS: things may be overwritten unawares.",
        )
    else:
        yield note("S3_CONDITIONS", "is set, and stands before what was found out")
