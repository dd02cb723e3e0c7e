"""Which fault comes when: drawn from a number, so that the same number gives the same storm."""

from dataclasses import asdict, dataclass
from random import Random
from typing import Any

SERVICES = ("registration", "programme", "notifications", "badges")
PROGRAMS = (*SERVICES, "nats", "mongod", "mail", "caddy", "janitor")
MOODS = ("refuses", "greylists", "loses", "keeps", "hangs")

PLACES = {
    "registration": ("before-commit", "after-commit", "after-publish", "before-ack"),
    "programme": ("before-commit", "after-commit", "after-publish", "before-ack"),
    "badges": ("before-commit", "after-commit", "after-publish", "before-ack"),
    "notifications": (
        *("before-commit", "after-commit", "after-publish", "before-ack"),
        *("mail-before-data", "mail-after-data", "changes-queued"),
    ),
}
"""Where a service can be made to die (`shared.failpoints`)."""

DECK = {
    "kill": 5,
    "kill-several": 3,
    "freeze": 5,
    "away": 3,
    "mail": 4,
    "tell-again": 2,
    "nonsense": 1,
    "clock": 2,
    "two": 2,
    "die-at": 4,
}
"""Faults as often as they come in one deck; a deck is dealt to its end before the next is shuffled."""

RARE = ("wipe", "day")
"""Faults that take the whole house: the stream lost and told again, and a service away for a day."""

MEAN_SECONDS = 2.2
"""Between two faults."""


@dataclass(frozen=True)
class Fault:
    """One fault: when, counted in seconds from the beginning, what, to whom, and for how long."""

    at: float
    kind: str
    targets: tuple[str, ...] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.at:7.1f} s  {self.kind:12} {', '.join(self.targets):40} {self.seconds or '':>5}"

    def line(self) -> dict[str, Any]:
        return asdict(self)


def schedule(seed: int, seconds: float, *, mean: float = MEAN_SECONDS, rare_every: float = 150.0) -> list[Fault]:
    """The faults of a storm of this length, in order. One of each rare kind comes within the first `2 * rare_every`."""
    random = Random(seed)  # noqa: S311 - dice, no secret
    deck: list[str] = []
    faults: list[Fault] = []
    at, rare_at, rare = 0.5, rare_every / 3, list(RARE)
    while at < seconds:
        if at >= rare_at:
            rare_at += rare_every / 2
            rare.append(kind := rare.pop(0))
        else:
            if not deck:
                deck = random.sample([kind for kind, count in DECK.items() for _ in range(count)], sum(DECK.values()))
            kind = deck.pop()
        faults.append(Fault(round(at, 2), kind, *_aim(kind, random)))
        at += random.uniform(0.4, 1.6) * mean
    return faults


def _aim(kind: str, random: Random) -> tuple[tuple[str, ...], float]:
    """Whom it hits, and for how long."""
    service = random.choice(SERVICES)
    lasting = {
        "freeze": (random.choice(PROGRAMS), random.uniform(0.5, 7)),
        "away": (service, random.uniform(2, 8)),
        "mail": (random.choice(MOODS), random.uniform(2, 8)),
        "clock": (f"{service}{random.choice('+-')}", random.uniform(4, 12)),
        "two": (random.choice(("registration", "notifications", "badges")), random.uniform(6, 15)),
        "day": (service, 4.0),
    }
    if kind in lasting:
        target, length = lasting[kind]
        return (target,), round(length, 1)
    if kind == "kill":
        return (random.choice(PROGRAMS),), 0.0
    if kind == "kill-several":
        return tuple(random.sample(PROGRAMS, random.randint(2, 4))), 0.0
    if kind == "die-at":
        return (service, random.choice(PLACES[service])), 0.0
    return (), 0.0
