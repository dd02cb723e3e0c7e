"""Whoever comes to the desk without a registration: in as soon as somebody of the team writes them down."""

from dataclasses import replace
from datetime import datetime

from services.registration.domain import joining
from services.registration.domain.registrations import Application, House, Stand


def walk_in(
    application: Application, house: House, *, id: str, now: datetime, shared: bool, beyond: bool = False
) -> Stand:
    """A confirmed registration in any category, also after registration has closed, and approved by being here.

    When the edition or the category is full, or others wait, it takes `beyond`: somebody decided to go over.
    """
    category = house.edition.category(application.category, staff=True)
    refusal = house.places.refusal(house.edition, category, now)
    if refusal and not beyond:
        raise refusal(waiting=house.places.waitlisted)
    made = replace(joining.asked(application, house, id=id, now=now, shared=shared), status="confirmed")
    return made, house.keep(house.places.take(category.id))
