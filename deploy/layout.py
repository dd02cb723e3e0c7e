"""Where a local house keeps what: folders, ports, addresses, and what each program finds in its environment."""

import json
import os
import random
import re
import shlex
import socket
import ssl
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from deploy.children import check_port, listening
from deploy.keys import Keys, tighten, write_private
from deploy.programs import Missing
from deploy.servers import mongo_url
from deploy.topology import JANITOR, LAPTOP, SERVICES

ROOT = Path(__file__).resolve().parents[1]

ADMIN = "provision"

_PYTHON = Path(sys.executable)
MANAGE = f"{_PYTHON.relative_to(ROOT) if _PYTHON.is_relative_to(ROOT) else 'python'} -m deploy.manage"
"""What to type in the repository's folder."""

_ON_THE_NETWORK = (
    "auto_https disable_redirects",  # port 80 is not ours
    "skip_install_trust",  # whom this machine trusts is not ours to change
    "default_sni {host}",  # who asks for an address names nobody
)
"""What Caddy is told for a house on the local network."""

_AMONG_SEVERAL = (
    "lb_policy random",
    "fail_duration 5s",  # one that refuses a connection is left out,
    "health_uri /health/live",  # and one that accepts it and says nothing
    "health_interval 1s",
    "health_timeout 2s",
)
"""What Caddy is told when there are several replicas of a service. Of one alone it has to believe the best."""


