"""The way to all of the servers, as the user `provision`: for what no service may do itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from deploy.layout import ADMIN, MANAGE, Layout


@dataclass(frozen=True)
class Administration:
    """Addresses with the administrator's passwords. `replicas` is how many copies NATS keeps."""

    mongo_url: str
    nats_url: str
    replicas: int = 1
    layout: Layout | None = None
    """The local house, if it is one."""

    @property
    def name(self) -> str:
        """What to call these servers."""
        return self.layout.name if self.layout else urlsplit(self.mongo_url).netloc.rsplit("@", 1)[-1]

    @property
    def manage(self) -> str:
        """What to type for a command that works on them."""
        return self.layout.manage if self.layout else MANAGE

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Administration":
        """From the environment that provisioning has, or of the local house under `VAR`. Raises `Missing`."""
        if "MONGO_ADMIN_URL" not in given:
            return cls.of(Layout.running(given))
        credentials = (given["MONGO_ADMIN"], given["MONGO_ADMIN_PASSWORD"])
        url = _with_credentials(given["MONGO_ADMIN_URL"], *credentials)
        return cls(url, given["NATS_ADMIN_URL"], int(given.get("NATS_REPLICAS", "1")))

    @classmethod
    def of(cls, layout: Layout) -> "Administration":
        """Of a local house."""
        url = _with_credentials(layout.mongo_admin_url, ADMIN, layout.keys.password("mongo_admin"))
        return cls(url, layout.nats_admin_url, len(layout.several("nats")), layout)


def _with_credentials(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rsplit("@", 1)[-1]
    query = "&".join(part for part in (parts.query, "authSource=admin") if part)
    return urlunsplit(parts._replace(netloc=f"{quote(user)}:{quote(password)}@{host}", path="/", query=query))
