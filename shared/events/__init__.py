"""The contracts: one class per fact and version, one file per publisher. See `docs/glossary.md`."""

from shared.events import badges, notifications, programme, registration
from shared.events.base import PREFIX, Envelope, Fact, Part, Text

CATALOGUE: dict[str, type[Fact]] = {
    fact.type(): fact
    for fact in (
        registration.Submitted,
        registration.Confirmed,
        registration.Waitlisted,
        registration.Offered,
        registration.Refused,
        registration.Amended,
        registration.Transferred,
        registration.Cancelled,
        registration.LinkRequested,
        registration.PlacesChanged,
        programme.EditionChanged,
        programme.Released,
        programme.AccessChanged,
        badges.Issued,
        badges.Revoked,
        badges.CheckedIn,
        badges.CheckInUndone,
        notifications.EmailSent,
        notifications.EmailFailed,
    )
}
"""Every fact by its CloudEvents type."""

__all__ = ["CATALOGUE", "PREFIX", "Envelope", "Fact", "Part", "Text"]
