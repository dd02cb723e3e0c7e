"""Another category for somebody who is registered already: the team's to decide."""

from dataclasses import replace

from services.registration.domain.places import left
from services.registration.domain.queues import Queue
from services.registration.domain.refusals import CategoryFull, CategoryStays
from services.registration.domain.registrations import Stand


def recategorise(stand: Stand, category: str) -> Stand:
    """The registration in this category; the same as before changes nothing.

    Refused when the category is full or others wait for it, and for who stands in the line of a category.
    """
    one, house = stand
    if category == one.category:
        return stand
    wanted = house.edition.category(category, staff=True)
    moved = replace(one, category=wanted.id)
    if one.status == "pending":
        return moved, house
    if one.status != "confirmed":
        raise CategoryStays
    places = house.places.take(one.category, -1)
    if left(wanted.quota, places.categories.get(wanted.id, 0)) == 0 or places.queued.get(wanted.id):
        raise CategoryFull(waiting=places.queued.get(wanted.id, 0))
    queues = [_renamed(house.queue(wish.session), one.id, wanted.id) for wish in one.waiting]
    return moved, house.keep(places.take(wanted.id), *queues)


def _renamed(queue: Queue, registration: str, category: str) -> Queue:
    return replace(
        queue,
        waiting=tuple(
            replace(entry, category=category) if entry.registration == registration else entry
            for entry in queue.waiting
        ),
        offers=tuple(
            replace(offer, category=category) if offer.registration == registration else offer for offer in queue.offers
        ),
    )
