"""A registration as the other services are told of it."""

from typing import Any

from services.registration.domain.registrations import House, Registration
from shared.events import Text
from shared.events import registration as facts

FACTS: dict[str, type[facts.RegistrationFact]] = {
    "pending": facts.Submitted,
    "confirmed": facts.Confirmed,
    "waitlisted": facts.Waitlisted,
    "offered": facts.Offered,
    "refused": facts.Refused,
    "cancelled": facts.Cancelled,
}
"""What became of a registration when it entered this status."""


def told(
    one: Registration,
    house: House,
    manage_url: str,
    country_name: Text | None = None,
    *,
    fact: type[facts.RegistrationFact] | None = None,
    **about: Any,
) -> facts.RegistrationFact:
    """The fact of the registration's present state: that of its status, or another `fact` that says more.

    `house` has the waiting lists it stands in. A category that is gone is told by its id. `country_name` is the
    country as the organiser names it, for badges and mails that have no list of their own. `about` are the
    fact's own fields: `changed`, `session`, `actor`, `reason`, `previous`, `previous_email`, `quiet`.
    """
    category = house.category(one.category)
    return (fact or FACTS[one.status])(
        registration=one.id,
        edition=one.edition,
        status=one.status,
        category=one.category,
        category_label=dict(category.label) if category else {"fr": one.category},
        person=facts.Person(**vars(one.person)),
        organisation=facts.Organisation(**vars(one.organisation), country_name=country_name or {}),
        consents=facts.Consents(**vars(one.consents)),
        enrolments=tuple(facts.Enrolment(session=id, state="enrolled") for id in one.sessions),
        waiting=waiting(one, house),
        wishes=one.wishes,
        position=house.queue().position(one.id) if one.status == "waitlisted" else None,
        offered_until=one.offered_until,
        release=one.release,
        generation=one.badge,
        manage_url=manage_url,
        same_address=one.same_address,
        registered_at=one.registered_at,
        reference=one.reference,
        **{"reason": one.reason, **about},
    )


def waiting(one: Registration, house: House) -> tuple[facts.Waiting, ...]:
    """What the person waits for, with the place in each line; somebody with an offer is first."""
    return tuple(
        facts.Waiting(
            session=wish.session,
            position=house.queue(wish.session).position(one.id) or 1,
            offered_until=wish.offered_until,
        )
        for wish in one.waiting
    )
