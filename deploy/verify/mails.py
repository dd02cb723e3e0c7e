"""I6, I8 and I10: everybody got exactly the mails that facts call for, none is forgotten, nobody knows old times."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from deploy.verify.finding import Checked, Finding, count
from deploy.verify.seen import Entry, Seen
from services.notifications.domain import callings, reviews
from services.notifications.domain.deliveries import TELLS_TIMETABLE, Delivery, State, Template, delivery_id
from services.notifications.domain.reviews import Holder, Programme
from services.notifications.domain.told import places
from services.notifications.store import documents
from shared.events.programme import Released
from shared.events.registration import RegistrationFact

PATIENCE = timedelta(minutes=10)
"""A mail that was due so long ago is stuck: the mail server is away, or something it waits for never came."""
SENDING = timedelta(minutes=15)
"""Longer than a mail server may take for one message; its sender is dead, and nobody noticed."""

HELD_MAILS = "/equipe/messages?etat=retenu"
"""Where the team finds the mails that wait for a person to decide."""

OF_ITS_OWN = frozenset(
    {Template.BADGE_READY, Template.PROGRAMME_CHANGED, Template.REMINDER_EDITION, Template.REMINDER_SESSION}
)
"""Mails that no single fact of a registration calls for."""


def check_calls(seen: Seen) -> Checked:
    """I6: each fact has the mails it calls for, and each mail a fact that called for it."""
    deliveries = _deliveries(seen)
    wanted: dict[str, tuple[Entry, Delivery]] = {}
    for history in seen.histories.values():
        for entry in history:
            if isinstance(entry.fact, RegistrationFact):
                calls = callings.called_for(entry.fact, entry.sequence, entry.at)
                wanted |= {one.id: (entry, one) for one in calls}
    findings = [
        Finding("I6", f"delivery {id}", f"{entry.id} calls for the mail {one.template}, and there is none")
        for id, (entry, one) in wanted.items()
        if id not in deliveries
    ]
    called = {(one.cause, one.template) for _, one in wanted.values()}
    for one in deliveries.values():
        if one.template not in OF_ITS_OWN and (one.cause, one.template) not in called:
            findings.append(Finding("I6", f"delivery {one.id}", f"no fact calls for this mail {one.template}"))
        if one.id != delivery_id(one.cause, _recipient(one), one.template):
            findings.append(
                Finding("I6", f"delivery {one.id}", "its id is not that of its cause, recipient and template")
            )
    looked_at = f"{count(len(wanted), 'mail')} called for, {count(len(deliveries), 'delivery', 'deliveries')}"
    return Checked("I6", "effects of facts", looked_at, tuple(findings))


def _recipient(delivery: Delivery) -> str:
    """Reminders are one for each registration, whatever its address has become."""
    reminds = delivery.template in {Template.REMINDER_EDITION, Template.REMINDER_SESSION}
    return "" if reminds else delivery.recipient


def check_deliveries(seen: Seen) -> Checked:
    """I8: each mail ended or has a time at which it goes on; twice only with the flag."""
    deliveries = _deliveries(seen)
    findings: list[Finding] = []
    arrived = Counter((one.cause, one.template) for one in deliveries.values() if one.may_have_arrived)
    for (cause, template), times in arrived.items():
        if times > 1:
            findings.append(Finding("I8", f"{cause}, {template}", f"{times} mails left for one cause"))
    stuck = ((one, _forgotten(one, seen)) for one in deliveries.values())
    findings += [Finding("I8", f"delivery {one.id}", what) for one, what in stuck if what]
    states = Counter(one.state for one in deliveries.values())
    looked_at = ", ".join(f"{states[state]:,} {state}" for state in State if states[state]) or "no deliveries"
    return Checked("I8", "mails", looked_at, tuple(findings), tuple(_doubtful(deliveries)))


def _forgotten(one: Delivery, seen: Seen) -> str:
    if one.state in {State.QUEUED, State.RETRY} and one.due is None:
        return f"is {one.state}, and nobody will ever try it"
    if one.state is State.SENDING and seen.at - one.changed > SENDING:
        return f"is being sent since {one.changed:%H:%M:%S}, and its sender is gone"
    if one.due and seen.at - one.due > PATIENCE:
        return f"was due at {one.due:%H:%M:%S} and is still {one.state}"
    return ""


def _doubtful(deliveries: dict[str, Delivery]) -> Iterator[str]:
    twice = sum(one.state is State.SENT and one.doubts > 0 for one in deliveries.values())
    held = sum(one.held for one in deliveries.values())
    if twice:
        yield f"{count(twice, 'mail')} may have arrived twice, each flagged, with one Message-ID"
    if held:
        yield f"{count(held, 'mail')} of unknown outcome: somebody of the team is to decide"


def check_told(seen: Seen) -> Checked:
    """I10: what each holder was told last is what the newest release says, or a mail is about to say it."""
    programmes: dict[str, dict[int, Released]] = {}
    for document in seen.of("notifications", "releases"):
        programmes.setdefault(document["edition"], {})[document["release"]] = Released.model_validate(document["fact"])
    known = {id: Programme({number: places(one) for number, one in told.items()}) for id, told in programmes.items()}
    live = [one for one in seen.of("notifications", "told") if one["live"] and one["registration"] not in seen.erased]
    by_registration: dict[str, list[Delivery]] = {}
    for one in _deliveries(seen).values():
        by_registration.setdefault(one.registration, []).append(one)
    findings: list[Finding] = []
    unreached = 0
    for document in live:
        programme = known.get(document["edition"], Programme({}))
        mails = by_registration.get(document["registration"], [])
        what = _out_of_date(documents.read_holder(document), programme, mails, seen)
        if what == UNREACHED:
            unreached += 1
        elif what:
            findings.append(Finding("I10", f"registration {document['registration']}", what))
    notes = (
        (f"{count(unreached, 'person', 'people')} could not be told: their mail server refused",) if unreached else ()
    )
    looked_at = f"{count(len(live), 'person', 'people')} against {count(sum(map(len, programmes.values())), 'release')}"
    return Checked("I10", "who knows what", looked_at, tuple(findings), notes)


UNREACHED = "unreached"


def _out_of_date(holder: Holder, programme: Programme, mails: list[Delivery], seen: Seen) -> str:
    if any(one.template in TELLS_TIMETABLE and (one.due or one.state is State.SENDING) for one in mails):
        return ""
    found = reviews.shifts(holder.wishes, holder.told, programme, programme.newest, seen.at)
    if not found:
        return ""
    tried = [one for one in mails if one.template is Template.PROGRAMME_CHANGED and one.release == programme.newest]
    if any(not one.told for one in tried):
        return UNREACHED
    sessions = ", ".join(shift.session for shift in found[:3])
    return (
        f"was told of release {holder.told.release} last; {sessions} changed by {programme.newest}, and no mail says so"
    )


def _deliveries(seen: Seen) -> dict[str, Delivery]:
    found = (documents.read_delivery(one) for one in seen.of("notifications", "deliveries"))
    return {one.id: one for one in found if one.registration not in seen.erased}
