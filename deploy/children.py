"""Programs we start: each in its own group, with its own log, none outliving the one who started it."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from deploy.programs import Missing

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Stopped(Exception):
    """A program ended before it was ready; the message carries the last lines of its log."""


def spawn(
    command: Sequence[str | Path], *, log: Path, environment: Mapping[str, str] | None = None, niceness: int = 0
) -> subprocess.Popen[bytes]:
    """Start `command`, its output appended to `log`. The kernel kills it when the calling thread ends.

    `niceness` is how far it stands back behind others when all want the processor, 0 to 19.
    """
    parent = os.getpid()

    def tie() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent ended between fork and here
            os._exit(1)
        if niceness:
            stand_back(niceness)

    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            start_new_session=True,
            preexec_fn=tie,  # noqa: PLW1509 - only system calls between fork and exec
        )


def stand_back(niceness: int) -> None:
    """Let others have the processor first. Linux shares it between sessions, and counts niceness inside each alone."""
    os.nice(niceness)
    with suppress(OSError):  # another system, or asked twice within a tenth of a second
        Path("/proc/self/autogroup").write_text(str(niceness))


def stop(*children: subprocess.Popen[bytes], patience: float = 8.0) -> None:
    """Ask all of these groups to end at once, then kill what is left of them."""
    for child in children:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
    until = time.monotonic() + patience
    for child in children:
        try:
            child.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            kill(child)


def kill(child: subprocess.Popen[bytes]) -> None:
    """`kill -9` for the whole group."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def await_until(
    ready: Callable[[], bool], what: str, *, child: subprocess.Popen[bytes] | None = None, log: Path | None = None,
    limit: float = 30.0,
) -> None:  # fmt: skip
    """Ask `ready` every 20 ms; raises `Stopped` when `child` has ended or `limit` seconds are over."""
    until = time.monotonic() + limit
    while not ready():
        if child is not None and child.poll() is not None:
            raise Stopped(f"{what} ended with code {child.returncode}. {_last_lines(log)}")
        if time.monotonic() > until:
            raise Stopped(f"{what} was not ready after {limit:.0f} s. {_last_lines(log)}")
        time.sleep(0.02)


def _last_lines(log: Path | None) -> str:
    if log is None or not log.exists():
        return ""
    lines = log.read_text(errors="replace").splitlines()[-5:]
    return f"The end of {log}:\n" + "\n".join(lines)


def listening(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def free_ports(count: int) -> list[int]:
    """Ports nobody uses right now on loopback, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def check_port(port: int, what: str, setting: str) -> None:
    """Raise `Missing` with one line when `port` is taken."""
    if listening(port):
        raise Missing(f"Port {port} ({what}) is in use: choose another with {setting}=…")
