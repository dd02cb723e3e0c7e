"""What every action shares: where a registration stands, its fact, and the count of people who share an address."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from services.registration import countries
from services.registration import store as kept
from services.registration.domain import telling as domain
from services.registration.domain.registrations import House, Registration, Stand
from services.registration.store import Store, documents
from shared.errors import NotFound
from shared.events.registration import RegistrationFact
from shared.store import Unit

ManageUrl = Callable[[str, int], str]
"""Makes the absolute manage link of a registration's id and generation."""


def told(one: Registration, house: House, manage_url: ManageUrl, **about: Any) -> RegistrationFact:
    """The fact of the registration's present state; `about` as in the domain."""
    country_name = countries.in_every_language(one.organisation.country)
    return domain.told(one, house, manage_url(one.id, one.generation), country_name, **about)


def standing(store: Store, unit: Unit, id: str, *queues: str, generation: int | None = None) -> Stand:
    """A registration with its house, and the waiting lists it stands in besides these `queues`.

    Raises `NotFound` if there is none, or if the link used was of another generation.
    """
    document = unit.get(kept.REGISTRATIONS, id)
    if document is None or generation not in {None, document["generation"]}:
        raise NotFound
    one = documents.registration(document)
    return one, store.house(unit, one.edition, *one.queues(), *queues)


def release_address(unit: Unit, registration: Registration) -> None:
    """One registration fewer uses this address."""
    address = address_key(registration.edition, registration.person.email)
    sharing = unit.get(kept.ADDRESSES, address)
    if sharing and sharing["count"] > 1:
        unit.put(kept.ADDRESSES, {"_id": address, "count": sharing["count"] - 1})
    elif sharing:
        unit.remove(kept.ADDRESSES, address)


def address_key(edition: str, email: str) -> str:
    """The address by its hash: upper and lower case are one."""
    return f"{edition}:{sha256(email.casefold().encode()).hexdigest()}"
