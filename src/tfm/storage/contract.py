"""THE contract: what a backend answers. Everything above speaks to this and to nothing else.

A backend speaks one protocol for one address (one bucket, one host, the local disk), translates its SDK's errors into
:mod:`tfm.core.errors` in one place, never retries and never sleeps, keeps no state that a second thread could spoil,
and does no I/O when it is made. A third party adds one by an entry point in the group ``tfm.backends`` and proves it
with :mod:`tfm.testing`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, runtime_checkable

from tfm.core.awaited import Awaited
from tfm.core.capability import Capability
from tfm.core.entry import Entry, Lookup
from tfm.core.errors import StorageError, UnsupportedOperation
from tfm.core.location import StorageAddress
from tfm.core.page import Page
from tfm.core.settings import Settings
from tfm.core.writing import (
    Condition,
    Content,
    DeleteFailure,
    Description,
    ObjectFacts,
    Part,
    PartContent,
    Precondition,
    Upload,
    UploadLimits,
)
from tfm.storage.reader import Reader, WholeObject

if TYPE_CHECKING:
    from tfm.core.finding import Finding

__all__ = [
    "PAGE_ENTRIES",
    "Backend",
    "BackendContext",
    "BackendFactory",
    "HasConnection",
    "NamesRoots",
    "Reader",
    "Root",
    "WholeObject",
]

PAGE_ENTRIES: Final = 1000
"""Entries of one page at most: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html (MaxKeys)."""


class Backend(ABC):
    """One protocol at one address. Thread-safe and synchronous."""

    address: StorageAddress
    capabilities: frozenset[Capability]

    @abstractmethod
    def identity(self) -> str:
        """Who asks, and whom: text that differs whenever answers may differ (endpoint, role, a digest of the key id).

        Holds no secret. May resolve credentials, so it may raise CredentialsError; it sends no storage request.
        """

    @abstractmethod
    def list_page(
        self,
        prefix: str,
        *,
        recursive: bool = False,
        token: object | None = None,
        start_after: str | None = None,
        limit: int = PAGE_ENTRIES,
    ) -> Page:
        """One page of what begins with ``prefix``; one request.

        One level by default: what has a ``/`` beyond the prefix is told as the directory it is in. ``recursive``, only
        for storages with FLAT_KEYS: every key. Where there are FLAT_KEYS any text is a prefix, elsewhere only ``""`` or
        one that ends in ``/``. The page's ``base`` is ``prefix`` up to and with its last ``/``. A key that ends in
        ``/`` is the marker of a directory and listed as that directory with the marker's facts; the marker of ``base``
        itself is the page's ``own_entry``. ``token`` is what the page before gave; ``start_after`` leaves out keys up
        to and with that text.

        Raises NotFoundError (no such bucket; elsewhere: no such directory), NotDirectoryError where the storage can
        tell, PermissionDeniedError, CredentialsError, a TemporaryError; never answers an error with an empty page.
        """

    @abstractmethod
    def stat(self, key: str) -> Lookup:
        """What is at ``key``; one request where the storage has a call for that. Missing: an empty Lookup.

        On a storage of directories the key may stand with or without a directory's trailing slash. With FLAT_KEYS only
        the object of exactly that key is meant, or the bucket itself for ``""``; what ``directory_error`` says is left
        to the layers above, which ask by listing and come here where listing is denied.
        """

    @abstractmethod
    def read(self, key: str, *, start: int = 0, length: int | None = None, if_match: str | None = None) -> Reader:
        """Open bytes ``start`` to ``start + length`` (to the end if None); one request.

        A range that begins at or beyond the end is empty. ``if_match`` is an etag: ConflictError if the object has
        another one by now. Raises NotFoundError, IsDirectoryError, ObjectArchivedError, PermissionDeniedError,
        CredentialsError, a TemporaryError.
        """

    # Requests that one thread has under way at once. A thread for each costs more than a small object does: each call
    # of the system gives Python's lock away, and thirty threads wait for it.

    def begin_read(self, key: str, *, most_bytes: int, if_match: str | None = None) -> Awaited[WholeObject] | None:
        """Send what :meth:`read` of the whole object sends, and give what waits for its answer; None where only that
        can send it. Who is given something calls it once, in the same thread, and before it does anything that takes
        long: the answer waits there; its descriptor tells when it came. Both raise as :meth:`read`, and the answer
        ConflictError for an object of more than ``most_bytes``, of which nothing is kept in memory then."""
        return None

    def begin_put(
        self, key: str, content: Content, *, facts: ObjectFacts, only_if: Precondition | None = None
    ) -> Awaited[Entry] | None:
        """As :meth:`begin_read`, of :meth:`put`."""
        return None

    def begin_copy(
        self, source: StorageAddress, entry: Entry, key: str, *, only_if: Precondition | None = None
    ) -> Awaited[Entry] | None:
        """As :meth:`begin_read`, of :meth:`copy_from`."""
        return None

    def begin_delete_many(self, keys: Sequence[str]) -> Callable[[], list[DeleteFailure]] | None:
        """As :meth:`begin_read`, of :meth:`delete_many`."""
        return None

    begins_requests: bool = False
    """Whether those may give something."""

    # Writing. Backends that declare WRITE override all of these; the others refuse.

    upload_limits: UploadLimits = UploadLimits(whole_bytes=16 << 20, part_bytes=8 << 20, most_parts=10_000)

    def conditions(self) -> frozenset[Condition]:
        """The preconditions that this storage is known to enforce itself, in one step with the write; no request.

        For a precondition that is not among them the layer above looks just before it writes. The precondition is
        passed all the same; a backend that knows it to be refused or ignored does not send it.
        """
        return frozenset()

    def put(
        self,
        key: str,
        content: Content,
        *,
        facts: ObjectFacts,
        only_if: Precondition | None = None,
    ) -> Entry:
        """Store an object whole; one request. What was there stays until all of it has come, and is replaced at once.

        With FLAT_KEYS a key that ends in ``/`` is a directory marker. Bytes travel with a checksum that the storage
        verifies, where it has one. The answer tells size, etag and, as well as the storage says it, the time.

        Raises ConflictError where ``only_if`` does not hold, NotFoundError (no such bucket, no such directory),
        IsDirectoryError, NotDirectoryError, PermissionDeniedError, ReadOnlyError, NoSpaceError, InvalidPathError (a key
        that is too long), DamagedError (the checksum did not fit), CredentialsError, a TemporaryError.
        """
        raise self._read_only("write", key)

    def begin_upload(self, key: str, *, facts: ObjectFacts, only_if: Precondition | None = None) -> Upload:
        """Begin an object that comes in parts; at most one request. Raises as :meth:`put`."""
        raise self._read_only("write", key)

    def put_part(self, upload: Upload, number: int, content: PartContent, *, offset: int) -> Part:
        """Send a part, whose first byte is the object's byte ``offset``; one request. Parts may come in any order, from
        several threads, and again. ``content`` is the caller's to change as soon as this returns. Where it comes in
        pieces no more than a few of them are in memory at once, as far as the storage itself is not memory."""
        raise self._read_only("write", upload.key)

    def finish_upload(self, upload: Upload, parts: Sequence[Part], *, checksum: int | None = None) -> Entry:
        """Let the object be seen, whole and at once; one request. ``parts`` are all of them, by number, at least one.

        ``checksum`` is the CRC-32 of the whole object, for storages that can compare it. Raises as :meth:`put`; a
        conflict leaves the upload as it was.
        """
        raise self._read_only("write", upload.key)

    def abort_upload(self, upload: Upload) -> None:
        """Drop what has come of it; one request. One that is gone already is no error."""
        raise self._read_only("write", upload.key)

    def delete(self, key: str, *, only_if: Precondition | None = None) -> None:
        """Delete the object of exactly that key (with FLAT_KEYS also a marker, ``x/``); one request. ConflictError
        where it is no longer what ``only_if`` asks for.

        A storage that does not tell whether it was there raises nothing where it was not; others raise NotFoundError.
        Elsewhere a directory's key raises IsDirectoryError; links are deleted, not what they lead to.
        """
        raise self._read_only("delete", key)

    def delete_many(self, keys: Sequence[str], *, etags: Mapping[str, str] | None = None) -> list[DeleteFailure]:
        """Delete up to a thousand objects of exactly these keys; those that were not deleted, each with its error.

        One request, with DELETE_MANY, and one for each key that the protocol's batch cannot carry. What fails as a
        whole is raised, and then nothing is known about any of them. ``etags`` are the versions of some keys, which are
        to be deleted only if they are those still: ConflictError for another one, with Condition.DELETE_MANY; without
        it they say nothing.
        """
        raise self._read_only("delete", keys[0] if keys else "")

    def make_directory(self, key: str, *, mode: int = 0o777) -> Entry:
        """Make the directory ``key``, which ends in ``/``; one request. ConflictError where it is known to be there.

        With FLAT_KEYS that is writing its marker, which must not replace one. Elsewhere NotFoundError where the
        directory above is missing, and ConflictError where anything has that name.
        """
        raise self._read_only("mkdir", key)

    def remove_directory(self, key: str) -> None:
        """Remove the directory ``key``, which ends in ``/`` and is empty; one request. NotEmptyError where the storage
        sees that it is not. With FLAT_KEYS that is deleting its marker: the layer above has looked what is below."""
        raise self._read_only("rmdir", key)

    def remove_tree(
        self, key: str, *, removed: Callable[[Entry], None], failed: Callable[[Entry, StorageError], None]
    ) -> None:
        """Remove the directory ``key`` with all that is in it; only with REMOVE_TREE. Links are removed, not followed.

        ``removed`` and ``failed`` are called for each entry (names relative to ``key``), failures do not stop the rest,
        and an exception out of either callback stops it there. Raises NotFoundError and NotDirectoryError.
        """
        raise self._read_only("rmtree", key)

    def trash(self, key: str) -> str:
        """Move the file or directory ``key``, whole, to the system's trash; only with TRASH. Text for :meth:`restore`,
        empty where only the system itself can put it back. A link goes there itself. UnsupportedOperation where there
        is no trash for it, and what :meth:`rename` raises: then it is as it was."""
        raise UnsupportedOperation(
            "Nothing here goes to a trash.",
            uri=f"{self.address.scheme}://{self.address.authority}/{key}",
            operation="trash",
        )

    def restore(self, key: str, trashed: str) -> None:
        """Put back to ``key`` what :meth:`trash` has told of. Raises NotFoundError where it is not in the trash any
        more, ConflictError where something has the name again."""
        del trashed
        raise UnsupportedOperation(
            "Nothing here comes from a trash.",
            uri=f"{self.address.scheme}://{self.address.authority}/{key}",
            operation="restore",
        )

    # Copying within the storage

    copy_whole_bytes: int = 2**63 - 1
    """Up to this size :meth:`copy_from` takes an object; a larger one is copied in parts."""

    def describe(self, key: str, *, if_match: str | None = None) -> Description:
        """All that the storage says of an object (a marker too) without its bytes; one request, and one more where it
        has tags that the first does not tell. Raises NotFoundError, ConflictError where it is no longer ``if_match``,
        IsDirectoryError, and what else :meth:`read` raises."""
        with self.read(key, length=0, if_match=if_match) as reader:
            return Description(reader.entry, reader.facts or ObjectFacts(), reader.checksum)

    def tags(self, key: str) -> Mapping[str, str]:
        """The tags that an object has by now: for who has read it, and was told of ``untold_tags``; one request. Raises
        as :meth:`describe`."""
        return self.describe(key).facts.tags

    def part_sizes(self, key: str, parts: int, *, if_match: str | None = None) -> list[int] | None:
        """The sizes of the ``parts`` by which an object came, whose checksum is one of theirs; None where nobody knows.
        At most one request for each: for what cannot be verified otherwise. Raises as :meth:`describe`."""
        del key, parts, if_match
        return None

    def can_copy_from(self, source: StorageAddress) -> bool:
        """Whether this storage can copy from that one by itself. Only with SERVER_COPY; no request."""
        del source
        return False

    def copy_from(
        self,
        source: StorageAddress,
        entry: Entry,
        key: str,
        *,
        only_if: Precondition | None = None,
        copied: Callable[[int], None] | None = None,
    ) -> Entry:
        """Copy the object of ``entry``, as it was listed in ``source``, to ``key``; one request. A link stays a link.

        It keeps what the object says of itself: type, metadata, tags, storage class; on a disk mode, times, extended
        attributes. It is the version that ``entry`` has the etag of, or ConflictError. ``copied`` hears how many bytes
        are done, where that takes long; what it raises ends the copy. Appears whole and at once, as :meth:`put`, and
        raises what that and :meth:`read` raise.
        """
        raise self._read_only("copy", key)

    def copy_part(
        self, upload: Upload, number: int, source: StorageAddress, entry: Entry, *, offset: int, length: int
    ) -> Part:
        """As :meth:`put_part`, with ``length`` bytes from ``offset`` of the object of ``entry``; one request."""
        raise self._read_only("copy", upload.key)

    def rename(self, key: str, new_key: str, *, only_if: Precondition | None = None) -> None:
        """Give the file or directory another name, in one atomic step; only with RENAME. Keys of directories end in
        ``/``. A directory's new name must be free, or an empty directory; a file in the way is replaced unless
        ``only_if`` is NOTHING_THERE (ConflictError).

        Raises UnsupportedOperation where the two are on different file systems, and the errors of :meth:`put`.
        """
        raise self._read_only("rename", key)

    def objection(self, key: str, *, below: str) -> str | None:
        """Why nothing here can have the key ``key``, whose part behind the directory ``below`` comes from another
        storage: a sentence; None where it can. No request."""
        del key, below
        return None

    def confined(self, prefix: str) -> Backend:
        """This backend for writing below the directory ``prefix``: links in the way there are refused, never followed.
        Where there are no links it is the backend itself."""
        del prefix
        return self

    def free_bytes(self, prefix: str) -> int | None:
        """How much can still be written below the directory ``prefix``, which is there; no request. None where there is
        no end to it, or nobody knows."""
        del prefix
        return None

    def copy_bytes(self, source: StorageAddress, entry: Entry, *, below: str) -> int:
        """What :meth:`copy_from` of that entry takes at most of :meth:`free_bytes` of the directory ``below``; no
        request. Less than its size where holes are kept, nothing where blocks may be shared."""
        del source, below
        return entry.size_bytes or 0

    def set_directory_facts(self, key: str, facts: ObjectFacts) -> None:
        """Give the directory ``key`` that mode and time, once all is in it. Nothing where directories have none."""
        del key, facts

    def set_mode(self, key: str, mode: int) -> Entry:
        """Give the file or directory ``key`` these permission bits, of a link what it leads to; only with SET_MODE. The
        entry as it is then. Raises NotFoundError, PermissionDeniedError, ReadOnlyError."""
        raise UnsupportedOperation(
            "Nothing here has permission bits.",
            uri=f"{self.address.scheme}://{self.address.authority}/{key}",
            operation="chmod",
        )

    def set_facts(self, entry: Entry, facts: ObjectFacts) -> Entry:
        """Let the object of ``entry`` say exactly this of itself; its bytes stay; only with SET_FACTS; one request.

        It is the version that ``entry`` has the etag of, or ConflictError where COPY is among the :meth:`conditions`;
        elsewhere the layer above looks just before. The entry as it is then, which may have another etag. Up to
        :attr:`copy_whole_bytes`; UnsupportedOperation beyond. Raises as :meth:`copy_from`.
        """
        raise UnsupportedOperation(
            "What an object says of itself cannot be changed here.",
            uri=f"{self.address.scheme}://{self.address.authority}/{entry.key}",
            operation="set facts",
        )

    def sync(self, prefix: str) -> None:
        """Return when what was written below the directory ``prefix`` would outlive a crash of the machine: before that
        is on record, or what it was copied from is deleted. Where the storage answers only then, nothing is to be
        done."""
        del prefix

    def write_out(self, upload: Upload, *, offset: int, length: int) -> None:
        """Let the disk begin with these bytes of an upload that is not finished, so that :meth:`sync` has less to wait
        for. Not a promise: nothing where no disk is behind it, and what the disk refuses :meth:`sync` tells.
        NotFoundError where there is no such upload any more."""
        del upload, offset, length

    # What was interrupted

    def read_upload(self, upload: Upload, *, start: int, length: int) -> bytes:
        """Bytes of an upload that is not finished, where they are at hand: to compare them with a checksum before
        anybody sees them. UnsupportedOperation elsewhere."""
        raise UnsupportedOperation("What was sent cannot be read before it is finished.", uri=upload.key)

    def sweep(self, prefix: str, *, keep: Collection[str] = ()) -> int:
        """Remove, from the directory ``prefix`` alone, temporary files of tfm's that no living process holds, save the
        uploads whose ``id`` is in ``keep``; how many there were. Storages whose uploads are listed have none."""
        del prefix, keep
        return 0

    def list_uploads(self, prefix: str = "") -> list[Upload]:
        """Uploads that were begun and neither finished nor aborted, below ``prefix``, by whomever; ``facts`` are not
        told. ``ceil(n / 1000)`` requests. None where only who began them knows of them."""
        del prefix
        return []

    def list_parts(self, upload: Upload) -> list[Part]:
        """The parts of an upload that the storage has, by number; ``ceil(n / 1000)`` requests. NotFoundError where the
        upload is gone. UnsupportedOperation where only who sent them knows."""
        raise UnsupportedOperation("Only who sent the parts knows them.", uri=upload.key, operation="list parts")

    def price_list(self) -> str | None:
        """By which prices its requests are charged, for :func:`tfm.core.prices.prices_of`: a list's name, or the
        server's host; None where they cost nothing, or nobody knows yet whom they go to. No request."""
        return None

    def diagnose(self, key: str | None, *, may_write: bool) -> Iterator[Finding]:
        """What ``tfm doctor`` shows of this storage, one finding after the other as it is found: credentials, place,
        rights at ``key`` (an object, a directory, or a prefix of one), clock, versions; with ``may_write`` also which
        conditions the storage enforces, tried below ``key`` on objects of its own that are gone afterwards, and
        remembered. With None nobody is asked: what is configured on this machine. Raises nothing that a storage
        answers: that is a finding. Close it to end early: what was written is deleted then, too."""
        del key, may_write
        return iter(())

    def _read_only(self, operation: str, key: str) -> UnsupportedOperation:
        return UnsupportedOperation(
            f"{self.address.scheme}:// is for reading only here.",
            uri=f"{self.address.scheme}://{self.address.authority}/{key}",
            operation=operation,
        )

    def presign(self, key: str, *, expires_seconds: int) -> str:
        """A URL by which anyone reads this object for that long; no request. UnsupportedOperation without PRESIGN."""
        raise UnsupportedOperation(
            f"{self.address.scheme} cannot sign links ({key!r}, {expires_seconds} s).", operation="presign"
        )


