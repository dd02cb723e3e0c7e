"""What one mail speaks of besides the registration itself: an offer, a transfer, what changed and how."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.notifications.domain import timetables
from services.notifications.domain.affected import Shift
from services.notifications.domain.deliveries import WELCOMES, Delivery, Template
from services.notifications.domain.letters import Difference, Matter, Note, Said
from services.notifications.domain.mails import Known
from services.notifications.domain.timetables import Item
from services.notifications.domain.told import Place, Told
from shared.events import Text
from shared.events.programme import Released

_WITH_SHIFTS = frozenset({*WELCOMES, Template.SESSIONS_CHANGED, Template.PROGRAMME_CHANGED})


@dataclass(frozen=True)
class Sources:
    """What a matter is made from. `shifts` is what the programme changed since the person's last word from us."""

    delivery: Delivery
    known: Known
    released: Released | None
    told: Told
    shifts: Sequence[Shift] = ()
    registrations: tuple[tuple[str, str], ...] = ()


def matter(sources: Sources) -> Matter:
    """What this mail speaks of."""
    delivery, fact = sources.delivery, sources.known.fact
    about = delivery.about
    session = next(iter(timetables.one(about.session, sources.released, "waited")), None)
    offer_url = f"{fact.manage_url}/offre/{about.session or 'place'}"
    return Matter(
        session=session,
        until=about.until,
        offer_url=offer_url if delivery.template is Template.OFFERED else "",
        position=fact.position or 0,
        person=about.other,
        release=delivery.made_from,
        differences=tuple(_differences(sources)) if delivery.template in _WITH_SHIFTS else (),
        fields=tuple(name for name in about.fields if name != "image"),
        registrations=sources.registrations,
    )


def _differences(sources: Sources) -> Iterator[Difference]:
    shifts = {shift.session: shift for shift in sources.shifts}
    if sources.delivery.template is Template.SESSIONS_CHANGED:
        yield from _choices(sources, shifts)
    for shift in shifts.values():
        yield _shifted(shift, _title(shift.session, sources.released))


def _choices(sources: Sources, shifts: dict[str, Shift]) -> Iterator[Difference]:
    """What the person chose, gave up, or waits for now, next to the last timetable they have.

    What moved since their page showed it is said once, and taken out of `shifts`.
    """
    fact, released, told = sources.known.fact, sources.released, sources.told
    chosen = {place.session for place in fact.enrolments}
    had = {mention.id for mention in told.said.values() if mention.why == "chosen"}
    for item in _sessions(sorted(had - chosen), released):
        yield Difference(item.title, _moment(item), (), "dropped")
    for item in _sessions(sorted(chosen - had), released):
        moved = shifts.pop(item.id, None)
        note: Note = "cancelled" if item.cancelled else "added"
        yield Difference(item.title, _moment(moved.before) if moved else (), _moment(item), note)
    for wish in fact.waiting:
        mention = told.said.get(wish.session)
        if wish.offered_until is None and (mention is None or mention.why != "waited"):
            for item in _sessions([wish.session], released):
                yield Difference(item.title, (), _moment(item), "waiting", wish.position)


def _sessions(ids: Sequence[str], released: Released | None) -> list[Item]:
    found = [item for id in ids for item in timetables.one(id, released, "chosen")]
    return sorted(found, key=lambda item: (item.start, item.end, item.uid))


def _shifted(shift: Shift, title: Text) -> Difference:
    before, after = _moment(shift.before), _moment(shift.after)
    if shift.kind == "cancelled":
        return Difference(title, before, (), "cancelled")
    if shift.kind == "reinstated":
        return Difference(title, (), after, "reinstated")
    return Difference(title, before, after)


def _moment(place: Place | Item) -> tuple[Said, ...]:
    return ((place.start, place.end), *((place.room,) if place.room else ()))


def _title(id: str, released: Released | None) -> Text:
    return next((item.title for item in timetables.one(id, released, "chosen")), {"fr": id})
