"""The registrations' database: what decisions read and write, what pages show."""

from services.registration.store.documents import Badge, Needs
from services.registration.store.pages import Shown
from services.registration.store.store import (
    ADDRESSES,
    BADGES,
    EDITIONS,
    IDENTITIES,
    IMPORTS,
    LINES,
    LOOKUPS,
    NEEDS,
    PLACES,
    QUEUES,
    REFERENCES,
    REGISTRATIONS,
    RELEASES,
    REQUESTS,
    Store,
)

__all__ = [
    "ADDRESSES",
    "BADGES",
    "EDITIONS",
    "IDENTITIES",
    "IMPORTS",
    "LINES",
    "LOOKUPS",
    "NEEDS",
    "PLACES",
    "QUEUES",
    "REFERENCES",
    "REGISTRATIONS",
    "RELEASES",
    "REQUESTS",
    "Badge",
    "Needs",
    "Shown",
    "Store",
]
