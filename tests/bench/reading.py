"""The public programme of sixty sessions, through Caddy: the page and its three feeds."""

from itertools import repeat

from tests.bench import load
from tests.bench.figures import Part
from tests.bench.ground import Ground
from tests.bench.load import Outcome
from tests.bench.registering import expect
from tests.overload.rush import request

PATHS = ("/programme", "/programme/schedule.json", "/programme/schedule.xml", "/programme.ics")
ROUNDS = 3
SECONDS = 2.5


def read(ground: Ground, path: str, encoding: str = "") -> Outcome:
    """Ask for this page again and again."""
    packed = {"Accept_Encoding": encoding} if encoding else {}
    asked = request("GET", path, Accept="text/html", Accept_Language="fr", **packed)
    outcome = load.ask(ground.port, repeat(asked), clients=32, seconds=SECONDS)
    expect(outcome, {200})
    return outcome


def measure(ground: Ground) -> Part:
    """The figures of reading."""
    part, shares = Part(), []
    for path in PATHS:
        for encoding in ("", "gzip"):
            read(ground, path, encoding)
            outcomes = [read(ground, path, encoding) for _ in range(ROUNDS)]
            size = max(outcomes[0].sizes) / 1000
            what = f"{path}, 32 clients, {size:.0f} kB{' packed' * bool(encoding)}"
            part.add(what, "/s", [one.rate for one in outcomes], least=3000)
            shares += [one.processor / one.seconds for one in outcomes]
    part.notes.append(f"The client took {100 * sum(shares) / len(shares):.0f} % of one core meanwhile.")
    return part
