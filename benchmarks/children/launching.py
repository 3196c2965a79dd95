"""Start a program and wait for it: ``python -IS launching.py FILE PROGRAM ARGUMENT ...``; what it cost goes to FILE.

A process of its own, and a small one: Linux counts the memory of whoever starts a program to that program's peak
(``ru_maxrss`` lives on through fork and exec), and the measuring process holds much.
"""

import json
import os
import sys
import time


def main() -> None:
    place, *command = sys.argv[1:]
    started = time.perf_counter()
    process_id = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process_id, 0)
    wall_seconds = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    cost = [usage.ru_utime + usage.ru_stime, wall_seconds, usage.ru_maxrss * unit]
    with open(place, "w", encoding="ascii") as file:
        json.dump(cost, file)
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
