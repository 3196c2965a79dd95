"""Another name on the same disk, in one step."""

from __future__ import annotations

import errno
import os
import stat
from unicodedata import normalize

from tfm.backends.local.places import Place, Places
from tfm.backends.local.system import translating
from tfm.backends.local.writing import must_be_free
from tfm.core.errors import ConflictError, InvalidRequestError, NotDirectoryError, NotEmptyError, UnsupportedOperation
from tfm.core.writing import Precondition
from tfm.storage.exclusive_rename import rename_exclusively

__all__ = ["rename"]


def rename(sources: Places, targets: Places, key: str, new_key: str, only_if: Precondition | None) -> None:
    """``sources`` and ``targets`` say where the two keys are. A link is renamed itself."""
    only_if_free = must_be_free(new_key, only_if, "rename")
    with sources.at(key, "rename") as old, targets.at(new_key, "rename") as new:
        with translating(key, "rename"):
            facts = _facts(old)
        if key.endswith("/") and not (stat.S_ISDIR(facts.st_mode) or stat.S_ISLNK(facts.st_mode)):
            raise NotDirectoryError("This is a file.", next_step="Leave out the slash.", uri=key, operation="rename")
        with translating(new_key, "rename"):
            if _is_same(facts, new):
                _rename_to_another_spelling(old, new, key, new_key)
                return
            try:
                _rename(old, new, only_if_free=only_if_free)
            except OSError as error:
                _explain(error, facts, key, new_key, only_if_free=only_if_free)
                raise


def _rename(old: Place, new: Place, *, only_if_free: bool) -> None:
    if only_if_free:
        rename_exclusively(old.name, new.name, old_directory=old.directory, new_directory=new.directory)
    else:
        os.rename(old.name, new.name, src_dir_fd=old.directory, dst_dir_fd=new.directory)


def _facts(place: Place) -> os.stat_result:
    return os.stat(place.name, dir_fd=place.directory, follow_symlinks=False)


def _is_same(facts: os.stat_result, new: Place) -> bool:
    try:
        return os.path.samestat(facts, _facts(new))
    except OSError:
        return False


def _rename_to_another_spelling(old: Place, new: Place, key: str, new_key: str) -> None:
    """``x`` to ``X`` where the disk takes both for one name. Of two names of one file, the system would keep both and
    say that all is done."""
    if key.rstrip("/") == new_key.rstrip("/") or _folded(key) != _folded(new_key):
        raise ConflictError(
            "Both are names of one file already.",
            next_step="Choose another name, or delete one of them.",
            uri=new_key,
            operation="rename",
        )
    os.rename(old.name, new.name, src_dir_fd=old.directory, dst_dir_fd=new.directory)


def _folded(key: str) -> str:
    return normalize("NFC", key.rstrip("/")).casefold()


def _explain(error: OSError, facts: os.stat_result, key: str, new_key: str, *, only_if_free: bool) -> None:
    """Raises what the system's number means here, where that is more than the number says."""
    if error.errno == errno.EXDEV:
        raise UnsupportedOperation(
            f"{key!r} is on another disk, where no rename reaches.",
            next_step="Copy it, then delete it: move does both.",
            uri=new_key,
            operation="rename",
        ) from error
    if error.errno == errno.EINVAL and stat.S_ISDIR(facts.st_mode):
        raise InvalidRequestError(
            f"A directory cannot be moved into itself, and this is below {key!r}.",
            next_step="Choose a destination outside of it.",
            uri=new_key,
            operation="rename",
        ) from error
    if error.errno == errno.EEXIST and not only_if_free:  # POSIX allows this or ENOTEMPTY
        raise NotEmptyError(
            "The directory in the way holds something.",
            next_step="Merge the two by a move.",
            uri=new_key,
            operation="rename",
        ) from error
