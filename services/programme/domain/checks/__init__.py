"""What an editor should look at before releasing: conflicts in the draft, and texts that contradict it.

Nothing here refuses anything: a finding is shown, and the programme is released all the same if the team wants so.
"""

from services.programme.domain.checks.finding import Finding, FreeRoom
from services.programme.domain.checks.ground import Ground
from services.programme.domain.checks.people import people
from services.programme.domain.checks.rooms import rooms
from services.programme.domain.checks.texts import texts
from services.programme.domain.checks.times import times
from services.programme.domain.editions import Draft, Edition
from services.programme.domain.places import Places
from services.programme.domain.releases import Release

__all__ = ["Finding", "FreeRoom", "findings"]

_RULES = (rooms, people, times, texts)


def findings(edition: Edition, draft: Draft, places: Places, released: Release | None) -> tuple[Finding, ...]:
    """Everything to look at, conflicts first, then by time; the order of the draft's sessions plays no part."""
    ground = Ground(edition, draft, places, released)
    found = [finding for rule in _RULES for finding in rule(ground)]
    return tuple(sorted(found, key=lambda finding: (finding.severity, *ground.order(finding))))
