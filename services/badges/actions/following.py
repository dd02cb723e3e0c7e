"""What editions and registrations become here: who holds a badge, whose falls due, whose is void."""

from services.badges import domain
from services.badges.domain import Edition, Holder
from services.badges.store import (
    BADGES,
    EDITIONS,
    HOLDERS,
    Store,
    badge_document,
    edition_document,
    holder_document,
    read_badge,
    read_edition,
    read_holder,
)
from shared.events import Envelope
from shared.events.programme import EditionChanged
from shared.events.registration import RegistrationFact
from shared.signing import digest
from shared.store import Unit, by, by_id


async def project_edition(store: Store, envelope: Envelope, fact: EditionChanged) -> None:
    """Keep what badges and the door need to know of an edition."""

    def decide(unit: Unit) -> None:
        known = unit.get(EDITIONS, fact.edition)
        if known and read_edition(known).sequence >= envelope.sequence:
            return
        unit.put(EDITIONS, edition_document(edition_told(fact, envelope.sequence)))

    await store.consume(envelope, decide, by_id(EDITIONS, fact.edition))


async def project_registration(store: Store, envelope: Envelope, fact: RegistrationFact) -> None:
    """Keep who holds a badge, note that one falls due, and revoke those that this fact makes void."""
    told = holder_told(fact, envelope.sequence)

    def decide(unit: Unit) -> None:
        known = unit.get(HOLDERS, fact.registration)
        former = read_holder(known) if known else None
        holder = domain.project(former, told)
        if holder is None:
            return
        badges = [read_badge(document) for document in unit.find(BADGES, "registration", fact.registration)]
        for badge, reason in domain.to_withdraw(holder, badges):
            holder, withdrawn, revoked = domain.revoke(holder, domain.named(badge, former), reason, envelope.time)
            unit.put(BADGES, badge_document(withdrawn))
            unit.record(revoked, holder.told)
        unit.put(HOLDERS, holder_document(holder))

    reads = by_id(HOLDERS, fact.registration), by(BADGES, "registration", fact.registration)
    await store.consume(envelope, decide, *reads)


def edition_told(fact: EditionChanged, sequence: int) -> Edition:
    """The edition as this fact tells it."""
    return Edition(
        id=fact.edition,
        short=fact.short,
        dates=fact.dates,
        timezone=fact.timezone,
        organiser=fact.organiser,
        contact_email=fact.contact_email,
        contact_phone=fact.contact_phone,
        sequence=sequence,
    )


def holder_told(fact: RegistrationFact, sequence: int) -> Holder:
    """The holder as this fact tells them."""
    return Holder(
        registration=fact.registration,
        edition=fact.edition,
        status=fact.status,
        generation=fact.generation,
        given_name=fact.person.given_name,
        family_name=fact.person.family_name,
        language=fact.person.language,
        function=fact.person.function,
        organisation=fact.organisation.name,
        country=fact.organisation.country,
        country_name=fact.organisation.country_name,
        category=fact.category,
        category_label=fact.category_label,
        image=fact.consents.image,
        sequence=sequence,
        link=digest(fact.manage_url),
    )
