"""Another choice of sessions: what is left, what is taken, what is waited for, all at once or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from services.registration.domain import seats
from services.registration.domain.editions import Programme, can_sign_up, overlaps
from services.registration.domain.refusals import Invalid, SessionFull, SessionUnknown, WorkshopFull, mistake_of
from services.registration.domain.registrations import House, Registration, Stand
from shared.errors import Refusal
from shared.events.programme import Session


@dataclass(frozen=True)
class Choice:
    """What a person wants now: sessions to attend, and full ones to wait for."""

    sessions: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    both: bool = False
    """Keep two at the same time, where the edition lets people."""

    @property
    def version(self) -> str:
        """Stands for the choice, so that a page can say on what it was built."""
        return sha256(repr((sorted(self.sessions), sorted(self.waiting))).encode()).hexdigest()[:20]


def present(one: Registration) -> Choice:
    """What somebody has chosen so far. A place that is offered is neither: it has a page of its own."""
    if one.status != "confirmed":
        return Choice(one.wishes)
    return Choice(one.sessions, tuple(wish.session for wish in one.waiting if wish.offered_until is None))


def choose(stand: Stand, wanted: Choice, now: datetime) -> Stand:
    """The registration with this choice; raises `Invalid` with everything that is wrong with it, and changes nothing.

    Sessions that are over or cancelled stay as they are: nobody can leave them any more. Who has no place at the
    edition yet changes what they wish for.
    """
    one, house = stand
    wanted = _with_what_stays(one, wanted, house.programme, now)
    if refusals := [*wrong(one, wanted, house, now)]:
        raise Invalid([mistake_of(refusal) for refusal in refusals])
    before = present(one)
    if one.status != "confirmed":
        same = {*before.sessions} == {*wanted.sessions, *wanted.waiting}
        return stand if same else (replace(one, wishes=(*wanted.sessions, *wanted.waiting)), house)
    return _moved(stand, before, wanted, now)


def _moved(stand: Stand, before: Choice, wanted: Choice, now: datetime) -> Stand:
    for session in before.sessions:
        if session not in wanted.sessions:
            stand = seats.leave(stand, session)
    for session in before.waiting:
        if session not in wanted.waiting:
            stand = seats.give_up(stand, session)
    for session in wanted.sessions:
        if session not in before.sessions:
            stand = seats.enrol(stand, session)
    for session in wanted.waiting:
        stand = seats.admit(stand, session, now)
    return stand


def told(stand: Stand) -> Stand:
    """The choice as one more fact, on the programme as it is now."""
    one, house = stand
    return replace(one, release=house.programme.release, sequence=one.sequence + 1), house


def wrong(one: Registration, wanted: Choice, house: House, now: datetime) -> Iterable[Refusal]:
    """Everything that is wrong with a choice; what the team arranged before is not."""
    programme, before = house.programme, present(one)
    new = [id for id in wanted.sessions if id not in before.sessions]
    for id in (*new, *(id for id in wanted.waiting if id not in before.waiting)):
        if not _can_take(programme, id, now):
            yield SessionUnknown(session=id)
    found = [programme.sessions[id] for id in wanted.sessions if id in programme.sessions]
    if not (wanted.both and house.edition.overlaps == "warn"):
        yield from _clashes(found, {*before.sessions}, programme)
    if one.status == "confirmed":
        for id in new:
            if _can_take(programme, id, now) and house.places.is_full(programme.sessions[id]):
                workshop = programme.tone(programme.sessions[id]) == "workshop"
                full = WorkshopFull if workshop else SessionFull
                yield full(session=id, waiting=house.places.waiting.get(id, 0))


def _clashes(sessions: list[Session], kept: set[str], programme: Programme) -> Iterable[Refusal]:
    seen: set[datetime] = set()
    for one, other in overlaps(sessions):
        if not {one.id, other.id} <= kept and other.start not in seen:
            seen.add(other.start)
            yield programme.clash(one, other)


def _can_take(programme: Programme, id: str, now: datetime) -> bool:
    session = programme.sessions.get(id)
    return session is not None and can_sign_up(session, now)


def _with_what_stays(one: Registration, wanted: Choice, programme: Programme, now: datetime) -> Choice:
    before = present(one)
    offered = {wish.session for wish in one.waiting if wish.offered_until}
    sessions = [id for id in wanted.sessions if id not in offered]
    stays = [id for id in before.sessions if not _can_take(programme, id, now)]
    waiting = [id for id in wanted.waiting if id not in offered and id not in sessions]
    return Choice(tuple(dict.fromkeys([*stays, *sessions])), tuple(dict.fromkeys(waiting)), wanted.both)
