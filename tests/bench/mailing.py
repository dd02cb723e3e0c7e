"""Thirteen hundred personal mails with a calendar each, and how long another mail waits meanwhile."""

import time
from threading import Thread

from tests.bench.figures import Part
from tests.bench.ground import EDITION, Ground, release, taken
from tests.bench.load import ask
from tests.bench.registering import burst, by_api, people
from tests.bench.sink import Arrival

PEOPLE = 1300
SESSION = "2026-07"
ROUNDS = 3
OTHERS = 5
"""Who register while the mails leave."""
HOURS = (("10:00:00", "11:00:00"), ("10:15:00", "11:15:00"), ("10:30:00", "11:30:00"))


def move(ground: Ground, hours: tuple[str, str]) -> None:
    """Publish the session at other hours: everybody in it is to be told."""
    draft = ground.api.get(f"/api/programme/v1/editions/{EDITION}/draft").json()
    for session in draft["sessions"]:
        if session["id"] == SESSION:
            session["start"], session["end"] = hours
    release(ground, draft)


def _register_meanwhile(ground: Ground, before: int, sent: dict[str, float]) -> None:
    """One person after the other, from the first of the mails on."""
    ground.await_mails(lambda all_: len(all_) > before)
    for one in people(OTHERS):
        sent[one["email"]] = time.monotonic()
        ask(ground.port, [by_api(one)], clients=1)
        time.sleep(0.4)


def tell(ground: Ground, hours: tuple[str, str]) -> tuple[list[Arrival], list[float], dict[str, float]]:
    """The mails of one change, how long the others waited for theirs, and the processor's time by program."""
    before, spent = len(ground.arrivals()), ground.processor()
    sent: dict[str, float] = {}
    others = Thread(target=_register_meanwhile, args=(ground, before, sent))
    others.start()
    move(ground, hours)
    ground.await_mails(lambda all_: len(all_) >= before + PEOPLE + OTHERS)
    others.join()
    found = ground.arrivals()[before:]
    waits = [min(one.at for one in found if one.recipient == who) - at for who, at in sent.items()]
    return [one for one in found if one.recipient not in sent], waits, taken(spent, ground.processor())


def measure(ground: Ground) -> Part:
    """The figures of mailings."""
    burst(ground, by_api, PEOPLE, 32, SESSION)
    ground.await_facts()
    part, rates, waits, sizes = Part(), [], [], []
    for hours in HOURS:
        mails, others, spent = tell(ground, hours)
        assert [one.calendar for one in mails] == [True] * PEOPLE, "not everybody got a calendar"
        rates.append((len(mails) - 1) / (max(one.at for one in mails) - min(one.at for one in mails)))
        waits.append(max(others))
        sizes.append(sum(one.size for one in mails) / len(mails) / 1000)
        ground.await_facts()
    part.add(f"{PEOPLE:,} personal mails with a calendar each, {sizes[0]:.0f} kB", "/s", rates, least=300)
    part.add("slowest confirmation of who registers meanwhile, from the request", "s", waits, most=2)
    costs = [f"{name} {seconds / PEOPLE * 1000:.2f}" for name, seconds in spent.items()]
    part.notes.append(f"Milliseconds of processor for a mail, by program: {', '.join(costs[:6])}.")
    return part
