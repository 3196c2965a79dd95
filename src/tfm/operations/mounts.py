"""What the operating system has mounted where, as far as its table says: no file system is asked, so none can hang."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import Final, NamedTuple

__all__ = ["Mount", "mount_of", "mounts", "read_mounts"]

_TABLE: Final = "/proc/self/mountinfo"

# fmt: off
_PSEUDO: Final = frozenset(
    {
        "autofs", "bdev", "binder", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "cpuset", "debugfs",
        "devfs", "devpts", "devtmpfs", "efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "overlay", "proc",
        "pstore", "ramfs", "rpc_pipefs", "securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs", "fuse.gvfsd-fuse",
        "fuse.portal", "fuse.lxcfs", "fuse.snapfuse",
    }
)
"""File systems that hold nothing of the user's, or what stands elsewhere already."""

_NETWORK: Final = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "9p", "virtiofs", "glusterfs", "lustre", "davfs",
        "fuse.sshfs", "fuse.davfs2", "fuse.rclone", "fuse.s3fs", "fuse.goofys", "fuse.mount-s3", "fuse.glusterfs",
        "fuse.ceph", "fuse.curlftpfs", "fuse.blobfuse", "fuse.gcsfuse",
    }
)
"""File systems whose server may be dead, and where others change things of which this machine hears nothing."""

# fmt: on

_HIDDEN_TOPS: Final = (
    "/proc",
    "/sys",
    "/dev",
    "/run/user",
    "/run/credentials",
    "/run/lock",
    "/snap",
    "/var/lib/docker",
)


class Mount(NamedTuple):
    """``directory`` without a slash at its end, save the root; ``source`` is the device or the server's share."""

    directory: str
    kind: str
    source: str

    @property
    def is_network(self) -> bool:
        return self.kind in _NETWORK

    @property
    def is_place(self) -> bool:
        """Whether somebody may want to go there: no pseudo file system, and none inside of the system's own."""
        inside = any(self.directory == top or self.directory.startswith(f"{top}/") for top in _HIDDEN_TOPS)
        if self.directory == "/":
            return True
        if self.kind == "tmpfs":
            return self.directory in {"/tmp", "/mnt/tmp"}  # noqa: S108 - a place to go to, not one to write to
        return self.kind not in _PSEUDO and not inside


def mounts() -> list[Mount]:
    """All there are, in the order in which they were mounted; on macOS the volumes. Reads one small file of the
    kernel's. Raises OSError where there is neither."""
    if sys.platform == "darwin":
        return [Mount("/", "apfs", ""), *(Mount(f"/Volumes/{name}", "volume", "") for name in os.listdir("/Volumes"))]
    with open(_TABLE, encoding="utf-8", errors="surrogateescape") as file:
        return read_mounts(file)


def read_mounts(lines: Iterable[str]) -> list[Mount]:
    """From lines of mountinfo: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html"""
    found: dict[str, Mount] = {}
    for line in lines:
        before, dash, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if not dash or len(fields) < 5 or len(rest) < 2:
            continue
        directory = _unescaped(fields[4])
        found.pop(directory, None)  # mounted over: the later one is what is seen
        found[directory] = Mount(directory, rest[0], _unescaped(rest[1]).strip())
    return list(found.values())


def mount_of(path: str, table: Iterable[Mount]) -> Mount | None:
    """The one that the absolute ``path`` is on, by its text alone: links are not followed."""
    above = [each for each in table if _is_at_or_below(path, each.directory)]
    return max(above, key=lambda each: len(each.directory), default=None)


def _is_at_or_below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory if directory == "/" else f"{directory}/")


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
