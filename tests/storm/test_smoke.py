"""A short storm with every part of the long one: `make storm` is this for a quarter of an hour."""

import os
from collections import Counter
from pathlib import Path

import pytest

from deploy.layout import Layout
from tests.house import running_house
from tests.storm.calm import LIMIT
from tests.storm.schedule import Fault
from tests.storm.settings import PATIENT
from tests.storm.storm import Storm

FAULTS = [
    Fault(0.3, "die-at", ("registration", "after-commit")),
    Fault(0.6, "mail", ("keeps",), 0.8),
    Fault(0.9, "two", ("registration",), 3.0),
    Fault(1.5, "kill", ("notifications",)),
    Fault(2.0, "freeze", ("mongod",), 0.7),
    Fault(2.4, "clock", ("badges+",), 2.0),
    Fault(2.9, "kill", ("nats",)),
    Fault(3.3, "mail", ("loses",), 0.6),
    Fault(3.7, "nonsense"),
    Fault(4.2, "away", ("badges",), 1.0),
    Fault(4.6, "tell-again"),
    Fault(5.0, "kill-several", ("caddy", "mail", "programme")),
    Fault(5.5, "freeze", ("nats",), 0.8),
    Fault(6.0, "die-at", ("notifications", "mail-after-data")),
    Fault(6.4, "kill", ("mongod",)),
]
"""One of each that does not take the whole house; the wiped stream and the day away are in `make storm`."""


def test_a_house_in_a_short_storm_loses_nothing_and_converges(scratch: Path, monkeypatch: pytest.MonkeyPatch):
    folder = scratch / "storm"
    mood = folder / "mood"
    with running_house(folder / "house", MAIL_MOOD=str(mood), **PATIENT) as house:
        monkeypatch.setenv("VAR", str(house.var))
        layout = Layout.running({**os.environ, **house.settings})
        outcome = Storm(house, layout, mood, folder, seed=7, visitors=6).rage(FAULTS, say=lambda _: None)

    assert outcome.findings == []
    assert sum(outcome.faults.values()) >= len(FAULTS) - 2, "hardly any fault found somebody to hit"
    assert max(outcome.heals) < LIMIT
    done = Counter(one.outcome for one in outcome.evidence.operations)
    assert done["ok"] >= 5, "hardly anybody came"
    assert outcome.evidence.mails
