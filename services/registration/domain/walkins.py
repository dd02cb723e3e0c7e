"""Whoever comes to the desk without a registration: in as soon as somebody of the team writes them down."""

from datetime import datetime

from services.registration.domain.registrations import Application, House, Registration, Stand


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
    made = Registration(
        id=id,
        edition=application.edition,
        status="confirmed",
        category=category.id,
        person=application.person,
        organisation=application.organisation,
        phone=application.phone,
        sessions=(),
        consents=application.consents,
        release=house.programme.release,
        registered_at=now,
        same_address=shared,
    )
    return made, house.keep(house.places.take(category.id))
