"""A file of the local disk that appears whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
from typing import Final, NoReturn

from tfm.storage.exclusive_rename import rename_exclusively
from tfm.storage.file_rights import hand_on_attributes, hand_on_owner, umask

__all__ = ["AtomicFile", "is_temporary", "temporary_name", "try_lock"]

_TEMPORARY_NAME: Final = re.compile(r"\.tfm-[0-9a-f]{16}\.part")

_FILE_FLAGS: Final = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""O_NONBLOCK: where something else took the temporary's name, opening it must not hold up the thread."""

_DIRECTORY_FLAGS: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
"""O_PATH: a directory that may be written to but not read still takes files."""

_MOST_TRIES: Final = 8
"""Temporaries made until one is ours alone. A sweep would have to meet each within microseconds."""


def is_temporary(name: str) -> bool:
    """Whether a file of that name (without directory) is one that an AtomicFile wrote, or is writing."""
    return _TEMPORARY_NAME.fullmatch(name) is not None


def temporary_name() -> str:
    """A new name of which :func:`is_temporary` is true."""
    return f".tfm-{os.urandom(8).hex()}.part"


def try_lock(descriptor: int) -> bool | None:
    """Take the lock that says "a living process holds this temporary", until the descriptor is closed.

    False where another has it. None where the file system has no locks: then nobody can tell.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


class AtomicFile:
    """A file of the local disk that appears whole or not at all: written under a temporary name in the same directory.

    ``open()``, then write to the descriptor that it gives, then ``commit()``, or ``abort()`` in whatever case it is not
    to appear. Where ``path`` is a symbolic link, the file it leads to is replaced and the link stays. The file that is
    replaced hands on its permissions, its owner and group as far as the system allows, and its extended attributes; a
    new one has ``mode``, or what the umask leaves of 0666. Without ``hands_on``, what the writer gave the descriptor
    stays as it is. A file that could not be written to is not replaced either, though its directory would allow that.
    ``only_if_free``: the name must be free when the file appears.

    With ``directory``, a descriptor that stays the caller's and open until the end, ``path`` is one name in it, and a
    link of that name is refused (ELOOP).

    All methods raise plain OSErrors. It is for one thread at a time. While it is open it holds the temporary's lock,
    by which :func:`try_lock` of whoever sweeps sees that the temporary is in use.
    """

    temporary: str
    """Path of the temporary file, once open; relative where ``path`` is, and to ``directory``."""

    replaced: os.stat_result | None
    """Facts of the file that is to be replaced, as it was when this was opened; None where the name was free."""

    followed: bool
    """Whether ``path`` is a link, and the file that it leads to is written."""

    def __init__(
        self,
        path: str,
        *,
        only_if_free: bool = False,
        mode: int | None = None,
        directory: int | None = None,
        hands_on: bool = True,
    ) -> None:
        self.temporary = ""
        self.replaced = None
        self.followed = False
        self._path = path
        self._only_if_free = only_if_free
        self._mode = mode
        self._given_directory = directory
        self._hands_on = hands_on
        self._name = ""
        self._parent = ""
        self._temporary_name = ""
        self._new_mode: int | None = None
        self._directory: int | None = None
        self._descriptor: int | None = None

    def open(self) -> int:
        """Make the temporary, empty, readable to its owner only; its descriptor, which stays the AtomicFile's own.

        Raises IsADirectoryError, FileExistsError where the name must be free and is not, OSError(EINVAL) for a pipe, a
        socket or a device (write to those directly), PermissionError, and what else the system says.
        """
        directory = self._enter()
        try:
            self._descriptor = self._create(directory)
        except BaseException:
            self._close_directory()
            raise
        return self._descriptor

    def resume(self, temporary: str) -> int:
        """As :meth:`open`, with a temporary that another AtomicFile for this path left; what is in it stays."""
        name = os.path.basename(temporary)
        if not is_temporary(name):
            _fail(errno.EINVAL, temporary)
        directory = self._enter()
        try:
            descriptor = self._descriptor = os.open(name, _FILE_FLAGS, dir_fd=directory)
            # Another directory, where a link has changed since.
            if self._given_directory is None and not _is_same_file(descriptor, temporary):
                _fail(errno.ESTALE, temporary)
            self._set_temporary(name)
            try_lock(descriptor)  # whoever has it is a sweep that was told to keep this, or holds it for us
        except BaseException:
            self.leave()
            raise
        return descriptor

    def commit(self) -> os.stat_result:
        """Let it appear under its name, at once, and close it. The answer are its facts.

        Raises FileExistsError where the name must be free and is not. After any error the temporary is still there: to
        be aborted, or left.
        """
        descriptor, directory = self._descriptor, self._directory
        if descriptor is None or directory is None:
            _fail(errno.EBADF, self._path)
        if self._hands_on:
            self._take_over(descriptor, None if self._only_if_free else self._find_replaced(directory))
        facts = os.fstat(descriptor)
        _flush(descriptor)
        if self._only_if_free:
            rename_exclusively(self._temporary_name, self._name, old_directory=directory, new_directory=directory)
        else:
            os.rename(self._temporary_name, self._name, src_dir_fd=directory, dst_dir_fd=directory)
        self.leave()
        return facts

    def abort(self) -> None:
        """Close and remove the temporary. Does nothing after ``commit``, and may be called again."""
        directory = self._directory
        if directory is None:
            return
        try:
            os.unlink(self._temporary_name, dir_fd=directory)
        except FileNotFoundError:
            pass
        finally:
            self.leave()

    def leave(self) -> None:
        """Close it and let the temporary stay, for :meth:`resume`."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            _close_unasked(descriptor)
        self._close_directory()

    def detach(self) -> int:
        """As :meth:`leave`, but the descriptor, and with it the lock, is now the caller's to close."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            _fail(errno.EBADF, self._path)
        self._close_directory()
        return descriptor

    def _enter(self) -> int:
        """Open the directory, and find what is to be replaced; the directory."""
        directory = self._open_directory(self._path)
        try:
            facts = self._look(directory)
            if facts is not None and stat.S_ISLNK(facts.st_mode) and not self._only_if_free:
                directory, facts = self._follow()
            self.replaced = self._replaceable(facts)
            if self.replaced is not None:
                self._require_writable(directory)
        except BaseException:
            self._close_directory()
            raise
        return directory

    def _open_directory(self, path: str) -> int:
        self._parent, self._name = os.path.split(path)
        if not self._name:
            _fail(errno.EISDIR if path else errno.ENOENT, self._path)
        if self._given_directory is None:
            self._directory = os.open(self._parent or os.curdir, _DIRECTORY_FLAGS)
        elif self._parent:
            _fail(errno.EINVAL, self._path)
        else:
            self._directory = self._given_directory
        return self._directory

    def _follow(self) -> tuple[int, os.stat_result | None]:
        """Go to where the link leads: that directory, and what is there under the link's last name."""
        if self._given_directory is not None:
            _fail(errno.ELOOP, self._path)
        self._close_directory()
        self.followed = True
        directory = self._open_directory(os.path.realpath(self._path))
        facts = self._look(directory)
        if facts is not None and stat.S_ISLNK(facts.st_mode):  # realpath of a circle gives back one of its links
            _fail(errno.ELOOP, self._path)
        return directory, facts

    def _look(self, directory: int) -> os.stat_result | None:
        try:
            return os.stat(self._name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def _find_replaced(self, directory: int) -> os.stat_result | None:
        facts = self._look(directory)
        if facts is not None and stat.S_ISLNK(facts.st_mode):  # it came meanwhile
            _fail(errno.EEXIST, self._path)
        return self._replaceable(facts)

    def _replaceable(self, facts: os.stat_result | None) -> os.stat_result | None:
        """Raises as :meth:`open` for what is no file, or must not be there."""
        if facts is None:
            return None
        if self._only_if_free:
            _fail(errno.EEXIST, self._path)
        if stat.S_ISDIR(facts.st_mode):
            _fail(errno.EISDIR, self._path)
        if not stat.S_ISREG(facts.st_mode):
            _fail(errno.EINVAL, self._path)
        return facts

    def _require_writable(self, directory: int) -> None:
        """Raises the error of opening the file for writing, where that would fail."""
        effective = os.access in os.supports_effective_ids
        if not os.access(self._name, os.W_OK, dir_fd=directory, effective_ids=effective):
            flags = os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            os.close(os.open(self._name, flags, dir_fd=directory))

    def _create(self, directory: int) -> int:
        """A temporary that no sweep has taken for one that was left."""
        # The permissions of a new file are what the system makes of 0666 here and now, by the umask or by the default
        # list of the directory: so it is asked. Whoever opens it before it is private may read the new file, too.
        asks = self._mode is None and self.replaced is None and self._hands_on
        for _ in range(_MOST_TRIES):
            self._set_temporary(temporary_name())
            flags = _FILE_FLAGS | os.O_CREAT | os.O_EXCL
            descriptor = os.open(self._temporary_name, flags, 0o666 if asks else 0o600, dir_fd=directory)
            try:
                facts = os.fstat(descriptor)
                if asks:
                    self._new_mode = stat.S_IMODE(facts.st_mode)
                    os.fchmod(descriptor, 0o600)
                # Locked by a sweep, or removed by one: that came between the name and the lock.
                if try_lock(descriptor) is not False and os.fstat(descriptor).st_nlink:
                    return descriptor
            except BaseException:
                os.close(descriptor)
                os.unlink(self._temporary_name, dir_fd=directory)
                raise
            os.close(descriptor)
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), self._path)

    def _set_temporary(self, name: str) -> None:
        self._temporary_name = name
        self.temporary = os.path.join(self._parent, name)

    def _take_over(self, descriptor: int, replaced: os.stat_result | None) -> None:
        """Give the temporary the permissions that it is to have. Owner first: a change of that clears bits.

        Never set-user-id and set-group-id: writing into a file clears them too.
        """
        mode = self._new_mode
        if replaced is not None:
            hand_on_attributes(self._path_of_replaced(), descriptor)
            mode = hand_on_owner(descriptor, replaced)
        if self._mode is not None:
            mode = self._mode
        if mode is None:  # new, and another process made the temporary
            mode = 0o666 & ~umask()
        os.fchmod(descriptor, mode & 0o777)

    def _path_of_replaced(self) -> str:
        if self._given_directory is None:
            return os.path.join(self._parent, self._name)
        return f"/proc/self/fd/{self._given_directory}/{self._name}"  # extended attributes have no call by descriptor

    def _close_directory(self) -> None:
        directory, self._directory = self._directory, None
        if directory is not None and directory != self._given_directory:
            os.close(directory)


def _fail(number: int, path: str) -> NoReturn:
    raise OSError(number, os.strerror(number), path)  # which makes it FileExistsError and so on


def _is_same_file(descriptor: int, path: str) -> bool:
    return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))


def _flush(descriptor: int) -> None:
    """What closing says, while it stays open and locked: file systems over the network tell of a full disk only then.

    https://man7.org/linux/man-pages/man2/close.2.html: any descriptor of the file that is closed writes what it has.
    """
    os.close(os.dup(descriptor))


def _close_unasked(descriptor: int) -> None:
    """Close what was flushed, or what nobody will read: that its last bytes did not reach the disk is no news then."""
    try:
        os.close(descriptor)
    except OSError:
        pass
