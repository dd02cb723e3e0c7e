"""What a storm showed, for the terminal and for `docs/reliability.md`."""

from collections import Counter

from tests.storm.calm import LIMIT, moment
from tests.storm.checks.operations import ROWS, table
from tests.storm.evidence import Evidence
from tests.storm.storm import Outcome

MOST = 40
"""Findings shown; the evidence has the others."""


def report(outcome: Outcome, seed: int, command: str) -> str:
    """The report, as Markdown."""
    heals = sorted(outcome.heals)
    worst = heals[-1] if heals else 0.0
    lines = [
        f"Storm {seed}, {moment()}: `{command}`",
        "",
        f"- {sum(outcome.faults.values())} faults in {outcome.seconds / 60:.1f} minutes: {_counted(outcome.faults)}",
        f"- {len(outcome.evidence.operations)} operations of clients, {_people(outcome.evidence)}",
        f"- healed {len(heals)} times; converged within {_listed(heals)} s (slowest {worst:.1f}, limit {LIMIT:.0f})",
        f"- mails: {_mails(outcome.evidence)}",
        "",
        *_operations(outcome.evidence),
        "",
        f"**{len(outcome.findings)} findings**" if outcome.findings else "**Nothing found: every invariant held.**",
        *(f"- {finding}" for finding in outcome.findings[:MOST]),
    ]
    return "\n".join(lines) + "\n"


def _operations(evidence: Evidence) -> list[str]:
    rows = table(evidence)
    lines = ["| operation | " + " | ".join(ROWS) + " |", "|---|" + "--:|" * len(ROWS)]
    lines += [f"| {kind} | " + " | ".join(str(rows[kind][row] or "") for row in ROWS) + " |" for kind in sorted(rows)]
    total: Counter[str] = sum(rows.values(), Counter())
    return [*lines, "| all | " + " | ".join(str(total[row]) for row in ROWS) + " |"]


def _people(evidence: Evidence) -> str:
    status = Counter(one["status"] for one in evidence.of("registration", "registrations").values())
    return f"{sum(status.values())} registrations ({_counted(status)})"


def _mails(evidence: Evidence) -> str:
    states = Counter(one["state"] for one in evidence.of("notifications", "deliveries").values())
    twice = sum(count > 1 for count in evidence.copies().values())
    return f"{len(evidence.mails)} arrived for {sum(states.values())} deliveries ({_counted(states)}), {twice} doubled"


def _listed(heals: list[float]) -> str:
    return ", ".join(f"{seconds:.1f}" for seconds in heals)


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())
