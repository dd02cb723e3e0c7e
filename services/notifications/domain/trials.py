"""A mail that a member of the team sends to try its words. It is no delivery: it is counted nowhere."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from services.notifications.domain.attempts import Outcome, Verdict
from services.notifications.domain.letters import Content

ATTEMPTS = 5
"""A trial that the mail server does not take at once helps nobody hours later."""
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True)
class Trial:
    """One mail of an invented person to a member of the team, on its way or at its end."""

    id: str
    reply_to: str
    recipient: str
    language: str
    content: Content
    at: datetime
    state: Literal["waiting", "sent", "failed"] = "waiting"
    attempts: int = 0
    reason: str = ""


def tried(trial: Trial, outcome: Outcome, *, now: datetime) -> Trial:
    """The trial after an attempt: one answer that is no refusal for now settles it."""
    after = replace(trial, attempts=trial.attempts + 1, reason=outcome.reason)
    if outcome.verdict is Verdict.ACCEPTED:
        return replace(after, state="sent")
    lost = outcome.verdict in {Verdict.REFUSED, Verdict.UNKNOWN}
    if lost or after.attempts >= ATTEMPTS or now - trial.at > PATIENCE:
        return replace(after, state="failed")
    return after
