"""Facts of the badges service: who is here."""

from datetime import datetime

from shared.events.base import Fact


class Issued(Fact):
    """A badge exists. It carries the A6 PDF itself, so that the mail needs nobody else."""

    publisher = "badges"
    name = "issued"
    key_field = "registration"

    registration: str
    edition: str
    generation: int
    code: str
    """What a person may type at the door when the QR cannot be read."""
    link: str
    """Absolute address of the PDF, a capability link. With `.svg` in the place of `.pdf` it is the QR code alone."""
    pdf: str
    """The A6 PDF, base64, at most 64 kB."""
    drawn_from: int = 0
    """The sequence of the registration's fact that it shows: a badge is drawn again when what stands on it changes."""


class Revoked(Fact):
    """The badge of this generation no longer opens the door."""

    publisher = "badges"
    name = "revoked"
    key_field = "registration"

    registration: str
    edition: str
    generation: int
    reason: str


class CheckedIn(Fact):
    """The person was admitted. A rehearsal counts nothing towards attendance."""

    publisher = "badges"
    name = "checked-in"
    key_field = "registration"

    registration: str
    edition: str
    gate: str
    at: datetime
    rehearsal: bool


class CheckInUndone(Fact):
    """An admission was a mistake, and no longer counts."""

    publisher = "badges"
    name = "check-in-undone"
    key_field = "registration"

    registration: str
    edition: str
    gate: str
    at: datetime
    """When the admission had been."""
    undone_at: datetime
    rehearsal: bool


class ErasedHere(Fact):
    """This service holds nothing of the person any more: the answer to registration's `erased`."""

    publisher = "badges"
    name = "erased-here"
    key_field = "registration"

    registration: str
    edition: str
    at: datetime
