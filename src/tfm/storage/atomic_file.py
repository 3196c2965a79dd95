"""A file of the local disk that appears whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import threading
from collections.abc import Callable
from typing import Final, NoReturn

__all__ = ["AtomicFile", "is_temporary"]

_TEMPORARY_NAME: Final = re.compile(r"\.tfm-[0-9a-f]{16}\.part")

_FILE_FLAGS: Final = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""O_NONBLOCK: where something else took the temporary's name, opening it must not hold up the thread."""

_DIRECTORY_FLAGS: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
"""O_PATH: a directory that may be written to but not read still takes files."""

_NO_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EINVAL})
"""How file systems say that they have no hard links: FAT, some of FUSE's, some over the network."""

_NO_EXCLUSIVE_RENAME: Final = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP})
_RENAME_NOREPLACE: Final = 1
"""https://man7.org/linux/man-pages/man2/rename.2.html"""

_KEPT_ATTRIBUTES: Final = ("user.", "system.posix_acl_access", "security.selinux")
"""Extended attributes that are about the name's users. Others (capabilities, signatures) are about the old content."""

_umask_lock: Final = threading.Lock()


def is_temporary(name: str) -> bool:
    """Whether a file of that name (without directory) is one that an AtomicFile wrote, or is writing."""
    return _TEMPORARY_NAME.fullmatch(name) is not None


class AtomicFile:
    """A file of the local disk that appears whole or not at all: written under a temporary name in the same directory.

    ``open()``, then write to the descriptor that it gives, then ``commit()``, or ``abort()`` in whatever case it is not
    to appear. Where ``path`` is a symbolic link, the file it leads to is replaced and the link stays. The file that is
    replaced hands on its permissions, its owner and group as far as the system allows, and its extended attributes; a
    new one has ``mode``, or what the umask leaves of 0666. A file that could not be written to is not replaced either,
    though its directory would allow that. ``only_if_free``: the name must be free when the file appears.

    All methods raise plain OSErrors. It is for one thread at a time.
    """

    temporary: str
    """Path of the temporary file, once open; relative where ``path`` is."""

    def __init__(self, path: str, *, only_if_free: bool = False, mode: int | None = None) -> None:
        self.temporary = ""
        self._path = path
        self._only_if_free = only_if_free
        self._mode = mode
        self._name = ""
        self._temporary_name = ""
        self._directory: int | None = None
        self._descriptor: int | None = None

    def open(self) -> int:
        """Make the temporary, empty, readable to its owner only; its descriptor, which stays the AtomicFile's own.

        Raises IsADirectoryError, FileExistsError where the name must be free and is not, OSError(EINVAL) for a pipe, a
        socket or a device (write to those directly), PermissionError, and what else the system says.
        """
        return self._begin(f".tfm-{os.urandom(8).hex()}.part", os.O_CREAT | os.O_EXCL)

    def resume(self, temporary: str) -> int:
        """As :meth:`open`, with a temporary that another AtomicFile for this path left; what is in it stays."""
        name = os.path.basename(temporary)
        if not is_temporary(name):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), temporary)
        descriptor = self._begin(name, 0)
        try:
            if not _is_same_file(descriptor, temporary):  # another directory: a link has changed since
                raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), temporary)
        except BaseException:
            self.leave()
            raise
        return descriptor

    def commit(self) -> os.stat_result:
        """Let it appear under its name, at once, and close it. The answer are its facts.

        Raises FileExistsError where the name must be free and is not. After any error the temporary is still there: to
        be aborted, or left.
        """
        if self._descriptor is None or self._directory is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF), self._path)
        replaced = self._find_replaced(self._directory)
        self._take_over(self._descriptor, replaced)
        facts = os.fstat(self._descriptor)
        self._close_descriptor()  # before it appears: file systems over the network tell of a full disk only here
        if self._only_if_free:
            self._publish_exclusively(self._directory)
        else:
            self._rename(self._directory)
        self._close_directory()
        return facts

    def abort(self) -> None:
        """Close and remove the temporary. Does nothing after ``commit``, and may be called again."""
        directory = self._directory
        if directory is None:
            return
        try:
            self._close_unasked()
            self._remove_temporary(directory)
        finally:
            self._close_directory()

    def leave(self) -> None:
        """Close it and let the temporary stay, for :meth:`resume`."""
        self._close_unasked()
        self._close_directory()

    def _begin(self, temporary_name: str, flags: int) -> int:
        path = self._resolved_path()
        parent, self._name = os.path.split(path)
        if not self._name:
            _fail(errno.EISDIR if path else errno.ENOENT, self._path)
        self._directory = os.open(parent or os.curdir, _DIRECTORY_FLAGS)
        try:
            if self._find_replaced(self._directory) is not None:
                self._require_writable(path, self._directory)
            self._temporary_name = temporary_name
            self.temporary = os.path.join(parent, temporary_name)
            self._descriptor = os.open(temporary_name, _FILE_FLAGS | flags, 0o600, dir_fd=self._directory)
        except BaseException:
            self._close_directory()
            raise
        return self._descriptor

    def _resolved_path(self) -> str:
        """The path at which the file is to appear: what a symbolic link leads to, unless the name must be free."""
        if self._only_if_free or not os.path.islink(self._path):
            return self._path
        path = os.path.realpath(self._path)
        if os.path.islink(path):  # where links lead in a circle, realpath gives back one of them
            _fail(errno.ELOOP, self._path)
        return path

    def _find_replaced(self, directory: int) -> os.stat_result | None:
        """What is to be replaced, None where the name is free. Raises as :meth:`open` for what is no file."""
        try:
            facts = os.stat(self._name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if self._only_if_free:
            _fail(errno.EEXIST, self._path)
        if stat.S_ISDIR(facts.st_mode):
            _fail(errno.EISDIR, self._path)
        if not stat.S_ISREG(facts.st_mode):
            _fail(errno.EINVAL, self._path)
        return facts

    def _require_writable(self, path: str, directory: int) -> None:
        """Raises the error of opening the file for writing, where that would fail."""
        effective = os.access in os.supports_effective_ids
        if not os.access(self._name, os.W_OK, dir_fd=directory, effective_ids=effective):
            os.close(os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK))

    def _take_over(self, descriptor: int, replaced: os.stat_result | None) -> None:
        """Give the temporary the permissions that it is to have. Owner first: a change of that clears bits.

        Never set-user-id and set-group-id: writing into a file clears them too.
        """
        if replaced is None:
            mode = 0o666 & ~_umask() if self._mode is None else self._mode
        else:
            _copy_attributes(os.path.join(os.path.dirname(self.temporary), self._name), descriptor)
            mode = _hand_on_owner(descriptor, replaced) if self._mode is None else self._mode
        os.fchmod(descriptor, mode & 0o777)

    def _rename(self, directory: int) -> None:
        os.rename(self._temporary_name, self._name, src_dir_fd=directory, dst_dir_fd=directory)

    def _publish_exclusively(self, directory: int) -> None:
        try:
            os.link(self._temporary_name, self._name, src_dir_fd=directory, dst_dir_fd=directory, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            self._rename_exclusively(directory)
        else:
            self._remove_temporary(directory)

    def _rename_exclusively(self, directory: int) -> None:
        number = _rename_without_replacing(directory, self._temporary_name, self._name)
        if number in _NO_EXCLUSIVE_RENAME:
            self._reserve_and_rename(directory)
        elif number:
            _fail(number, self._path)

    def _reserve_and_rename(self, directory: int) -> None:
        """The last resort, where others see an empty file for a moment."""
        os.close(os.open(self._name, _FILE_FLAGS | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=directory))
        try:
            self._rename(directory)
        except BaseException:
            os.unlink(self._name, dir_fd=directory)
            raise

    def _remove_temporary(self, directory: int) -> None:
        try:
            os.unlink(self._temporary_name, dir_fd=directory)
        except FileNotFoundError:
            pass

    def _close_descriptor(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _close_unasked(self) -> None:
        """Close what nobody will read: that its last bytes did not reach the disk is no news then."""
        try:
            self._close_descriptor()
        except OSError:
            pass

    def _close_directory(self) -> None:
        directory, self._directory = self._directory, None
        if directory is not None:
            os.close(directory)


def _fail(number: int, path: str) -> NoReturn:
    raise OSError(number, os.strerror(number), path)  # which makes it FileExistsError and so on


def _is_same_file(descriptor: int, path: str) -> bool:
    return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))


