"""Runs one command and prints its wall, user and system seconds, its peak memory in KiB and its exit status, as JSON.

A process of its own, with hardly an import: Linux counts the memory of whoever starts a command as the command's own.

    python -I -S stopwatch.py STDOUT STDERR COMMAND...
"""

import os
import sys
import time


def main() -> None:
    stdout, stderr, *command = sys.argv[1:]
    creating = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, stdout, creating, 0o644),
        (os.POSIX_SPAWN_OPEN, 2, stderr, creating, 0o644),
    ]
    begun = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begun
    code = os.waitstatus_to_exitcode(status)
    print(
        f'{{"wall": {wall}, "user": {usage.ru_utime}, "system": {usage.ru_stime}, "peak": {usage.ru_maxrss}, '
        f'"code": {code}}}'
    )


if __name__ == "__main__":
    main()
