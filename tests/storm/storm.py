"""A storm from the first fault to the report."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy import manage
from deploy.children import Stopped
from deploy.layout import Layout
from deploy.manage.reachable import environments
from deploy.verify import examine
from tests.house import House
from tests.storm import calm
from tests.storm.checks import Finding, findings
from tests.storm.crowd import Crowd, prepare
from tests.storm.databases import Databases
from tests.storm.evidence import Evidence, collect
from tests.storm.history import History
from tests.storm.schedule import Fault
from tests.storm.weather import Weather

Say = Callable[[str], None]


@dataclass
class Outcome:
    """Everything a report says."""

    evidence: Evidence = field(default_factory=Evidence)
    findings: list[Finding] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    heals: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Storm:
    """One house, one crowd, one schedule. `folder` gets the history and the faults."""

    def __init__(self, house: House, layout: Layout, mood: Path, folder: Path, *, seed: int, visitors: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._house = house
        self._layout = layout
        self._crowd = Crowd(house, History(folder / "history.jsonl"), seed, visitors)
        self._weather = Weather(house, layout, mood, folder / "faults.jsonl", self._crowd.doors)
        self._outcome = Outcome()

    def rage(self, faults: Sequence[Fault], say: Say, heal_every: float = 90.0) -> Outcome:
        """All of it. A house that does not come to rest ends the storm, and that is what it found."""
        prepare(self._house)
        self._crowd.start()
        try:
            self._rage(faults, say, heal_every)
            self._examine(say)
        except (calm.NotCalm, Stopped) as missing:
            self._crowd.end()
            self._outcome.evidence = self._collect()
            self._outcome.findings = [Finding("convergence", "the house did not come to rest", str(missing))]
        self._outcome.faults = Counter(self._weather.counts)
        self._weather.close()
        return self._outcome

    def _rage(self, faults: Sequence[Fault], say: Say, heal_every: float) -> None:
        begun, next_heal, paused = time.monotonic(), heal_every, 0.0
        for fault in faults:
            while (now := time.monotonic() - begun - paused) < fault.at:
                self._weather.end_due()
                time.sleep(min(0.05, fault.at - now))
            if fault.at > next_heal:
                paused += self._heal(say)
                next_heal += heal_every
            say(str(fault))
            self._weather.begin(fault)
        self._outcome.seconds = time.monotonic() - begun

    def _heal(self, say: Say) -> float:
        begun = time.monotonic()
        self._weather.clear_up()
        self._crowd.close_gate(True)
        took = calm.converge(self._house, self._layout, self._crowd.asking, self._weather.note)
        self._outcome.heals.append(took)
        say(f"{'':9} healed: converged in {took:.1f} s, {len(self._crowd.operations)} operations so far")
        self._crowd.close_gate(False)
        return time.monotonic() - begun

    def _examine(self, say: Say) -> None:
        self._heal(say)
        self._crowd.end()
        calm.settle(self._house, self._layout)
        evidence = self._collect()
        outcome = self._outcome
        outcome.evidence = evidence
        outcome.findings = findings(evidence) + self._tell_everything_again(evidence) + self._verify()
        outcome.findings += [Finding("storm", "a client stumbled", failure) for failure in self._crowd.failures]
        slow = [seconds for seconds in outcome.heals if seconds > calm.LIMIT]
        outcome.findings += [Finding("convergence", f"took {seconds:.1f} s") for seconds in slow]

    def _tell_everything_again(self, before: Evidence) -> list[Finding]:
        """I12: the whole history again changes nothing, and mails nobody."""
        assert manage.main(["replay"]) == 0
        calm.converge(self._house, self._layout, lambda: 0)
        after = self._collect()
        counted = {
            "mails": (len(before.mails), len(after.mails)),
            "facts": (len(before.facts), len(after.facts)),
            **{
                f"{service}.{name}": (len(documents), len(after.documents[service, name]))
                for (service, name), documents in before.documents.items()
            },
        }
        return [
            Finding("I12", f"told again, {name} went from {a} to {b}") for name, (a, b) in counted.items() if a != b
        ]

    def _verify(self) -> list[Finding]:
        """The same house as `manage verify` sees it, from its databases and its stream alone."""
        texts = sorted(self._outcome.evidence.forgotten_addresses())
        reachable = environments({"VAR": str(self._house.var)})
        found = examine(reachable, self._layout.nats_admin_url, texts=texts).findings
        return [Finding(one.invariant, f"verify: {one.what}", one.where) for one in found]

    def _collect(self) -> Evidence:
        with Databases(self._layout, patience=60) as databases:
            return collect(databases, self._house.maildir, self._crowd.operations, self._weather.nonsense)