def _hand_on_owner(descriptor: int, replaced: os.stat_result) -> int:
    """Owner and group of the replaced file, as far as allowed; the permission bits that then say the same.

    Where the group could not be kept, its permissions are not for the group that stands there now.
    """
    own = os.fstat(descriptor)
    group_is_kept = own.st_gid == replaced.st_gid or _is_allowed(lambda: os.fchown(descriptor, -1, replaced.st_gid))
    if own.st_uid != replaced.st_uid:
        _is_allowed(lambda: os.fchown(descriptor, replaced.st_uid, -1))
    mode = stat.S_IMODE(replaced.st_mode)
    return mode if group_is_kept else mode & (~0o070 | mode << 3)


def _is_allowed(change: Callable[[], None]) -> bool:
    try:
        change()
    except OSError:  # not ours to give away, or a file system without owners
        return False
    return True


def _copy_attributes(path: str, descriptor: int) -> None:
    if sys.platform != "linux":
        return
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:  # a file system without them
        return
    for name in names:
        if name.startswith(_KEPT_ATTRIBUTES):
            try:
                os.setxattr(descriptor, name, os.getxattr(path, name, follow_symlinks=False))
            except OSError:  # not allowed, or no room: the content matters more
                pass


def _umask() -> int:
    """The process's umask. POSIX has no call that only reads it, and a moment with another one is seen by all threads:
    hence Linux's way first."""
    try:
        with open("/proc/self/status", "rb") as status:
            found = re.search(rb"^Umask:\s*([0-7]+)", status.read(), re.MULTILINE)
    except OSError:
        found = None
    if found is not None:
        return int(found[1], 8)
    with _umask_lock:
        current = os.umask(0o077)
        os.umask(current)
    return current


def _rename_without_replacing(directory: int, old_name: str, new_name: str) -> int:
    """renameat2 with RENAME_NOREPLACE, for which Python has no function; 0, or the number of its error."""
    import ctypes  # here: 4 ms, and needed on few file systems

    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return errno.ENOSYS
    names = os.fsencode(old_name), os.fsencode(new_name)
    if library.renameat2(directory, names[0], directory, names[1], _RENAME_NOREPLACE) == 0:
        return 0
    return ctypes.get_errno()
