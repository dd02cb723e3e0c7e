"""Forgetting a person: what they held is free, and no count or waiting list remembers them."""

from dataclasses import replace

from services.registration.domain import seats
from services.registration.domain.registrations import House, Stand


def erase(stand: Stand) -> House:
    """The house without this registration, which is no longer counted as anything."""
    one, house = stand
    if one.lives:
        _, house = seats.clear(stand)
    else:
        house = house.keep(house.places.count(**{one.status: -1}))
    queue = house.queue()
    skips = tuple(each for each in queue.skips if each.registration != one.id)
    return house.keep(house.places, replace(queue, skips=skips))
