"""Who has a badge, and what the door answers. Pure: state and facts in, new state and facts out."""

from services.badges.domain.door import (
    UNDO_WITHIN,
    CheckIn,
    NobodyAdmitted,
    NonceReused,
    Presented,
    Result,
    UndoneTooLate,
    check_in,
    same_question,
    undo,
)
from services.badges.domain.editions import Edition
from services.badges.domain.issuing import (
    Badge,
    BadgeWithdrawn,
    Entry,
    Holder,
    Reason,
    badge_key,
    issue,
    passed_on,
    project,
    revoke,
    to_withdraw,
)

__all__ = [
    "UNDO_WITHIN",
    "Badge",
    "BadgeWithdrawn",
    "CheckIn",
    "Edition",
    "Entry",
    "Holder",
    "NobodyAdmitted",
    "NonceReused",
    "Presented",
    "Reason",
    "Result",
    "UndoneTooLate",
    "badge_key",
    "check_in",
    "issue",
    "passed_on",
    "project",
    "revoke",
    "same_question",
    "to_withdraw",
    "undo",
]
