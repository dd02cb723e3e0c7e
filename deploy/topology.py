"""The four services and who reads whose facts: the only place that lists them for provisioning."""

SERVICES = ("registration", "programme", "notifications", "badges")

SUBSCRIPTIONS: dict[str, tuple[str, ...]] = {
    "registration": ("programme", "badges", "notifications"),
    "programme": ("registration",),
    "notifications": ("registration", "programme", "badges"),
    "badges": ("registration", "programme"),
}
"""Each service and the publishers it reads. One durable consumer for each pair: `shared.broker.durable`."""

LAPTOP = ("mongo", "nats", "smtp", *SERVICES)
"""What listens behind the front door of `make run`: one of each."""


def copies(name: str, count: int) -> list[str]:
    """`nats`, `nats-2`, `nats-3`: how several of a kind are called."""
    return [name if number == 1 else f"{name}-{number}" for number in range(1, count + 1)]


CLUSTER = (
    *copies("mongo", 3),
    *copies("nats", 3),
    *copies("nats-route", 3),
    "smtp",
    *(name for service in SERVICES for name in copies(service, 2)),
    *(name for service in SERVICES for name in copies(f"{service}-worker", 2)),
)
"""What listens behind the front door of `make cluster`: three nodes of each server, and of each service two replicas
that answer (`RUN=web`) and two that relay, consume and schedule (`RUN=worker`), as in `deploy/kubernetes/`."""

JANITOR = "janitor"
"""The process that takes what was erased out of NATS: its user there, and its durable consumer."""

NATS_USERS = ("provision", *SERVICES, JANITOR)
"""Who has a password of NATS."""
