"""Every error that tfm raises on purpose.

::

    StorageError
    ├── NotFoundError            (FileNotFoundError)    the key, the bucket or the path is not there
    ├── PermissionDeniedError    (PermissionError)      the storage knows who asks, and refuses
    │   └── ReadOnlyError                               nothing can be written there at all
    ├── CredentialsError         (RuntimeError)         none found, or the storage does not accept them
    ├── ConflictError            (FileExistsError)      something else is there, or it changed in between
    ├── IsDirectoryError         (IsADirectoryError)
    ├── NotEmptyError            (OSError)              a directory that was to be empty is not
    ├── NotDirectoryError        (NotADirectoryError)
    ├── ObjectArchivedError      (OSError)              the bytes must be restored first
    ├── InvalidRequestError      (OSError)              the storage refuses the question itself
    ├── NoSpaceError             (OSError)              the disk, or what is allowed of it, is full
    ├── DamagedError             (OSError)              bytes that arrived are not those that were sent
    ├── OperationFailed          (OSError)              work on many entries: .failures says which were not done
    ├── InvalidPathError         (ValueError)           text that names nothing: a malformed URI, a bad bucket name
    ├── MissingDependencyError   (ImportError)          an extra is not installed
    ├── UnsupportedOperation     (NotImplementedError, OSError)
    └── TemporaryError           (OSError)              worth another try; the retry layer makes it
        ├── ThrottledError
        ├── NetworkError         (ConnectionError)
        └── RequestTimeoutError  (TimeoutError)
    SettingsError                (ValueError)           a wrong setting: names file, setting and what would be right

Each inherits the builtin that a pathlib user would catch. A message says what happened and what to do next, and is one
line; no message carries a secret.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import Any, ClassVar

__all__ = [
    "ConflictError",
    "CredentialsError",
    "DamagedError",
    "InvalidPathError",
    "InvalidRequestError",
    "IsDirectoryError",
    "MissingDependencyError",
    "NetworkError",
    "NoSpaceError",
    "NotDirectoryError",
    "NotEmptyError",
    "NotFoundError",
    "ObjectArchivedError",
    "OperationFailed",
    "PermissionDeniedError",
    "ReadOnlyError",
    "RequestTimeoutError",
    "SettingsError",
    "StorageError",
    "TemporaryError",
    "ThrottledError",
    "UnsupportedOperation",
]


class StorageError(Exception):
    """The root of what a storage can answer.

    ``cause`` is what happened, ``next_step`` what the reader can do about it (may be empty), ``uri`` what was asked
    about, ``operation`` the name of what was tried. ``temporary`` says that the same request may succeed when it is
    sent again; only the retry layer acts on it. ``error_number`` is the operating system's, where there is one; it is
    ``errno`` on those that are OSErrors, in place of the class's own ``code``.
    """

    code: ClassVar[int | None] = None
    temporary: ClassVar[bool] = False

    # Declared here because OSError's own attributes are filled by hand: OSError's constructor reads its arguments
    # positionally, and what arrives there depends on which builtin a subclass inherits.
    cause: str
    next_step: str
    uri: str | None
    operation: str | None
    retry_after_seconds: float | None

    def __init__(
        self,
        cause: str,
        *,
        next_step: str = "",
        uri: str | None = None,
        operation: str | None = None,
        retry_after_seconds: float | None = None,
        error_number: int | None = None,
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        self.next_step = next_step
        self.uri = uri
        self.operation = operation
        self.retry_after_seconds = retry_after_seconds
        self._error_number = error_number
        own: BaseException = self  # the wider type: mypy takes "a StorageError that is an OSError" for impossible
        if isinstance(own, OSError):
            own.errno = self.code if error_number is None else error_number
            own.strerror = cause
            own.filename = uri

    def __str__(self) -> str:
        where = f"{self.uri}: " if self.uri and self.uri not in self.cause else ""
        step = f" {self.next_step}" if self.next_step else ""
        return _in_one_line(f"{where}{self.cause}{step}")

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self._state()))

    def _state(self) -> dict[str, object]:
        """The arguments that make it again."""
        return {
            "cause": self.cause,
            "next_step": self.next_step,
            "uri": self.uri,
            "operation": self.operation,
            "retry_after_seconds": self.retry_after_seconds,
            "error_number": self._error_number,
        }


def _rebuild(kind: type[StorageError], state: dict[str, Any]) -> StorageError:  # __reduce__ is its only writer
    return kind(**state)


def _in_one_line(text: str) -> str:
    """``text`` with what is not printable spelled out: a key may hold a newline or an escape sequence."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


