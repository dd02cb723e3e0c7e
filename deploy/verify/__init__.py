"""Whether the invariants hold in a running house, from its databases and its stream alone. Read only.

What is merely on its way is not a finding: whatever is found is looked at again once everything was told and
taken in, and only what is found each time counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic, sleep

from deploy.verify.badges import check_badges
from deploy.verify.erasures import check_erasures
from deploy.verify.facts import check_facts
from deploy.verify.finding import Checked, Finding
from deploy.verify.journal import check_journal, check_letters
from deploy.verify.mails import check_calls, check_deliveries, check_told
from deploy.verify.places import check_places, check_requests
from deploy.verify.projections import check_projections
from deploy.verify.seen import Environments, Seen, look
from deploy.verify.stream import check_stream
from deploy.verify.traces import check_traces
from deploy.verify.waiting import check_lists

__all__ = ["NOT_SEEN", "Checked", "Finding", "Report", "examine", "verify"]

PATIENCE = 20.0
"""Seconds that what is on its way may take to arrive: a house that is healthy again settles in less."""
PAUSE = 1.0

NOT_SEEN = {
    "I1": "what was answered but lost: only the clients know what they were answered (`make storm` keeps their log)",
    "I13": "how a service catches up after a day: `make storm`",
    "I15": "how overload is refused: `make storm`",
}
"""What cannot be read from databases and stream."""


@dataclass(frozen=True)
class _Check:
    look: Callable[[Seen], Checked]
    services: tuple[str, ...] = ()
    """Whose databases it needs; checks without any look at all that can be reached."""


CHECKS = (
    _Check(check_requests, ("registration",)),
    _Check(check_places, ("registration",)),
    _Check(check_lists, ("registration",)),
    _Check(check_facts),
    _Check(check_calls, ("registration", "notifications")),
    _Check(check_projections),
    _Check(check_deliveries, ("registration", "notifications")),
    _Check(check_badges, ("registration", "badges")),
    _Check(check_told, ("registration", "notifications")),
    _Check(check_letters),
    _Check(check_stream),
    _Check(check_journal),
    _Check(check_erasures),
)


@dataclass(frozen=True)
class Report:
    """What each check said, and what could not be looked at."""

    checked: tuple[Checked, ...]
    not_seen: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def findings(self) -> list[Finding]:
        """Everything that must not be, in the order of the invariants."""
        return [finding for one in self.checked for finding in one.findings]


def verify(reachable: Environments, stream_url: str | None = None, *, patience: float = PATIENCE) -> list[Finding]:
    """Everything that must not be; nothing in a healthy house. `stream_url` names a user who may read the stream."""
    return examine(reachable, stream_url, patience=patience).findings


def examine(
    reachable: Environments, stream_url: str | None = None, *, patience: float = PATIENCE, texts: Sequence[str] = ()
) -> Report:
    """Look, and look again for up to `patience` seconds while there are findings; `texts` must be nowhere.

    In a house at rest, what is found twice is not waited for.
    """
    began = monotonic()
    seen = look(reachable, stream_url)
    report = _checked(seen)
    while report.findings and monotonic() - began < patience:
        sleep(PAUSE)
        before, seen = report, look(reachable, stream_url)
        report = _in_both(before, _checked(seen))
        if not seen.busy and len(report.findings) == len(before.findings):
            break
    traces = (check_traces(reachable, stream_url, texts),) if texts else ()
    return replace(report, checked=(*report.checked, *traces), seconds=monotonic() - began)


def _checked(seen: Seen) -> Report:
    checked: list[Checked] = []
    missing: list[str] = []
    for check in CHECKS:
        if check.look is check_stream and seen.stream is None:
            missing.append("I14 the stream: no user who may read it is known here")
        elif not seen.reaches(check.services):
            needed = " and ".join(check.services)
            missing.append(f"{(check.look.__doc__ or '').split(':')[0]} needs the databases of {needed}")
        else:
            checked.append(check.look(seen))
    return Report(tuple(checked), tuple(missing))


def _in_both(before: Report, after: Report) -> Report:
    """What was found at both looks, in the words of the later one."""
    places = {finding.place for finding in before.findings}
    kept = [
        replace(one, findings=tuple(found for found in one.findings if found.place in places)) for one in after.checked
    ]
    return replace(after, checked=tuple(kept))
