"""Runs one command so that it can never outlive whoever asked for it, nor leave anything behind.

The asker holds the other end of the guard's standard input and never writes to it. When the asker ends, by whatever
death, the kernel closes that end and the guard ends the command: SIGTERM, a time of grace, SIGKILL. As child subreaper
the guard inherits whatever the command forked away into the background and kills that too. If somebody kills the guard
itself, the kernel kills the command (parent death signal).

Only the standard library, one thread: it starts in a few milliseconds and there is one for every process of the stack.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
STDIN = 0
NOT_FOUND = 127
_WATCHED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def guard_command(command: Sequence[str], *, gracia: float) -> list[str]:
    """The command line that runs `command` under a guard; `gracia`: seconds between SIGTERM and SIGKILL, 0 for none."""
    return [sys.executable, "-I", str(Path(__file__).resolve()), str(gracia), *command]


def main(arguments: Sequence[str]) -> int:
    """Run the command to its end and give its exit status, as a shell would (128 + the signal that killed it)."""
    gracia, command = float(arguments[0]), arguments[1:]
    wakeup = _watch_signals()
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    child = _spawn(command)
    status = os.waitstatus_to_exitcode(_wait(child, wakeup, gracia))
    _kill_descendants()
    return status if status >= 0 else 128 - status


def _watch_signals() -> int:
    """A descriptor that becomes readable, with the signal's number, when one of the watched signals comes."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in _WATCHED:
        signal.signal(number, lambda *_: None)
    return reader


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _spawn(command: Sequence[str]) -> int:
    guard = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guard:  # it died before the line above took hold
            os._exit(1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), STDIN)
        os.execvp(command[0], list(command))  # noqa: S606 - the stack's own command lines
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.stderr.flush()
    os._exit(NOT_FOUND)


def _wait(child: int, wakeup: int, gracia: float) -> int:
    """The raw wait status of `child`, ended by itself or because the asker is gone or a signal came."""
    deadline: float | None = None
    with selectors.DefaultSelector() as selector:
        selector.register(STDIN, selectors.EVENT_READ)
        selector.register(wakeup, selectors.EVENT_READ)
        while (status := _reap(child)) is None:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready = {key.fd for key, _ in selector.select(left)}
            if deadline is None and _asked_to_stop(ready, wakeup):
                selector.unregister(STDIN)  # at its end it would be ready for ever
                deadline = time.monotonic() + gracia
                os.kill(child, signal.SIGTERM if gracia else signal.SIGKILL)
            elif deadline is not None and time.monotonic() >= deadline:
                os.kill(child, signal.SIGKILL)
                deadline = time.monotonic() + 1
            if deadline is not None:
                _drain(wakeup)
    return status


def _asked_to_stop(ready: set[int], wakeup: int) -> bool:
    signals = _drain(wakeup) if wakeup in ready else b""
    asker_is_gone = STDIN in ready and not os.read(STDIN, 64)
    return asker_is_gone or any(number != signal.SIGCHLD for number in signals)


def _drain(wakeup: int) -> bytes:
    try:
        return os.read(wakeup, 64)
    except BlockingIOError:
        return b""


def _reap(child: int) -> int | None:
    """Bury whoever has died; the wait status of `child` if it is among them."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == child:
            return status
        if pid == 0:
            return None


def _kill_descendants() -> None:
    """Kill level by level: the children of the dead become ours, until none is left."""
    while True:
        for pid in children_of(os.getpid()):
            os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def children_of(parent: int) -> list[int]:
    """The processes whose parent is `parent`, the dead that nobody has waited for included."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # gone while we looked
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
