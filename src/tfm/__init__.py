"""S3, and whatever else has a backend, as if it were a local disk.

>>> from tfm import Path
>>> [path.name for path in Path("s3://bucket/runs/").iterdir()]  # doctest: +SKIP
"""

from tfm.cache.policy import cache_policy
from tfm.core.capability import Capability
from tfm.core.errors import (
    ConflictError,
    CredentialsError,
    DamagedError,
    InvalidPathError,
    InvalidRequestError,
    IsDirectoryError,
    MissingDependencyError,
    NetworkError,
    NoSpaceError,
    NotDirectoryError,
    NotEmptyError,
    NotFoundError,
    ObjectArchivedError,
    OperationFailed,
    PermissionDeniedError,
    ReadOnlyError,
    RequestTimeoutError,
    SettingsError,
    StorageError,
    TemporaryError,
    ThrottledError,
    UnsupportedOperation,
)
from tfm.core.version import __version__
from tfm.path.counting import count_requests
from tfm.path.local import LocalPath
from tfm.path.path import Path

__all__ = [
    "Capability",
    "ConflictError",
    "CredentialsError",
    "DamagedError",
    "InvalidPathError",
    "InvalidRequestError",
    "IsDirectoryError",
    "LocalPath",
    "MissingDependencyError",
    "NetworkError",
    "NoSpaceError",
    "NotDirectoryError",
    "NotEmptyError",
    "NotFoundError",
    "ObjectArchivedError",
    "OperationFailed",
    "Path",
    "PermissionDeniedError",
    "ReadOnlyError",
    "RequestTimeoutError",
    "SettingsError",
    "StorageError",
    "TemporaryError",
    "ThrottledError",
    "UnsupportedOperation",
    "__version__",
    "cache_policy",
    "count_requests",
]
