"""The four services and who reads whose facts: the only place that lists them for provisioning."""

SERVICES = ("registration", "programme", "notifications", "badges")

SUBSCRIPTIONS: dict[str, tuple[str, ...]] = {
    "registration": ("programme", "badges"),
    "programme": ("registration",),
    "notifications": ("registration", "programme", "badges"),
    "badges": ("registration", "programme"),
}
"""Each service and the publishers it reads. One durable consumer for each pair: `shared.broker.durable`."""
