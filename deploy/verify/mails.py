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
    twice = sum(one.state is State.SENT and one.possibly_twice for one in deliveries.values())
    held = sum(one.held for one in deliveries.values())
    if twice:
        yield f"{count(twice, 'mail')} may have arrived twice, each flagged, with one Message-ID"
    if held:
        yield f"{count(held, 'mail')} held, of unknown outcome: somebody of the team is to decide on {HELD_MAILS}"


def check_told(seen: Seen) -> Checked:
    """I10: what each holder was told last is what the newest release says, or a mail is about to say it."""
    programmes = _programmes(seen)
    known = {id: Programme({number: places(one) for number, one in told.items()}) for id, told in programmes.items()}
    live = [one for one in seen.of("notifications", "told") if one["live"] and one["registration"] not in seen.erased]
    by_registration: dict[str, list[Delivery]] = {}
    for one in _deliveries(seen).values():
        by_registration.setdefault(one.registration, []).append(one)
    findings: list[Finding] = []
    why: Counter[str] = Counter()
    for document in live:
        programme = known.get(document["edition"], Programme({}))
        holder = documents.read_holder(document)
        shifts = reviews.shifts(holder.wishes, holder.told, programme, programme.newest, seen.at)
        if not shifts:
            continue
        newest = programmes[document["edition"]][programme.newest]
        if excuse := _excuse(by_registration.get(holder.registration, []), newest):
            why[excuse] += 1
        else:
            findings.append(_out_of_date(holder, [shift.session for shift in shifts], programme.newest))
    looked_at = f"{count(len(live), 'person', 'people')} against {count(sum(map(len, programmes.values())), 'release')}"
    notes = [count(why[one], *_WHO[one]) for one in _WHO if why[one]]
    return Checked("I10", "who knows what", looked_at, tuple(findings), tuple(notes))


def _programmes(seen: Seen) -> dict[str, dict[int, Released]]:
    """All releases that notifications knows, by edition and number."""
    found: dict[str, dict[int, Released]] = {}
    for document in seen.of("notifications", "releases"):
        found.setdefault(document["edition"], {})[document["release"]] = Released.model_validate(document["fact"])
    return found


WAITS = "waits"
"""The mail is about to leave, or is held: that is said with the deliveries."""
STOPPED = "stopped"
UNREACHED = "unreached"
_TOLD_OF = "not told of the newest release, since the team stopped their mail"
_WHO = {
    STOPPED: (f"person was {_TOLD_OF}", f"people were {_TOLD_OF}"),
    UNREACHED: (
        "person could not be told: their mail server refused",
        "people could not be told: their mail server refused",
    ),
}
"""What is counted instead of found: of one, and of several."""


def _excuse(mails: list[Delivery], newest: Released) -> str:
    """Why somebody may not know the newest release, as their mails stand; empty for no reason.

    A mail that was held or stopped before this release excuses nothing: another was to tell of it.
    """
    telling = [one for one in mails if one.template in TELLS_TIMETABLE]
    since = [one for one in telling if one.release == newest.release or one.changed >= newest.released_at]
    if any(one.due or one.state is State.SENDING for one in telling) or any(one.held for one in since):
        return WAITS
    if any(one.stopped for one in since):
        return STOPPED
    tried = (one for one in since if one.template is Template.PROGRAMME_CHANGED and one.release == newest.release)
    return UNREACHED if any(not one.told for one in tried) else ""


def _out_of_date(holder: Holder, sessions: list[str], newest: int) -> Finding:
    what = f"was told of release {holder.told.release} last; {', '.join(sessions[:3])} changed by {newest}"
    return Finding("I10", f"registration {holder.registration}", f"{what}, and no mail says so")


def _deliveries(seen: Seen) -> dict[str, Delivery]:
    found = (documents.read_delivery(one) for one in seen.of("notifications", "deliveries"))
    return {one.id: one for one in found if one.registration not in seen.erased}
