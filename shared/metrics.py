"""What a process counts about itself, for Prometheus. Labels are names of ours: routes, loops, states; never ids.

What is asked of MongoDB and NATS at each scrape is in `shared.health`; both are one answer at `/metrics`.
"""

import platform

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_TIMES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)

REQUESTS = Histogram(
    "rencontres_http_request_seconds",
    "Requests by the route's pattern.",
    ["method", "route", "status"],
    buckets=_TIMES,
    registry=REGISTRY,
)
BATCHES = Histogram(
    "rencontres_batch_commands",
    "Commands committed together.",
    buckets=(1, 2, 5, 10, 25, 50, 100),
    registry=REGISTRY,
)
WAITING = Gauge("rencontres_batch_waiting", "Commands that wait for the next batch.", registry=REGISTRY)
LOOP_FAILURES = Counter(
    "rencontres_loop_failures", "Turns of background work that failed.", ["loop", "kind"], registry=REGISTRY
)
CHECK_INS = Counter("rencontres_check_ins", "Answers at the door, repeated ones too.", ["result"], registry=REGISTRY)
BUILD = Gauge("rencontres_build_info", "Always 1; what runs.", ["service", "python"], registry=REGISTRY)


def built(service: str) -> None:
    """Say once what runs here."""
    BUILD.labels(service, platform.python_version()).set(1)


def request(method: str, route: str, status: int, seconds: float) -> None:
    """One request that was answered, or given up (status 0)."""
    REQUESTS.labels(method if method in METHODS else "other", route, str(status)).observe(seconds)