@dataclass(frozen=True)
class Layout:
    """One local house. `MONGO_URL`, `NATS_URL` and `SMTP_URL` name servers that are used instead of our own."""

    var: Path
    port: int
    ports: Mapping[str, int]
    """What listens on loopback behind the front door: one of each (`topology.LAPTOP`), or several (`CLUSTER`)."""
    keys: Keys
    given: Mapping[str, str]
    """The environment `make run` was called with."""
    host: str = ""
    """The name or address under which the local network finds this machine; empty on loopback alone."""

    @classmethod
    def read(cls, given: Mapping[str, str] = os.environ, inner: Sequence[str] = LAPTOP) -> "Layout":
        """From `VAR`, `PORT`, `HOST` and the ports remembered. Raises `Missing` when a port asked for is taken."""
        var = Path(given.get("VAR") or ROOT / "var").resolve()
        var.mkdir(parents=True, exist_ok=True, mode=0o700)
        tighten(var)
        port = int(given.get("PORT") or 8080)
        check_port(port, "the public address", "PORT")
        host = _host(given.get("HOST", ""))
        ports = _inner_ports(var, given, inner)
        write_private(var / "ports.json", json.dumps({"public": port, "host": host, **ports}, indent=2))
        return cls(var, port, ports, Keys(var), given, host)

    @classmethod
    def running(cls, given: Mapping[str, str] = os.environ) -> "Layout":
        """The house that was started under `VAR`, as it was started. Raises `Missing` when there is none."""
        var = Path(given.get("VAR") or ROOT / "var").resolve()
        file = var / "ports.json"
        if not file.exists():
            raise Missing(f"Nothing was ever started in {var}: type `make run` first, or name its folder with VAR=….")
        ports = json.loads(file.read_text())
        public, host = ports.pop("public"), ports.pop("host", "")
        return cls(var, public, ports, Keys(var), given, host)

    @property
    def name(self) -> str:
        """What to call this house: its folder, and where it answers."""
        return f"{self._folder} ({self.public_url})"

    @property
    def manage(self) -> str:
        """What to type for a command of this house, in the repository's folder."""
        return MANAGE if self.var == ROOT / "var" else f"VAR={shlex.quote(self._folder)} {MANAGE}"

    @property
    def _folder(self) -> str:
        return str(self.var.relative_to(ROOT) if self.var.is_relative_to(ROOT) else self.var)

    @property
    def public_url(self) -> str:
        """What people type. A phone gives neither its camera nor a safe cookie to plain HTTP, loopback excepted."""
        if not self.host:
            return f"http://127.0.0.1:{self.port}"
        return f"https://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def certificate(self) -> Path:
        """The root that Caddy made for this house: who trusts it trusts its address on the local network."""
        return self.var / "caddy/pki/authorities/local/root.crt"

    def trust(self) -> ssl.SSLContext | bool:
        """How a program on this machine checks the public address."""
        return ssl.create_default_context(cafile=self.certificate) if self.host else True

    @property
    def mongo_admin_url(self) -> str:
        """The server, without a user."""
        return self.given.get("MONGO_URL") or mongo_url(*self._ports("mongo"))

    @property
    def nats_admin_url(self) -> str:
        """The server, as the user who may make streams."""
        return self._nats_url(ADMIN)

    def several(self, kind: str) -> list[str]:
        """The names of all of one kind: `nats`, and in a cluster `nats-2` and `nats-3`."""
        return [name for name in self.ports if re.fullmatch(rf"{kind}(-[0-9]+)?", name)]

    def addresses(self, kind: str) -> list[str]:
        """Where all of one kind listen."""
        return [f"127.0.0.1:{port}" for port in self._ports(kind)]

    def _ports(self, kind: str) -> list[int]:
        return [self.ports[name] for name in self.several(kind)]

    @property
    def nats_janitor_url(self) -> str:
        """The server, as the user who may delete what was erased."""
        return self._nats_url(JANITOR)

    @property
    def maildir(self) -> Path:
        """Where mail goes unless `SMTP_URL` says otherwise."""
        return self.var / "mail"

    def mongo_passwords(self) -> dict[str, str]:
        """One for each service."""
        return {service: self.keys.password(f"mongo_{service}") for service in SERVICES}

    def service_environment(self, service: str) -> dict[str, str]:
        """Everything one service needs to know, and no secret of another."""
        local = {
            "SERVICE": service,
            "HOST": "127.0.0.1",
            "PORT": str(self.ports[service]),
            "PUBLIC_URL": self.public_url,
            "MONGO_URL": self._mongo_url(service),
            "NATS_URL": self._nats_url(service),
            "LINK_SECRET": self.keys.password(f"link_{service}"),
            "STAFF_PUBLIC_KEY": self.keys.public_key("staff"),
            "PYTHONUNBUFFERED": "1",
        }
        if self.host:
            local["CERTIFICATE"] = str(self.certificate)
        own = {
            "programme": lambda: {"STAFF_PRIVATE_KEY": self.keys.private_key("staff")},
            "badges": lambda: {"BADGE_PRIVATE_KEY": self.keys.private_key("badge")},
            "notifications": lambda: {
                "SMTP_URL": self.given.get("SMTP_URL") or f"smtp://127.0.0.1:{self.ports['smtp']}"
            },
        }
        return {**self.tool_environment(), **local, **own.get(service, dict)()}

    def replica_environment(self, service: str, name: str) -> dict[str, str]:
        """The same for one of several replicas: in a cluster, some answer and others work."""
        own = {"PORT": str(self.ports[name])}
        if workers := self.several(f"{service}-worker"):
            own["RUN"] = "worker" if name in workers else "web"
        return {**self.service_environment(service), **own}

    def tool_environment(self) -> dict[str, str]:
        """What every program gets: the caller's environment, with a home under `var`."""
        home = self.var / "home"
        home.mkdir(exist_ok=True)
        return {**self.given, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home)}

    def provision_environment(self) -> dict[str, str]:
        """What `deploy.provision` reads."""
        return {
            "MONGO_ADMIN_URL": self.mongo_admin_url,
            "MONGO_MEMBERS": ",".join(self.addresses("mongo")),
            "MONGO_ADMIN": ADMIN,
            "MONGO_ADMIN_PASSWORD": self.keys.password("mongo_admin"),
            **{f"MONGO_PASSWORD_{service.upper()}": word for service, word in self.mongo_passwords().items()},
            "NATS_ADMIN_URL": self.nats_admin_url,
            "NATS_REPLICAS": str(len(self.several("nats"))),
        }

    def nats_environment(self, name: str = "nats") -> dict[str, str]:
        """What `nats.conf` reads, and in a cluster `nats-cluster.conf`."""
        own = {"NATS_HOST": "127.0.0.1", "NATS_PORT": str(self.ports[name]), "NATS_STORE": str(self.var / name)}
        if self.several("nats-route"):
            word = self.keys.password("nats_route")
            routes = ",".join(f"nats://route:{word}@{address}" for address in self.addresses("nats-route"))
            port = str(self.ports[name.replace("nats", "nats-route")])
            own |= {
                "NATS_NAME": name,
                "NATS_ROUTE_PORT": port,
                "NATS_PASSWORD_ROUTE": word,
                "NATS_ROUTES": f"[{routes}]",
            }
        return {**self.tool_environment(), **own, **self.keys.nats_environment()}

    def caddy_environment(self) -> dict[str, str]:
        """What the `Caddyfile` reads."""
        doors = {service.upper(): " ".join(self.addresses(service)) for service in SERVICES}
        return {
            **self.tool_environment(),
            **doors,
            "SITE": self.public_url if self.host else f"http://:{self.port}",
            "BIND": "0.0.0.0" if self.host else "127.0.0.1",  # noqa: S104 - asked for; all else stays on loopback
            "TLS": "tls internal" if self.host else "",
            "CADDY_OPTIONS": "\n".join(_ON_THE_NETWORK).format(host=self.host) if self.host else "",
            "BALANCING": "\n".join(_AMONG_SEVERAL) if len(self.several(SERVICES[0])) > 1 else "",
            "PAGES": str(ROOT / "deploy/pages"),
            "CADDY_DATA": str(self.var / "caddy"),
        }

    def _mongo_url(self, service: str) -> str:
        credentials = f"{service}:{self.mongo_passwords()[service]}"
        if given := self.given.get("MONGO_URL"):
            parts = urlsplit(given)
            host = parts.netloc.rsplit("@", 1)[-1]
            query = "&".join(part for part in (parts.query, f"authSource={service}") if part)
            return urlunsplit(parts._replace(netloc=f"{credentials}@{host}", path="/", query=query))
        return mongo_url(*self._ports("mongo"), credentials=credentials, source=service)

    def _nats_url(self, user: str) -> str:
        if given := self.given.get("NATS_URL"):
            return given
        word = self.keys.password(f"nats_{user}")
        return ",".join(f"nats://{user}:{word}@{address}" for address in self.addresses("nats"))


