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
        registration.Erased,
        registration.PlacesChanged,
        registration.RulesChanged,
        programme.EditionChanged,
        programme.Released,
        programme.AccessChanged,
        badges.Issued,
        badges.Revoked,
        badges.CheckedIn,
        badges.CheckInUndone,
        badges.ErasedHere,
        notifications.EmailSent,
        notifications.EmailFailed,
        notifications.ErasedHere,
    )
}
"""Every fact by its CloudEvents type."""

ERASED_HERE: tuple[type[badges.ErasedHere] | type[notifications.ErasedHere], ...] = (
    badges.ErasedHere,
    notifications.ErasedHere,
)
"""What each service that learns of people says when it has forgotten one."""

__all__ = ["CATALOGUE", "ERASED_HERE", "PREFIX", "Envelope", "Fact", "Part", "Text"]
