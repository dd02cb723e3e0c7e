"""What the badges service does: follow registrations, issue and revoke badges, answer at the door."""

from services.badges.actions.checking_in import Answer, Shown, check_in
from services.badges.actions.following import project_edition, project_registration
from services.badges.actions.issuing import issue_due

__all__ = ["Answer", "Shown", "check_in", "issue_due", "project_edition", "project_registration"]
