"""The faults themselves, done to a running house, each logged with what became of it."""

import heapq
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from deploy import manage
from deploy.children import await_until, free_ports, kill, listening, spawn
from deploy.layout import Layout
from deploy.local import provision
from tests.house import House
from tests.storm import again
from tests.storm.schedule import SERVICES, Fault

OFF = 600.0
"""Seconds by which a clock is off."""

End = Callable[[], None]


class Weather:
    """Begins faults and ends those whose time has come. `doors` gets the addresses of second registration services."""

    def __init__(self, house: House, layout: Layout, mood: Path, log: Path, doors: list[str]) -> None:
        self._house = house
        self._layout = layout
        self._mood = mood
        self._log = log.open("a")
        self._doors = doors
        self._lasting: list[tuple[float, int, Fault, End]] = []
        self._begun = time.monotonic()
        self.nonsense: dict[str, bool] = {}
        """The ids of messages that nobody can read, and whether they are sure to have been delivered."""
        self.counts: dict[str, int] = {}
        self._number = 0
        self._missing = ""

    def begin(self, fault: Fault) -> None:
        """Do it. A fault whose target is down already is noted as such, and counts for nothing."""
        act = getattr(self, "_" + fault.kind.replace("-", "_"))
        try:
            end = act(fault)
        except _Missed as missed:
            self._write(fault, f"missed: {missed}")
            return
        self.counts[fault.kind] = self.counts.get(fault.kind, 0) + 1
        self._write(fault, "begun")
        if end:
            self._number += 1
            heapq.heappush(self._lasting, (time.monotonic() + fault.seconds, self._number, fault, end))

    def end_due(self, *, all_of_them: bool = False) -> None:
        """End what has lasted long enough."""
        while self._lasting and (all_of_them or self._lasting[0][0] <= time.monotonic()):
            _, _, fault, end = heapq.heappop(self._lasting)
            end()
            self._write(fault, "ended")

    def clear_up(self) -> None:
        """Heal: everything that lasts ends, nothing is armed any more."""
        self.end_due(all_of_them=True)
        self._house.disarm()

    def close(self) -> None:
        self.clear_up()
        self._log.close()

    def note(self, missing: str) -> None:
        """What a healed house still waits for, when it has changed."""
        if missing != self._missing:
            self._missing = missing
            self._line({"kind": "healing", "note": missing})

    def _write(self, fault: Fault, note: str) -> None:
        self._line({**fault.line(), "note": note})

    def _line(self, about: dict[str, Any]) -> None:
        at = round(time.monotonic() - self._begun, 2)
        self._log.write(json.dumps({"time": round(time.time(), 3), "storm": at, **about}) + "\n")
        self._log.flush()

    def _send(self, name: str, number: signal.Signals) -> int:
        pid = self._house.pid(name)
        if not pid:
            raise _Missed(f"{name} is down")
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            raise _Missed(f"{name} has just ended") from None
        return pid

    def _kill(self, fault: Fault) -> None:
        self._send(fault.targets[0], signal.SIGKILL)

    def _kill_several(self, fault: Fault) -> None:
        for name in [one for one in fault.targets if self._house.pid(one)]:
            with suppress(_Missed):
                self._send(name, signal.SIGKILL)

    def _freeze(self, fault: Fault) -> End:
        (name,) = fault.targets
        pid = self._send(name, signal.SIGSTOP)

        def thaw() -> None:
            with suppress(ProcessLookupError):
                if self._house.pid(name) == pid:
                    os.kill(pid, signal.SIGCONT)

        return thaw

    def _away(self, fault: Fault) -> End:
        (name,) = fault.targets
        hold = self._house.var / f"run/{name}.hold"
        if hold.exists():
            raise _Missed(f"{name} is away")
        hold.touch()
        with suppress(_Missed):
            self._send(name, signal.SIGKILL)
        return hold.unlink

    def _mail(self, fault: Fault) -> End:
        fresh = self._mood.with_suffix(".new")
        fresh.write_text(fault.targets[0])
        fresh.replace(self._mood)
        return lambda: self._mood.unlink(missing_ok=True)

    def _clock(self, fault: Fault) -> End:
        service, sign = fault.targets[0][:-1], fault.targets[0][-1]
        self._house.put_clock_off(service, seconds=OFF if sign == "+" else -OFF)
        return lambda: self._house.put_clock_off(service)

    def _two(self, fault: Fault) -> End:
        """A second process of a service, against the same databases, beside the first."""
        (service,) = fault.targets
        (port,) = free_ports(1)
        environment = {**self._layout.service_environment(service), "PORT": str(port)}
        command = [sys.executable, "-m", f"services.{service}.app"]
        child = spawn(command, log=self._house.var / f"log/{service}-2.log", environment=environment)
        door = f"http://127.0.0.1:{port}"
        if service == "registration":
            self._doors.append(door)
        return lambda: self._end_second(child, door)

    def _end_second(self, child: subprocess.Popen[bytes], door: str) -> None:
        if door in self._doors:
            self._doors.remove(door)
        kill(child)

    def _die_at(self, fault: Fault) -> None:
        self._house.arm(*fault.targets)

    def _tell_again(self, _fault: Fault) -> None:
        if not again.tell(self._layout):
            raise _Missed("NATS or MongoDB is away")

    def _nonsense(self, _fault: Fault) -> None:
        ids, stored = again.tell_nonsense(self._layout)
        self.nonsense |= dict.fromkeys(ids, stored)
        if not stored:
            raise _Missed("NATS is away")

    def _wipe(self, _fault: Fault) -> None:
        """The stream's files are lost; the operator provisions, and has everything told again."""
        self.end_due(all_of_them=True)
        house, port = self._house, self._layout.ports["nats"]
        hold = house.var / "run/nats.hold"
        hold.touch()
        with suppress(_Missed):
            self._send("nats", signal.SIGKILL)
        await_until(lambda: house.pid("nats") == 0, "the end of nats")
        shutil.rmtree(house.var / "nats/jetstream")
        self.nonsense = dict.fromkeys(self.nonsense, False)  # no outbox has it: it may have gone with the stream
        time.sleep(1)  # people go on meanwhile
        hold.unlink()
        await_until(lambda: listening(port) and listening(self._layout.ports["mongo"]), "nats again", limit=30)
        provision(self._layout)
        if manage.main(["replay"]):
            raise RuntimeError("replay was refused")

    def _day(self, fault: Fault) -> None:
        """A service is away while a day passes for the others."""
        end = self._away(fault)
        await_until(lambda: self._house.pid(fault.targets[0]) == 0, "the end of a service")
        self._house.pass_time(days=1)
        time.sleep(fault.seconds)
        end()


class _Missed(Exception):
    """There was nobody to hit."""


def all_answer(house: House) -> bool:
    """Whether every service says that it can do all of its work."""
    return all(house.is_ready(service) for service in SERVICES)
