"""A registration held against the newest release: whether its holder must be written to, and whether still."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.notifications.domain import affected, callings, mails
from services.notifications.domain.affected import Shift, Wishes
from services.notifications.domain.deliveries import Delivery, Template
from services.notifications.domain.mails import Correspondence
from services.notifications.domain.staleness import SAME_AGAIN
from services.notifications.domain.told import Places, Told
from shared.events.registration import RegistrationFact


@dataclass(frozen=True)
class Programme:
    """Every release known of one edition, by number, as far as people are told of it."""

    releases: Mapping[int, Places]

    @property
    def newest(self) -> int:
        """The number of the release that is valid; 0 while there is none."""
        return max(self.releases, default=0)

    def places(self, release: int) -> Places:
        """When and where each session of this release is; nothing when it is not known."""
        return self.releases.get(release, {})


def wishes(fact: RegistrationFact) -> Wishes:
    """What a registration asks for."""
    enrolled = [place.session for place in fact.enrolments]
    return Wishes(enrolled, [wish.session for wish in fact.waiting], fact.release)


def is_concerned(mail: Correspondence) -> bool:
    """Whether releases matter to this registration: only somebody who has a place has a timetable."""
    return mail.known is not None and mail.known.fact.status == "confirmed" and not mail.cancelled


@dataclass(frozen=True)
class Holder:
    """Whoever holds a registration with a place, as far as a release concerns them."""

    registration: str
    generation: int
    name: str
    language: str
    wishes: Wishes
    told: Told


def shifts(asked: Wishes, told: Told, programme: Programme, release: int, now: datetime) -> tuple[Shift, ...]:
    """What the holder was told last and `release` says otherwise."""
    return affected.shifts(asked, told, programme.places(asked.release), programme.places(release), now)


def reviewed(mail: Correspondence, programme: Programme, *, now: datetime, quiet: timedelta) -> Correspondence:
    """After a look at the newest release: one message, due in `quiet`, if anything the person was told has changed.

    While another mail with the timetable is about to leave, it will say it; its end asks for another look.
    """
    newest = programme.newest
    mail = mail.with_told(mail.told.looked_at(newest))
    if mail.known is None or not is_concerned(mail) or mails.is_telling(mail):
        return mail
    if not shifts(wishes(mail.known.fact), mail.told, programme, newest, now):
        return mail
    made = callings.programme_changed(mail.known.fact, mail.known.sequence, newest, mail.told.count, now)
    return mail if made.id in mail.deliveries else mail.with_delivery(replace(made, due=now + quiet))


def claimed(mail: Correspondence, id: str, programme: Programme, *, sender: str, now: datetime) -> Correspondence:
    """`sender` takes a delivery that is due. One that would say that nothing changed is dropped."""
    delivery = mail.deliveries[id]
    release = release_for(delivery, programme)
    if _is_pointless(mail, delivery, programme, release, now):
        return mails.dropped(mail, id, SAME_AGAIN, now=now)
    return mails.claimed(mail, id, sender=sender, now=now, release=release)


def release_for(delivery: Delivery, programme: Programme) -> int:
    """The release a mail is written from: the newest, or, when a copy may have arrived, the same again."""
    return delivery.made_from if delivery.doubts and delivery.made_from else programme.newest


def _is_pointless(mail: Correspondence, delivery: Delivery, programme: Programme, release: int, now: datetime) -> bool:
    if delivery.template is not Template.PROGRAMME_CHANGED or delivery.due is None or delivery.due > now:
        return False
    if mail.known is None or mail.staleness(delivery, now):
        return False
    return not shifts(wishes(mail.known.fact), mail.told, programme, release, now)
