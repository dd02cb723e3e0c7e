"""What a manage link opens: thanks, the registration, its calendar, and cancelling it after a confirmation."""

from datetime import date
from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.registration import actions, countries
from services.registration.domain import changes
from services.registration.domain.editions import Act
from services.registration.domain.refusals import ChangesClosed
from services.registration.domain.registrations import Registration
from services.registration.store import Needs, Shown
from services.registration.web.context import PRIVATE, Desk, DeskDep, Mine, MineDep
from services.registration.web.labels import NEEDS, authority_label
from services.registration.web.selfservice import closed, sorry
from services.registration.web.waiting import lines
from shared import calendar, purposes
from shared.clock import now
from shared.errors import NotFound
from shared.events.programme import Session
from shared.i18n import N_
from shared.web import language
from shared.web.pages import text

ACTS = get_args(Act)

DONE = {
    "modifier": N_("Vos informations sont à jour."),
    "seances": N_("Vos séances sont à jour."),
}
"""What the page says after one was changed, by the word in its address."""

router = APIRouter(prefix="/mon-inscription", include_in_schema=False)


@router.get("/{token}/merci")
async def thanks(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """After the form: what happens next. Once cancelled, nothing does: the registration says so."""
    if mine.registration.status == "cancelled":
        return RedirectResponse(f"/mon-inscription/{mine.token}", 303, PRIVATE)
    return await _page(request, desk, mine, "merci.html")


@router.get("/{token}")
async def see(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """The registration as it is now."""
    return await _page(request, desk, mine, "mon-inscription.html")


@router.get("/{token}/annuler")
async def ask(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """Cancelling asks first: mail scanners follow links, so following one changes nothing."""
    if mine.registration.lives and (refusal := closed(mine, "cancel")):
        return sorry(request, desk, mine, refusal)
    return await _page(request, desk, mine, "annuler.html")


@router.post("/{token}/annuler")
async def cancel(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """Cancel, once, and show the registration."""
    one = mine.registration
    try:
        await actions.cancel(desk.store, one.id, generation=one.generation, manage_url=desk.manage_url)
    except ChangesClosed as refusal:
        return sorry(request, desk, mine, refusal)
    return RedirectResponse(f"/mon-inscription/{mine.token}", 303, PRIVATE)


@router.get("/{token}/calendrier.ics")
async def ics(request: Request, desk: DeskDep, mine: MineDep) -> Response:
    """The person's sessions and the open ones; after cancelling, the same marked as cancelled.

    RFC 5546: of two copies with one SEQUENCE the later DTSTAMP counts, and a CANCEL takes the next SEQUENCE, as the
    mail about it does. So a venue that moved without a release reaches who fetches the file again.
    """
    one, shown = mine.registration, mine.shown
    if one.status not in {"confirmed", "cancelled"}:  # who has no place yet, or got none, has no timetable
        raise NotFound
    lang = language(request)
    cancelled = one.status == "cancelled"
    identity = shown.identity
    made = calendar.Calendar(
        name=identity.short,
        entries=tuple(_entry(each, shown, lang, desk, cancelled=cancelled) for each in _attended(one, shown)),
        organiser=calendar.Organiser(identity.organiser, identity.contact_email),
        method="CANCEL" if cancelled else "PUBLISH",
    )
    body = calendar.write(made, now())
    headers = {**PRIVATE, "Content-Disposition": 'attachment; filename="rencontres.ics"', "Content-Language": lang}
    return Response(body, headers=headers, media_type=f"{calendar.MEDIA_TYPE}; charset=utf-8")


def _attended(one: Registration, shown: Shown) -> list[Session]:
    programme = shown.programme
    return [
        session
        for session in programme.sessions.values()
        if session.id in one.sessions or (session.access == "open" and programme.tone(session) != "break")
    ]


def _entry(session: Session, shown: Shown, lang: str, desk: Desk, *, cancelled: bool) -> calendar.Entry:
    room = shown.programme.rooms.get(session.room or "")
    venue = shown.identity.venue
    return calendar.Entry(
        uid=session.uid,
        sequence=session.revision + cancelled,
        start=session.start,
        end=session.end,
        title=text(lang, session.title),
        location=", ".join(part for part in (room.name if room else "", venue.name, venue.address) if part),
        url=f"{desk.settings.public_url}/programme/seances/{session.slug}",
        cancelled=session.status == "cancelled",
    )


async def _page(request: Request, desk: Desk, mine: Mine, template: str) -> Response:
    one, shown = mine.registration, mine.shown
    badge = await desk.store.pages.badge(one.id)
    return desk.pages.render(
        request,
        template,
        headers=PRIVATE,
        edition=shown.identity,
        zone=shown.identity.timezone,
        token=mine.token,
        one=one,
        sessions=[shown.programme.sessions[id] for id in one.sessions if id in shown.programme.sessions],
        programme=shown.programme,
        may={act: changes.is_open(act, shown.edition, now()) and one.lives for act in ACTS},
        everything_until=changes.everything_until(shown.edition, now()) if one.lives else None,
        done=DONE.get(request.query_params.get("fait", ""), ""),
        had_badge=badge is not None,
        badge=badge if badge and not badge.revoked and badge.generation == one.badge else None,
        **described(one, shown, desk, language(request)),
        **await lines(desk, one, shown),
        **asked(await desk.store.pages.needs(one.id)),
        needs_until=needs_until(shown),
    )


def asked(needs: Needs) -> dict[str, Any]:
    """What the person needs, in words; `needs` are French sources."""
    return {"needs": [NEEDS[code] for code in needs.codes if code in NEEDS], "needs_other": needs.other}


def needs_until(shown: Shown) -> date:
    """The day on which diet and access are deleted."""
    assert purposes.NEEDS.kept
    return purposes.NEEDS.kept.over(max(shown.identity.dates))


def described(one: Registration, shown: Shown, desk: Desk, lang: str) -> dict[str, Any]:
    """Category and organisation in words."""
    category = next((each for each in shown.edition.categories if each.id == one.category), None)
    bearers = desk.organisations.named(one.organisation.name) if one.organisation.code else []
    listed = next((each for each in bearers if each.code == one.organisation.code), None)
    return {
        "category": text(lang, category.label) if category else one.category,
        "country": countries.name(one.organisation.country, lang),
        "organisation_label": authority_label(listed, lang) if listed else "",
    }
