"""What must hold after a storm, by subject. Each check looks at the evidence alone and answers with findings."""

from tests.storm.checks import door, facts, mails, operations, places, team
from tests.storm.checks.finding import Finding
from tests.storm.evidence import Evidence

SUBJECTS = (operations, facts, places, mails, door, team)


def findings(evidence: Evidence) -> list[Finding]:
    """Everything that does not hold."""
    return [finding for subject in SUBJECTS for finding in subject.check(evidence)]


__all__ = ["Finding", "findings"]