def _host(asked: str) -> str:
    """A name or an address. Raises `Missing` for anything else, in one line."""
    host = asked.strip().strip("[]")
    try:
        return str(ip_address(host)) if host else ""
    except ValueError:
        if re.fullmatch(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)*", host):
            return host.lower()
    raise Missing(f"HOST={asked!r}: a name or an address is wanted, such as 192.168.1.20, without https:// or a port.")


def _inner_ports(var: Path, given: Mapping[str, str], inner: Sequence[str]) -> dict[str, int]:
    """Ports asked for by name (`NATS_PORT`), else those of last time while they are free, else fresh ones."""
    file = var / "ports.json"
    remembered: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    remembered = {name: port for name, port in remembered.items() if name not in {"public", "host"}}
    if remembered and set(remembered) != set(inner):
        raise Missing(f"{var} is of another kind (`make run`, `make cluster`): choose another folder with VAR=….")
    ports: dict[str, int] = {}
    for name in inner:
        setting = f"{name.upper().replace('-', '_')}_PORT"
        if asked := given.get(setting):
            ports[name] = int(asked)
            check_port(ports[name], name, setting)
        elif name in remembered and not listening(remembered[name]):
            ports[name] = remembered[name]
        else:
            ports[name] = _free_port({*ports.values(), *remembered.values()})
    return ports


def _free_port(taken: set[int]) -> int:
    """Below the range from which the system takes ports for outgoing connections."""
    while True:
        port = random.randrange(20000, 32000)  # noqa: S311 - a port, not a secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in taken:
            return port
