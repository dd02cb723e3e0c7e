"""Keeps local programs running: each restarted with growing patience when it ends, all gone with this process."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from deploy.children import Stopped, await_until, kill, spawn, stop
from shared.rebuild import LOST

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
SLOWEST = 90.0
"""Seconds until everything is ready: sixteen processes on two busy cores take a minute."""
STEADY_SECONDS = 2.0
"""A program that ran this long had started: it is tried again at once. One that did not is given growing pauses."""


@dataclass
class Program:
    """One program: how it is started, and when it counts as ready."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    ready: Callable[[], bool]
    patience: float = 8.0
    """Seconds it gets to end by itself."""
    niceness: int = 0
    """How far it stands back behind the others when the processor is wanted by all."""
    if_lost: str = ""
    """What to type when it ends because its database was lost."""
    child: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started: float = 0.0
    due: float = field(default=0.0)
    """When to start it again."""


class Supervisor:
    """Starts programs, restarts them, stops them, the last first. Their pids and logs are files of `folder`."""

    def __init__(self, folder: Path, say: Callable[[str], None] = print) -> None:
        self._run = folder / "run"
        self._log = folder / "log"
        self._run.mkdir(parents=True, exist_ok=True)
        self._started: list[tuple[Program, ...]] = []
        self._say = say

    def start(self, *programs: Program) -> None:
        """Start all of them, then wait until each is ready. Raises `Stopped` when one is not."""
        self._started.append(programs)
        for program in programs:
            self._spawn(program)
        for program in programs:
            await_until(program.ready, program.name, child=program.child, log=self._log_of(program), limit=SLOWEST)

    def watch(self, wanted: Callable[[], bool], pause: float = 0.1) -> None:
        """Restart what ends, while `wanted`."""
        while wanted():
            for program in self._all():
                self._look_after(program)
            time.sleep(pause)

    def stop(self) -> None:
        """End everything, what was started together at once, and the last of it first."""
        for together in reversed(self._started):
            running = [one.child for one in together if one.child and one.child.poll() is None]
            stop(*running, patience=max((one.patience for one in together), default=0.0))
            for program in together:
                self._pid_file(program).unlink(missing_ok=True)
        self._started.clear()

    def abandon(self) -> None:
        """Kill everything at once, without a chance to end well."""
        for program in self._all():
            if program.child and program.child.poll() is None:
                kill(program.child)

    def _all(self) -> Iterator[Program]:
        return chain.from_iterable(self._started)

    def _look_after(self, program: Program) -> None:
        if program.child is None:
            if time.monotonic() >= program.due and not self._held(program):
                self._spawn(program)
            return
        code = program.child.poll()
        if code is None:
            return
        now = time.monotonic()
        program.failures = 0 if now - program.started > STEADY_SECONDS else program.failures + 1
        pause = min(FIRST_PAUSE * 2 ** max(program.failures - 1, 0), LONGEST_PAUSE)
        program.child, program.due = None, now + pause
        self._pid_file(program).unlink(missing_ok=True)
        self._say(
            f"{program.name} ended ({_reason(program, code)}): starting it again. Its log: {self._log_of(program)}"
        )

    def _spawn(self, program: Program) -> None:
        try:
            program.child = spawn(
                program.command,
                log=self._log_of(program),
                environment=program.environment,
                niceness=program.niceness,
            )
        except OSError as error:
            raise Stopped(f"{program.name} cannot be started: {error}") from error
        program.started = time.monotonic()
        draft = self._pid_file(program).with_suffix(".new")
        draft.write_text(str(program.child.pid))
        draft.replace(self._pid_file(program))

    def _held(self, program: Program) -> bool:
        """A file `<name>.hold` keeps a program down: how a test, or a technician, takes a service away for a while."""
        return (self._run / f"{program.name}.hold").exists()

    def _pid_file(self, program: Program) -> Path:
        return self._run / f"{program.name}.pid"

    def _log_of(self, program: Program) -> Path:
        return self._log / f"{program.name}.log"


def _reason(program: Program, code: int) -> str:
    if code == LOST:
        return f"its database was lost; `{program.if_lost}` brings it back, /equipe/sante says more"
    return f"signal {-code}" if code < 0 else f"code {code}"
