"""What every action shares: the fact of a registration's state, and the count of people who share an address."""

from collections.abc import Callable
from hashlib import sha256

from services.registration import countries
from services.registration import store as kept
from services.registration.domain import registrations as domain
from services.registration.domain.editions import Category
from services.registration.domain.registrations import Registration
from shared.events.registration import RegistrationFact
from shared.store import Unit

ManageUrl = Callable[[str, int], str]
"""Makes the absolute manage link of a registration's id and generation."""


def told(registration: Registration, category: Category | None, manage_url: str) -> RegistrationFact:
    """The fact of the registration's present state."""
    country_name = countries.in_every_language(registration.organisation.country)
    return domain.told(registration, category, manage_url, country_name)


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
