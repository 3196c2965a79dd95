"""S3, and whatever else has a backend, as if it were a local disk.

>>> from tfm import Path
>>> [path.name for path in Path("s3://bucket/runs/").iterdir()]  # doctest: +SKIP
"""

from tfm.core.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
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
    from tfm.path.counting import count_requests
    from tfm.path.local import LocalPath
    from tfm.path.path import Path
else:
    # Loaded when first used: all of it takes seven times as long as Python itself, and the program has drawn its first
    # screen before it needs any of it.
    _MODULES = {
        "tfm.cache.policy": ("cache_policy",),
        "tfm.core.capability": ("Capability",),
        "tfm.path.counting": ("count_requests",),
        "tfm.path.local": ("LocalPath",),
        "tfm.path.path": ("Path",),
    }

    def __getattr__(name):
        from importlib import import_module

        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = next((module for module, names in _MODULES.items() if name in names), "tfm.core.errors")
        value = globals()[name] = getattr(import_module(module), name)
        return value

    def __dir__():
        return sorted({*globals(), *__all__})


del TYPE_CHECKING

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
