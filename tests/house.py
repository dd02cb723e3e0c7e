"""The whole house for journeys: everything `make run` starts, on free ports, in a folder of its own."""

import email
import email.policy
import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from deploy.children import await_until, free_ports, kill, spawn, stop

ROOT = Path(__file__).parents[1]


class House:
    """A running house: where it answers, what it mailed, and ways to hurt its programs.

    Programs are called `mongod`, `nats`, `mail`, `caddy` and by the names of the services.
    """

    def __init__(self, var: Path, failpoints: Path, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        self.var = var
        self.settings = settings
        self._failpoints = failpoints
        self._ahead = timedelta()
        access = json.loads((var / "access.json").read_text())
        self.base_url: str = access["base_url"]
        self.staff_email: str = access["staff_email"]
        self.staff_password: str = access["staff_password"]
        self.token: str = access["api_token"]
        certificate = access.get("certificate")
        self.trust = ssl.create_default_context(cafile=certificate)
        self.maildir = ROOT / (access["maildir"] or "")
        self._mails: dict[Path, tuple[str, EmailMessage]] = {}
        self.ports: dict[str, int] = json.loads((var / "ports.json").read_text())

    def visitor(self, **options: Any) -> httpx.Client:
        """Somebody with a browser, in French, who sends what a browser sends. Close it, or use `with`."""
        headers = {"Accept": "text/html", "Accept-Language": "fr", "Origin": self.base_url}
        options = {"verify": self.trust, "follow_redirects": True, **options}
        return httpx.Client(base_url=self.base_url, headers=headers, timeout=15, **options)

    def program(self, **options: Any) -> httpx.Client:
        """A program with the token of `make run`."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.base_url, headers=headers, timeout=15, verify=self.trust, **options)

    def mails(self, to: str) -> list[EmailMessage]:
        """What arrived for this address, oldest first."""
        files = sorted((self.maildir / "new").iterdir())
        self._mails |= {file: _read(file) for file in files if file not in self._mails}
        return [mail for recipient, mail in map(self._mails.__getitem__, files) if to.lower() in recipient]

    def await_mails(self, to: str, count: int = 1, limit: float = 60) -> list[EmailMessage]:
        """Wait until at least `count` mails arrived for this address."""
        await_until(lambda: len(self.mails(to)) >= count, f"mail {count} for {to}", limit=limit)
        return self.mails(to)

    def pid(self, name: str) -> int:
        """The process of this program now; 0 while it is down."""
        try:
            return int((self.var / f"run/{name}.pid").read_text())
        except FileNotFoundError:
            return 0

    def kill(self, *names: str) -> None:
        """`kill -9` at once, and wait until each was started again and all is ready."""
        before = {name: self.pid(name) for name in names}
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        for name, pid in before.items():
            self.await_restart(name, pid)

    def await_restart(self, name: str, before: int, limit: float = 60) -> None:
        """Wait until another process than `before` runs this program, and answers."""
        await_until(lambda: self.pid(name) not in {0, before}, f"{name} started again", limit=limit)
        self.await_ready(limit=limit)

    def await_ready(self, limit: float = 60) -> None:
        """Wait until all services are ready: connected, and reading each other's facts."""
        replicas = [name for name in self.ports if name.split("-")[0] in SERVICES]

        def ready() -> bool:
            missing = next((name for name in replicas if not self.is_ready(name)), None)
            if missing:  # is asked first the next time, and the others are left to their work
                replicas.sort(key=lambda name: name != missing)
            return missing is None

        await_until(ready, "all services", limit=limit)

    def is_ready(self, service: str) -> bool:
        """Whether this service says it can do all of its work."""
        try:
            return self.health(service).is_success
        except httpx.HTTPError:
            return False

    def lag(self, service: str) -> int:
        """How many facts this service has still to take in; raises `httpx.HTTPError` while it cannot say."""
        return sum(self.health(service).raise_for_status().json()["lag"].values())

    def health(self, service: str) -> httpx.Response:
        """What this service says of itself; raises `httpx.HTTPError` while it cannot."""
        return _asking.get(f"http://127.0.0.1:{self.ports[service]}/health/ready")

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """These programs are down inside this block, and ready again after it."""
        before = {name: self.pid(name) for name in names}
        for name, pid in before.items():
            self._hold(name).touch()
            os.kill(pid, signal.SIGKILL)
        for name in names:
            await_until(lambda name=name: self.pid(name) == 0, f"the end of {name}")  # type: ignore[misc]
        try:
            yield
        finally:
            for name in names:
                self._hold(name).unlink()
        for name, pid in before.items():
            self.await_restart(name, pid)

    def _hold(self, name: str) -> Path:
        return self.var / f"run/{name}.hold"

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """The program is stopped (`SIGSTOP`) inside this block."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def pass_time(self, **length: float) -> None:
        """Let time pass for all services at once: `pass_time(hours=1)`. The databases keep their own clock."""
        self._ahead += timedelta(**length)
        self._write_clock("clock", self._ahead)

    def put_clock_off(self, service: str, **by: float) -> None:
        """The clock of one service is off by so much, until it is put off by nothing again."""
        self._write_clock(f"clock-{service}", timedelta(**by))

    @property
    def now(self) -> datetime:
        """What the services' clocks say."""
        return datetime.now(UTC) + self._ahead

    def _write_clock(self, name: str, ahead: timedelta) -> None:
        fresh = self._failpoints / f"{name}-new"
        fresh.write_text(str(ahead.total_seconds()))
        fresh.replace(self._failpoints / name)  # at once: no service reads half a number

    def arm(self, service: str, place: str) -> None:
        """The next time `service` reaches this place (`shared.failpoints`), it dies there, once."""
        (self._failpoints / f"{service}.{place}").touch()

    def is_armed(self, service: str, place: str) -> bool:
        """Whether the place was not reached yet."""
        return (self._failpoints / f"{service}.{place}").exists()

    def disarm(self) -> None:
        """Forget every armed place."""
        for file in self._failpoints.glob("*.*"):
            file.unlink()


SERVICES = ("registration", "programme", "notifications", "badges")
_asking = httpx.Client(timeout=3, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
"""One for all houses: to make a client takes longer than to ask, and takes it from the programs that are waited for."""


@contextmanager
def running_house(folder: Path, *words: str, **settings: str) -> Iterator[House]:
    """Start a house under `folder`, with these settings (`--cluster`: several of each), and stop it afterwards."""
    var, failpoints = folder / "var", folder / "failpoints"
    failpoints.mkdir(parents=True)
    given = {"FAILPOINTS": str(failpoints), "CLOCK_AHEAD": str(failpoints / "clock")}
    child = start(var, *words, **given, **settings)
    try:
        yield House(var, failpoints, {**given, **settings})
    finally:
        stop(child, patience=30)


def launch(var: Path, *words: str, **settings: str) -> tuple[subprocess.Popen[bytes], Path]:
    """`make run` for this folder, begun; the process, and what it says."""
    given = {
        name: value for name, value in os.environ.items() if name not in {"MONGO_URL", "NATS_URL", "SMTP_URL", "HOST"}
    }
    (port,) = free_ports(1)
    environment = {**given, "VAR": str(var), "PORT": str(port), **settings}
    log = var.parent / f"{var.name}.log"
    log.unlink(missing_ok=True)
    return spawn([sys.executable, "-m", "deploy.local", *words], log=log, environment=environment), log


def start(var: Path, *words: str, **settings: str) -> subprocess.Popen[bytes]:
    """`make run` for this folder; returns when it has said where to click."""
    child, log = launch(var, *words, **settings)
    try:
        await_until(lambda: b"Ctrl-C stops" in log.read_bytes(), "the house", child=child, log=log, limit=180)
    except BaseException:
        kill(child)
        raise
    return child


def _read(file: Path) -> tuple[str, EmailMessage]:
    """Whom it was delivered to, and the mail."""
    mail: EmailMessage = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)  # type: ignore[assignment]
    return str(mail["Delivered-To"]).lower(), mail
