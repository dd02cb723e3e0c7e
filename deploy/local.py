"""What `make run` starts: every real part on one machine, supervised, until Ctrl-C.

Servers first, then provisioning, then the services and the front door; on an empty house the sample edition and a
first staff account. Ends by printing where to click, and writes the same to `var/access.json`.
"""

import argparse
import fcntl
import json
import os
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from deploy import first_start
from deploy.administration import Administration
from deploy.children import Stopped, listening
from deploy.keeper import kept
from deploy.keys import write_private
from deploy.layout import ROOT, Layout
from deploy.lost import check_whole
from deploy.programs import Missing, check_libraries, find
from deploy.provision import provision_servers
from deploy.servers import mongod_command
from deploy.supervisor import Program, Supervisor
from deploy.topology import CLUSTER, JANITOR, LAPTOP, SERVICES

NICENESS = {"badges": 5, "notifications": 10, JANITOR: 10}
"""Whose work waits in a rush, in Unix' niceness: with 5 a third of what others get while all want it, with 10 a tenth.

Who registers waits for the answer; the badge and the mail come when there is time.
"""


def servers(layout: Layout) -> list[Program]:
    """MongoDB, NATS and the mail sink, each unless the environment names another."""
    found = []
    command: list[str | Path]
    ports, environment = layout.ports, layout.tool_environment()
    for name in layout.several("mongo") if "MONGO_URL" not in layout.given else []:
        data = layout.var / name
        data.mkdir(exist_ok=True)
        command = mongod_command(ports[name], data, key_file=layout.keys.mongo_key_file())
        called = name.replace("mongo", "mongod")
        found.append(Program(called, command, environment, _listens(ports[name]), patience=20))
    for name in layout.several("nats") if "NATS_URL" not in layout.given else []:
        config = "nats-cluster.conf" if layout.several("nats-route") else "nats.conf"
        command = [find("nats-server"), "--config", ROOT / "deploy" / config]
        found.append(Program(name, command, layout.nats_environment(name), _listens(ports[name])))
    if "SMTP_URL" not in layout.given:
        command = [sys.executable, "-m", "deploy.mail_sink", "--port", str(ports["smtp"]), "--maildir", layout.maildir]
        found.append(Program("mail", command, environment, _listens(ports["smtp"])))
    return found


def services(layout: Layout) -> list[Program]:
    """The four services, in as many processes as the layout has."""
    return [
        Program(
            name,
            [sys.executable, "-m", f"services.{service}.app"],
            layout.replica_environment(service, name),
            lambda url=f"http://127.0.0.1:{layout.ports[name]}/health/ready": _answers(url),  # type: ignore[misc]
            niceness=NICENESS.get(service, 0),
            if_lost=f"{layout.manage} rebuild {service}",
        )
        for service in SERVICES
        for name in (*layout.several(service), *layout.several(f"{service}-worker"))
    ]


def janitor(layout: Layout) -> Program:
    """Whoever takes what was erased out of NATS."""
    alive = layout.var / "run/janitor.alive"
    alive.unlink(missing_ok=True)
    environment = {**layout.tool_environment(), "NATS_URL": layout.nats_janitor_url, "ALIVE_FILE": str(alive)}
    command: list[str | Path] = [sys.executable, "-m", "deploy.janitor"]
    return Program("janitor", command, environment, alive.exists, niceness=NICENESS[JANITOR])


def front_door(layout: Layout) -> Program:
    """Caddy, on the public port."""
    command: list[str | Path] = [find("caddy"), "run", "--config", ROOT / "deploy/Caddyfile", "--adapter", "caddyfile"]
    return Program("caddy", command, layout.caddy_environment(), lambda: _is_open(layout))


def provision(layout: Layout) -> None:
    """Users, indexes, stream, consumers."""
    provision_servers(layout.provision_environment())


def run(layout: Layout, wanted: Callable[[], bool]) -> None:
    """Start everything, say where to click, look after it while `wanted`, stop everything."""
    supervisor = Supervisor(layout.var)
    try:
        supervisor.start(*servers(layout))
        provision(layout)
        check_whole(Administration.of(layout))
        supervisor.start(front_door(layout), *services(layout), janitor(layout))
        access = first_start.furnish(layout)
        write_private(layout.var / "access.json", json.dumps(access, indent=2, ensure_ascii=False))
        if layout.host:
            print(first_start.on_the_network(layout, colour=sys.stdout.isatty()), flush=True)
        print(first_start.welcome(layout, access), flush=True)
        with kept(layout):
            supervisor.watch(wanted)
    finally:
        print("Stopping…", flush=True)
        supervisor.stop()


def check(layout: Layout) -> None:
    """Raise `Missing`, in one line, for what no start can do without."""
    found = [find(program) for program in ("caddy", "nats-server")]
    if "MONGO_URL" not in layout.given:
        found.append(find("mongod"))
    for program in found:
        check_libraries(program)
    if not (ROOT / "node_modules/htmx.org").is_dir():
        raise Missing("The browser code is not installed: type `make install`.")


@contextmanager
def alone(var: Path) -> Iterator[None]:
    """One house per folder. Raises `Missing` when another runs there."""
    with (var / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Missing(f"It runs already in {var}: stop it, or choose another folder with VAR=….") from None
        yield


def _is_open(layout: Layout) -> bool:
    """Whether the front door accepts connections, and shows its certificate where it needs one."""
    if not layout.host:
        return listening(layout.port)
    try:
        plain = socket.create_connection(("127.0.0.1", layout.port), timeout=2)
        with plain, layout.trust().wrap_socket(plain, server_hostname=layout.host):  # type: ignore[union-attr]
            return True
    except OSError:  # nobody there yet, or a certificate still being made
        return False


def _listens(port: int) -> Callable[[], bool]:
    return lambda: listening(port)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address on loopback
            return answer.status == 200  # type: ignore[no-any-return]
    except (urllib.error.URLError, OSError):
        return False


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """The first signal stops in good order; while stopping, further ones are ignored: it takes seconds."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(words: Sequence[str] = sys.argv[1:]) -> int:
    """`python -m deploy.local [--cluster]`, with `VAR`, `PORT` and the settings of `deploy/env.example`."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--cluster", action="store_true", help="three nodes of each server, two replicas of each service"
    )
    inner = CLUSTER if parser.parse_args(words).cluster else LAPTOP
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    os.chdir(ROOT)
    try:
        var = Path(os.environ.get("VAR") or ROOT / "var").resolve()
        var.mkdir(parents=True, exist_ok=True, mode=0o700)
        with alone(var):
            layout = Layout.read(inner=inner)
            check(layout)
            run(layout, lambda: True)
    except (Missing, Stopped) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
