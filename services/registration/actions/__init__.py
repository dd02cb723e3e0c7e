"""What can be done: register, approve, offer and take places, cancel, set rules, and learn what other services tell."""

from services.registration.actions.acting import By
from services.registration.actions.amending import correct, replace_link
from services.registration.actions.approving import approve, refuse, sign_up
from services.registration.actions.cancelling import cancel
from services.registration.actions.choosing import Amendment, amend, choose
from services.registration.actions.erasing import erase, erased_there
from services.registration.actions.exporting import note_export
from services.registration.actions.importing import confirm_import, discard_import, forget_lines, keep_import
from services.registration.actions.learning import project_badge, project_edition, project_release
from services.registration.actions.linking import answer_lookup, request_link
from services.registration.actions.offering import accept, decline, promote
from services.registration.actions.registering import Answer, AtTheDesk, Key, answered, register
from services.registration.actions.ruling import rules_version, set_rules
from services.registration.actions.telling import ManageUrl
from services.registration.actions.transferring import transfer

__all__ = [
    "Amendment",
    "Answer",
    "AtTheDesk",
    "By",
    "Key",
    "ManageUrl",
    "accept",
    "amend",
    "answer_lookup",
    "answered",
    "approve",
    "cancel",
    "choose",
    "confirm_import",
    "correct",
    "decline",
    "discard_import",
    "erase",
    "erased_there",
    "forget_lines",
    "keep_import",
    "note_export",
    "project_badge",
    "project_edition",
    "project_release",
    "promote",
    "refuse",
    "register",
    "replace_link",
    "request_link",
    "rules_version",
    "set_rules",
    "sign_up",
    "transfer",
]
