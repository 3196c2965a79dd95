"""What a file of the local disk hands on to the one that takes its name: owner, permissions, extended attributes."""

from __future__ import annotations

import os
import re
import stat
import sys
import threading
from collections.abc import Callable
from typing import Final

__all__ = ["hand_on_attributes", "hand_on_owner", "umask"]

_KEPT_ATTRIBUTES: Final = ("user.", "system.posix_acl_access", "security.selinux")
"""Extended attributes that are about the name's users. Others (capabilities, signatures) are about the old content."""

_umask_lock: Final = threading.Lock()


def hand_on_owner(descriptor: int, replaced: os.stat_result) -> int:
    """Owner and group of the replaced file, as far as allowed; the permission bits that then say the same.

    Where the group could not be kept, its permissions are not for the group that stands there now.
    """
    own = os.fstat(descriptor)
    group_is_kept = own.st_gid == replaced.st_gid or _is_allowed(lambda: os.fchown(descriptor, -1, replaced.st_gid))
    if own.st_uid != replaced.st_uid:
        _is_allowed(lambda: os.fchown(descriptor, replaced.st_uid, -1))
    mode = stat.S_IMODE(replaced.st_mode)
    return mode if group_is_kept else mode & (~0o070 | mode << 3)


def hand_on_attributes(path: str, descriptor: int) -> None:
    """Extended attributes of the file at ``path``, those that are about its users."""
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


def umask() -> int:
    """The process's umask. POSIX has no call that only reads it, and a moment with another one is seen by all threads:
    hence Linux's way first, 15 microseconds."""
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


def _is_allowed(change: Callable[[], None]) -> bool:
    try:
        change()
    except OSError:  # not ours to give away, or a file system without owners
        return False
    return True
