"""What every service reads from its environment. `deploy/env.example` lists all of it."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings common to the four services; a service adds its own in `settings.py`."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", frozen=True)

    mongo_url: str
    """With the user and password of this service; its database bears the service's name."""
    nats_url: str
    """With the user and password of this service; several, separated by commas, when there are several nodes."""
    public_url: str = "http://127.0.0.1:8080"
    """The one public address, without a slash at the end: every absolute link starts with it."""
    trusted_proxies: str = "127.0.0.0/8,::1/128"
    """Networks from which our front door asks: only there is `X-Forwarded-For` believed."""
    host: str = "127.0.0.1"
    port: int
    run: str = "web,worker"
    """`web`, `worker` or both: pages and API, or relay, consumers and schedulers."""
    log_level: str = "info"
    link_secret: str
    """Key of this service's capability links."""
    staff_public_key: str
    """Base64 of the Ed25519 key that checks staff cookies and API tokens."""

    @property
    def web(self) -> bool:
        """Whether this process answers pages and the API."""
        return "web" in self.run.split(",")

    @property
    def worker(self) -> bool:
        """Whether this process relays, consumes and schedules."""
        return "worker" in self.run.split(",")