class NotFoundError(StorageError, FileNotFoundError):
    """Nothing is there: no object, no directory, or no bucket of that name."""

    code = errno.ENOENT


class PermissionDeniedError(StorageError, PermissionError):
    """The storage knows who asks, and refuses."""

    code = errno.EACCES


class CredentialsError(StorageError, RuntimeError):
    """No credentials were found, or the storage does not accept those that were. Names what was looked for."""


class ConflictError(StorageError, FileExistsError):
    """Something else is there already, or what was read changed in between."""

    code = errno.EEXIST


class IsDirectoryError(StorageError, IsADirectoryError):
    """A file was asked for, and a directory is there."""

    code = errno.EISDIR


class NotDirectoryError(StorageError, NotADirectoryError):
    """A directory was asked for, and a file is there."""

    code = errno.ENOTDIR


class NotEmptyError(StorageError, OSError):
    """A directory that was to be removed, or replaced, holds something."""

    code = errno.ENOTEMPTY


class ObjectArchivedError(StorageError, OSError):
    """The object is in an archive storage class and must be restored before it can be read."""

    code = errno.EAGAIN


class InvalidRequestError(StorageError, OSError):
    """The storage refuses the question itself; asking again will not help."""

    code = errno.EINVAL


class NoSpaceError(StorageError, OSError):
    """The disk is full, or the part of it that the user may fill."""

    code = errno.ENOSPC


class ReadOnlyError(PermissionDeniedError):
    """The whole storage is for reading only: a read-only mount, a backend that cannot write."""

    code = errno.EROFS


class DamagedError(StorageError, OSError):
    """The bytes that arrived are not those that were sent: their checksum says so. Nothing was kept of them."""

    code = errno.EBADMSG


class OperationFailed(StorageError, OSError):  # noqa: N818 - as shutil.Error: its ``failures`` are the errors
    """Work on many entries was done, but not on all of them: ``failures`` has the error of each that was left."""

    code = errno.EIO

    def __init__(self, cause: str, *, failures: Sequence[StorageError] = (), **about: Any) -> None:  # StorageError's
        super().__init__(cause, **about)
        self.failures = tuple(failures)

    def _state(self) -> dict[str, object]:
        return {**super()._state(), "failures": self.failures}


class InvalidPathError(StorageError, ValueError):
    """Text that can name nothing here: a malformed URI, an unknown scheme, an impossible bucket name."""


class MissingDependencyError(StorageError, ImportError):
    """A library that this storage needs is not installed; the message names the extra that brings it."""


class UnsupportedOperation(StorageError, NotImplementedError, OSError):  # noqa: N818 - pathlib's own name
    """This storage cannot do that at all. :attr:`tfm.Path.capabilities` says what it can."""

    code = errno.EOPNOTSUPP


class TemporaryError(StorageError, OSError):
    """A failure that may pass: the server is overloaded, or the network broke."""

    code = errno.EIO
    temporary = True


class ThrottledError(TemporaryError):
    """The storage asks to be asked less often (503 SlowDown, 429)."""

    code = errno.EBUSY


class NetworkError(TemporaryError, ConnectionError):
    """The server could not be reached, or the connection broke."""

    code = errno.ECONNABORTED


class RequestTimeoutError(TemporaryError, TimeoutError):
    """No answer came in time."""

    code = errno.ETIMEDOUT


class SettingsError(ValueError):
    """A wrong setting. The message is one line: the file, the setting, and what would be right."""
