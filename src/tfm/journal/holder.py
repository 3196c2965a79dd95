"""Who works on a job: so that "no living process holds it" is certain after SIGKILL, a reuse of its id, a reboot."""

from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import dataclass

__all__ = ["Holder", "may_live", "this_process"]

_PROC = "/proc"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process. ``started`` is when it began, as text that is only compared: with it a process that got the same id
    later is told apart. ``boot_id`` and ``pid_namespace`` say where the id means anything; "" where the system has no
    such thing."""

    host: str
    boot_id: str
    pid_namespace: str
    process_id: int
    started: str


def this_process(*, proc: str = _PROC) -> Holder:
    """This process. Reads three small files; on systems without /proc it asks ``ps``."""
    process_id = os.getpid()
    return Holder(
        socket.gethostname(),
        _content(f"{proc}/sys/kernel/random/boot_id").strip(),
        _link(f"{proc}/self/ns/pid"),
        process_id,
        _started(process_id, proc) or "",
    )


def may_live(holder: Holder, *, here: Holder, proc: str = _PROC) -> bool:
    """Whether that process runs, or cannot be asked from ``here`` (this process): on another machine that shares the
    directory, or in another container. To take over what still runs does harm; what does not can be taken by force."""
    if holder.boot_id != here.boot_id:
        return holder.host != here.host  # the same machine has been started again
    if not here.boot_id and holder.host != here.host:
        return True
    if holder.pid_namespace != here.pid_namespace:
        return True
    return _started(holder.process_id, proc) == holder.started


def _started(process_id: int, proc: str) -> str | None:
    """When that process began, None where there is none; a zombie is none: it does nothing any more."""
    if not os.path.isdir(f"{proc}/self"):
        return _started_by_ps(process_id)
    # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the name, in brackets, may hold spaces and brackets;
    # behind it the state is field 3, and the start in clock ticks since boot field 22.
    fields = _content(f"{proc}/{process_id}/stat").rpartition(")")[2].split()
    if len(fields) < 20 or fields[0] in {"Z", "X", "x"}:
        return None
    return fields[19]


def _started_by_ps(process_id: int) -> str | None:
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    done = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(process_id)], capture_output=True, text=True, check=False, env=environment
    )
    return done.stdout.strip() or None


def _content(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
