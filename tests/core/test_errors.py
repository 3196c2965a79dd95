"""Every error is the builtin a pathlib user catches, one clear line, and survives a process boundary."""

from __future__ import annotations

import copy
import errno
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tfm.core import errors
from tfm.core.errors import StorageError

# A busy machine is no failure, nor is the first use, in which hypothesis builds its tables of characters.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

BUILTINS: dict[type[StorageError], tuple[type[BaseException], ...]] = {
    errors.NotFoundError: (FileNotFoundError,),
    errors.PermissionDeniedError: (PermissionError,),
    errors.CredentialsError: (RuntimeError,),
    errors.ConflictError: (FileExistsError,),
    errors.IsDirectoryError: (IsADirectoryError,),
    errors.NotDirectoryError: (NotADirectoryError,),
    errors.NotEmptyError: (OSError,),
    errors.NoSpaceError: (OSError,),
    errors.ReadOnlyError: (PermissionError,),
    errors.DamagedError: (OSError,),
    errors.OperationFailed: (OSError,),
    errors.ObjectArchivedError: (OSError,),
    errors.InvalidRequestError: (OSError,),
    errors.InvalidPathError: (ValueError,),
    errors.MissingDependencyError: (ImportError,),
    errors.UnsupportedOperation: (NotImplementedError, OSError),
    errors.TemporaryError: (OSError,),
    errors.ThrottledError: (OSError,),
    errors.NetworkError: (ConnectionError, OSError),
    errors.RequestTimeoutError: (TimeoutError, OSError),
}
TEMPORARY = {errors.TemporaryError, errors.ThrottledError, errors.NetworkError, errors.RequestTimeoutError}
EVERY = pytest.mark.parametrize("kind", BUILTINS, ids=lambda kind: kind.__name__)


def made(kind: type[StorageError]) -> StorageError:
    return kind("It failed.", next_step="Try this.", uri="s3://bucket/key", operation="read", retry_after_seconds=2.5)


def test_the_table_above_has_every_error() -> None:
    public = {getattr(errors, name) for name in errors.__all__} - {StorageError, errors.SettingsError}
    assert public == BUILTINS.keys()
    assert issubclass(errors.SettingsError, ValueError)


@EVERY
def test_it_is_the_builtin_that_a_pathlib_user_catches(kind: type[StorageError]) -> None:
    assert issubclass(kind, StorageError)
    for builtin in BUILTINS[kind]:
        with pytest.raises(builtin):
            raise made(kind)


@EVERY
def test_it_says_where_what_and_what_next(kind: type[StorageError]) -> None:
    error = made(kind)
    assert str(error) == "s3://bucket/key: It failed. Try this."
    assert str(kind("It failed.")) == "It failed."
    assert str(kind("s3://b/k failed.", uri="s3://b/k")) == "s3://b/k failed."
    assert kind.temporary == (kind in TEMPORARY)


@EVERY
def test_it_has_the_attributes_of_an_oserror(kind: type[StorageError]) -> None:
    error: BaseException = made(kind)
    if isinstance(error, OSError):
        assert error.errno == kind.code
        assert error.errno is not None
        assert (error.strerror, error.filename) == ("It failed.", "s3://bucket/key")


@EVERY
@pytest.mark.parametrize("again", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_it_survives_pickling_and_copying(kind: type[StorageError], again: object) -> None:
    assert callable(again)
    error = made(kind)
    other = again(error)
    assert type(other) is kind
    assert str(other) == str(error)
    for name in ("cause", "next_step", "uri", "operation", "retry_after_seconds", "errno", "strerror", "filename"):
        assert getattr(other, name, None) == getattr(error, name, None)


def test_the_operating_systems_own_number_is_kept() -> None:
    error = errors.InvalidRequestError("It failed.", error_number=errno.EIO)
    assert error.errno == errno.EIO
    assert pickle.loads(pickle.dumps(error)).errno == errno.EIO


@UNHURRIED
@given(some.text(), some.text())
def test_a_message_is_one_printable_line_whatever_a_key_holds(cause: str, uri: str) -> None:
    assert str(errors.NotFoundError(cause, uri=uri)).isprintable()


def test_what_a_terminal_would_obey_is_spelled_out() -> None:
    error = errors.NotFoundError("It failed.", uri="a\nb\x1b[31m\u202e\udcff é")
    assert str(error) == "a\\nb\\x1b[31m\\u202e\\udcff é: It failed."
