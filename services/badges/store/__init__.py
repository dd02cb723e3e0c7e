"""MongoDB for the badges service: documents and entities, page queries, indexes."""

from services.badges.store.documents import (
    BADGES,
    CHECK_INS,
    EDITIONS,
    HOLDERS,
    badge_document,
    check_in_document,
    edition_document,
    holder_document,
    read_badge,
    read_check_in,
    read_edition,
    read_holder,
)
from services.badges.store.store import Counts, Store

__all__ = [
    "BADGES",
    "CHECK_INS",
    "EDITIONS",
    "HOLDERS",
    "Counts",
    "Store",
    "badge_document",
    "check_in_document",
    "edition_document",
    "holder_document",
    "read_badge",
    "read_check_in",
    "read_edition",
    "read_holder",
]
