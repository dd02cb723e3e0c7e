"""`make image-check`: the image's own steps in a clean root, without Docker, and the compose file's house on it.

MongoDB, NATS, the mail sink and Caddy are this machine's; provisioning and the services run in the image, with the
environment, the confinement and the health checks `docker-compose.yml` gives them. It takes minutes, the network and
root, so `make test` leaves it out. BASE=folder keeps the clean Debian for the next time.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy import first_start, local
from deploy.children import await_until, free_ports
from deploy.keys import write_private
from deploy.layout import ROOT, Layout
from deploy.supervisor import Program, Supervisor
from deploy.topology import SERVICES
from tests.deploy.clean_root import Stage, build, image_of, lay_base
from tests.deploy.test_observability import SELECTOR, expressions
from tests.house import House
from tests.journeys.story import Story, an_application, attachment, printed_code

DOCKERFILE = ROOT / "deploy/Dockerfile"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = {name: one for name, one in COMPOSE.items() if one.get("image", "").startswith("rencontres:")}
STAYING = [name for name, one in OURS.items() if "healthcheck" in one]
LARGEST = 350
"""Megabytes of ours beyond the base: this much was needed, and a server or a toolchain left inside would be more."""
DOCKERS_PATIENCE = 10
"""Seconds after which `docker stop` kills."""

Spec = dict[str, Any]


class Composed:
    """What compose would start, as commands of this machine."""

    def __init__(self, image: Stage, layout: Layout) -> None:
        self._image = image
        self._layout = layout
        self._ports = {name: layout.ports.get(name) or free_ports(1)[0] for name in OURS}
        keys = layout.keys
        self._settings = {
            "PUBLIC_URL": layout.public_url,
            "TRUSTED_PROXIES": "127.0.0.0/8",
            "SMTP_URL": f"smtp://127.0.0.1:{layout.ports['smtp']}",
            "MAIL_FROM": "rencontres@rencontres.example",
            "MONGO_ADMIN_PASSWORD": keys.password("mongo_admin"),
            "STAFF_PRIVATE_KEY": keys.private_key("staff"),
            "STAFF_PUBLIC_KEY": keys.public_key("staff"),
            "BADGE_PRIVATE_KEY": keys.private_key("badge"),
            **{f"LINK_SECRET_{service.upper()}": keys.password(f"link_{service}") for service in SERVICES},
            **{f"MONGO_PASSWORD_{service.upper()}": word for service, word in layout.mongo_passwords().items()},
            **keys.nats_environment(),
        }

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._ports[name]}"

    def command(self, name: str, volumes: Mapping[str, Path] | None = None) -> list[str]:
        """Confined as the file promises."""
        one = OURS[name]
        assert (one["cap_drop"], one["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
        how: Spec = {"read_only": one["read_only"], "tmpfs": one["tmpfs"], "volumes": volumes or {}}
        return self._image.confined(*one["command"], **how)

    def environment(self, name: str) -> dict[str, str]:
        given = {key: self._here(self._filled(str(value))) for key, value in OURS[name]["environment"].items()}
        port = {"PORT": str(self._ports[name])} if "PORT" in given else {}
        return {**self._image.environment, **given, **port}

    def is_well(self, name: str) -> bool:
        """What the file's own health check says, asked beside the service."""
        here = f"127.0.0.1:{self._ports[name]}"
        kind, *check = [word.replace("127.0.0.1:8000", here) for word in OURS[name]["healthcheck"]["test"]]
        assert kind == "CMD"
        return bool(self.pid(name)) and self.beside(name, *check).returncode == 0

    def beside(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        """As `docker compose exec` would."""
        command = self._image.beside(self.pid(name), *words)
        return subprocess.run(command, env=self.environment(name), capture_output=True, text=True, check=False)

    def pid(self, name: str) -> int:
        """The service's own process, whom the image knows as number 1."""
        outer = (self._layout.var / f"run/{name}.pid").read_text()
        inner = Path(f"/proc/{outer}/task/{outer}/children").read_text().split()
        return int(inner[0]) if inner else 0

    def program(self, name: str) -> Program:
        return Program(name, self.command(name), self.environment(name), lambda: self.is_well(name), DOCKERS_PATIENCE)

    def _filled(self, value: str) -> str:
        def said(found: re.Match[str]) -> str:
            return self._settings[found[1]] if found[2] is None else self._settings.get(found[1], found[2])

        return re.sub(r"\$\{([A-Z_]+)(?::-([^}]*)|:\?)\}", said, value)

    def _here(self, value: str) -> str:
        for server, there in (("mongo", "mongo:27017"), ("nats", "nats:4222")):
            value = value.replace(there, f"127.0.0.1:{self._layout.ports[server]}")
        return value


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """On a disk: with the servers that the build takes in and leaves out again, it is two gigabytes."""
    assert os.geteuid() == 0, "chroot and mounts need root: type `sudo make image-check`"
    with tempfile.TemporaryDirectory(prefix="rencontres-image-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def base(folder: Path) -> Path:
    laid = Path(os.environ.get("BASE") or folder / "base").absolute()
    if not laid.exists():
        lay_base(laid, image_of(DOCKERFILE))
    return laid


@pytest.fixture(scope="module")
def image(base: Path, folder: Path) -> Stage:
    return build(DOCKERFILE, ROOT, base, folder)


@pytest.fixture(scope="module")
def layout(folder: Path) -> Layout:
    (port,) = free_ports(1)
    given = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return Layout.read({**given, "VAR": str(folder / "var"), "PORT": str(port)})


@pytest.fixture(scope="module")
def composed(image: Stage, layout: Layout) -> Composed:
    return Composed(image, layout)


@pytest.fixture(scope="module")
def house(composed: Composed, layout: Layout, folder: Path) -> Iterator[House]:
    supervisor = Supervisor(layout.var, say=lambda _: None)
    try:
        supervisor.start(*local.servers(layout))
        subprocess.run(composed.command("provision"), env=composed.environment("provision"), check=True)
        supervisor.start(local.front_door(layout), *map(composed.program, STAYING))
        write_private(layout.var / "access.json", json.dumps(first_start.furnish(layout)))
        yield House(layout.var, folder / "failpoints")
    finally:
        supervisor.stop()


def megabytes(*folders: Path) -> int:
    told = subprocess.run(["du", "-smc", *folders], capture_output=True, text=True, check=True).stdout  # noqa: S607 - the system's
    return int(told.split()[-2])


def test_image_is_small_and_holds_what_it_needs(image: Stage, base: Path, capsys: pytest.CaptureFixture[str]):
    whole, without = megabytes(image.root), megabytes(base)
    with capsys.disabled():
        parts = ", ".join(f"{name} {megabytes(image.inside(name))} MB" for name in (".venv", "node_modules"))
        sys.stdout.write(f"\nthe image: {whole} MB, of which the base {without} MB, {parts}\n")

    assert whole - without < LARGEST
    assert {one.name for one in image.inside(".").iterdir()} == {
        ".venv",
        "node_modules",
        "shared",
        "services",
        "deploy",
    }
    programs = {one.name for one in image.inside(".").rglob("*") if one.is_file()}
    assert programs & {"mongod", "nats-server", "caddy", "node", "npm", "gcc", ".env", "keys.json"} == set()


def test_all_of_the_compose_file_says_that_it_is_well(house: House, composed: Composed):
    assert len(STAYING) == 2 * len(SERVICES) + 1
    assert [name for name in STAYING if not composed.is_well(name)] == []
    for name in STAYING:
        if "PORT" in OURS[name]["environment"]:
            await_until(lambda name=name: httpx.get(f"{composed.url(name)}/health/ready").is_success, name)


def test_somebody_registers_and_enters(house: House):
    story, application = Story(house), an_application()
    registered = story.register(application)
    mail = story.await_mail(application["email"])
    badge = story.badge(registered["id"])

    assert printed_code(attachment(mail, "application/pdf"))
    assert story.check_in(badge["code"])["result"] == "admitted"
    story.close()


@pytest.mark.parametrize("name", STAYING)
def test_service_is_nobody_and_writes_nowhere_but_to_tmp(house: House, composed: Composed, name: str):
    pid = composed.pid(name)
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    view = [line.split() for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines()]

    assert status["Uid"].split() == status["Gid"].split() == ["10001"] * 4
    assert [int(status[kind], 16) for kind in ("CapEff", "CapPrm", "CapBnd", "CapAmb")] == [0] * 4
    assert status["NoNewPrivs"] == "1"
    assert [line[5].split(",")[0] for line in view if line[4] == "/"] == ["ro"]
    assert "Read-only" in composed.beside(name, "touch", "/var/tmp/mine").stderr  # noqa: S108 - where anybody may write
    assert composed.beside(name, "touch", "/tmp/mine").returncode == 0  # noqa: S108 - its own


def test_every_metric_of_rules_and_board_is_told_by_a_running_service(house: House, composed: Composed):
    told = set()
    for name in STAYING:
        if "PORT" in OURS[name]["environment"]:
            told |= set(re.findall(r"^# TYPE (\w+)", httpx.get(f"{composed.url(name)}/metrics").text, re.MULTILINE))
    asked = {name for expression in expressions() for name, _selected in SELECTOR.findall(expression)}

    assert len(asked) > 15
    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked} - told == set()


def test_the_first_account_is_made_as_the_readme_says(house: House, composed: Composed):
    words = re.search(r"docker compose --env-file deploy/.env exec programme (.+)", (ROOT / "README.md").read_text())
    assert words
    made = composed.beside("programme", *shlex.split(words[1]))

    assert made.returncode == 0, made.stdout + made.stderr
    assert "you@example.org" in made.stdout


def test_backup_of_the_compose_file_is_written(house: House, composed: Composed, folder: Path):
    backups = folder / "backups"
    backups.mkdir()
    os.chown(backups, 10001, 10001)
    command = composed.command("backup", {"/backup": backups})
    done = subprocess.run(command, env=composed.environment("backup"), capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert [file.stat().st_mode & 0o777 for file in backups.iterdir()] == [0o600]


def test_each_ends_by_itself_when_docker_asks(house: House, composed: Composed):
    """The last test: afterwards nobody is there."""
    asked = {name: composed.pid(name) for name in STAYING}
    for pid in asked.values():
        os.kill(pid, signal.SIGTERM)
    for name, pid in asked.items():
        await_until(lambda pid=pid: not Path(f"/proc/{pid}").exists(), f"the end of {name}", limit=DOCKERS_PATIENCE)
