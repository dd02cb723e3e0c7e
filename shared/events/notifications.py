"""Facts of the notifications service: who was told."""

from datetime import datetime

from shared.events.base import Fact


class EmailSent(Fact):
    """The mail server accepted the message."""

    publisher = "notifications"
    name = "email-sent"
    key_field = "registration"

    registration: str
    edition: str
    delivery: str
    cause: str
    """What called for the message: with the recipient and the template, sent once."""
    template: str
    at: datetime
    release: int = 0
    """The release of the programme that it was written from."""
    state: int = 0
    """The sequence of the registration's state that it was written from."""
    with_badge: bool | None = None
    """Of a mail that may bring a badge: whether it did."""


class EmailFailed(Fact):
    """The message will not arrive: refused by the mail server, or its outcome is unknown."""

    publisher = "notifications"
    name = "email-failed"
    key_field = "registration"

    registration: str
    edition: str
    delivery: str
    template: str
    state: str
    reason: str
    at: datetime


class ErasedHere(Fact):
    """This service holds nothing of the person any more: the answer to registration's `erased`."""

    publisher = "notifications"
    name = "erased-here"
    key_field = "registration"

    registration: str
    edition: str
    at: datetime
