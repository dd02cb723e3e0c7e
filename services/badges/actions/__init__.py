"""What the badges service does: follow registrations, issue and revoke badges, answer at the door."""

from services.badges.actions.batches import Printable, discard_batch, paper, print_batch, printable
from services.badges.actions.checking_in import Answer, Question, check_in, undo
from services.badges.actions.desk_links import enter_desk, open_desk, withdraw_desk
from services.badges.actions.erasing import erase, erasing
from services.badges.actions.following import project_edition, project_registration
from services.badges.actions.issuing import TRY_AGAIN, issue_due, try_again

__all__ = [
    "TRY_AGAIN",
    "Answer",
    "Printable",
    "Question",
    "check_in",
    "discard_batch",
    "enter_desk",
    "erase",
    "erasing",
    "issue_due",
    "open_desk",
    "paper",
    "print_batch",
    "printable",
    "project_edition",
    "project_registration",
    "try_again",
    "undo",
    "withdraw_desk",
]
