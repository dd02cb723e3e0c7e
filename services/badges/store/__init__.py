"""MongoDB for the badges service: documents and entities, page queries, indexes."""

from services.badges.store.documents import (
    BADGES,
    CHECK_INS,
    DESKS,
    EDITIONS,
    HOLDERS,
    TRIES,
    badge_document,
    check_in_document,
    desk_document,
    edition_document,
    holder_document,
    read_badge,
    read_check_in,
    read_desk,
    read_edition,
    read_holder,
)
from services.badges.store.store import CategoryCount, Counts, Store

__all__ = [
    "BADGES",
    "CHECK_INS",
    "DESKS",
    "EDITIONS",
    "HOLDERS",
    "TRIES",
    "CategoryCount",
    "Counts",
    "Store",
    "badge_document",
    "check_in_document",
    "desk_document",
    "edition_document",
    "holder_document",
    "read_badge",
    "read_check_in",
    "read_desk",
    "read_edition",
    "read_holder",
]