class BackendContext(NamedTuple):
    """What a factory is given. ``record_request`` is called once for each request put on the wire, with its name;
    operations that cost the same have the provider's own name (``ListObjectsV2``)."""

    settings: Settings
    record_request: Callable[[str], None]


class BackendFactory(Protocol):
    """What an entry point names: a class, made once a session, that keeps what its backends share (clients)."""

    def __init__(self, context: BackendContext) -> None: ...

    def open(self, address: StorageAddress) -> Backend:
        """A backend for that address. No I/O; raises InvalidPathError for an authority that cannot exist, and
        MissingDependencyError where the extra is not installed."""
        ...


class Root(NamedTuple):
    """A place from which everything of a storage is reached, as its configuration names it; ``note`` says more."""

    title: str
    address: StorageAddress
    note: str = ""


@runtime_checkable
class NamesRoots(Protocol):
    """What a factory may do besides: name the roots that a user can go to."""

    def roots(self) -> Sequence[Root]:
        """From configuration alone; no request. Raises CredentialsError and the like where that cannot be read, and
        MissingDependencyError."""
        ...


@runtime_checkable
class HasConnection(Protocol):
    """What a factory may have besides: settings that say how it connects, which a user may change while tfm runs."""

    connection_settings: Sequence[tuple[str, str]]
    """Their names in :class:`tfm.core.settings.Settings`, each with the word that a user reads."""
