"""The public pages, made once for each release, count of places and language, then answered from the shelf."""

import json
from collections.abc import Callable
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from services.programme.domain import changes
from services.programme.domain.releases import Release, ReleasedSession
from services.programme.feeds import Feed, History, atom, calendar, schedule, schedule_xml, table
from services.programme.store import Public
from services.programme.web import statement, views
from services.programme.web.context import Desk, DeskDep, PublicDep
from services.programme.web.views import Filter
from shared.calendar import MEDIA_TYPE
from shared.errors import NotFound
from shared.i18n import N_, translate
from shared.web import language

router = APIRouter(include_in_schema=False)

_ORDINALS = {
    "fr": lambda n: "1re" if n == 1 else f"{n}e",
    "en": lambda n: f"{n}{'th' if 10 < n % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}",
    "es": lambda n: f"{n}.ª",
}


Route = TypeVar("Route", bound=Callable[..., Any])


def _get(path: str) -> Callable[[Route], Route]:
    """A page, for browsers and for those who only ask whether it is there."""
    return router.api_route(path, methods=["GET", "HEAD"])


def _page(desk: Desk, request: Request, template: str, **context: Any) -> Response:
    return desk.shelf.keep(request, desk.pages.render(request, template, **context))


def _released(public: Public | None) -> tuple[Public, Release]:
    if public is None or public.release is None:
        raise NotFound
    return public, public.release


@_get("/")
async def home(request: Request, desk: DeskDep, public: PublicDep) -> Response:
    """The landing page of the current edition."""
    if public is None:
        return _page(desk, request, "nothing.html")
    edition, lang = public.edition, language(request)
    cards = views.cards(public, public.release, public.previous) if public.release else []
    by_id = {card.session.id: card for card in cards}
    return _page(
        desk,
        request,
        "home.html",
        release=public.release,
        ordinal=translate(lang, N_("%(ordinal)s édition"), ordinal=_ORDINALS[lang](edition.number)),
        days=views.days([card for card in cards if card.session.status == "scheduled"], edition.timezone),
        highlights=[(notice, by_id.get(notice.session or "")) for notice in edition.highlights],
    )


@_get("/programme")
async def programme(request: Request, desk: DeskDep, public: PublicDep) -> Response:
    """The released programme; `jour`, `format` and `salle` in the address narrow it."""
    if public is None:
        raise NotFound
    day, kind, room = (request.query_params.get(name, "") for name in ("jour", "format", "salle"))
    chosen = Filter(day, kind, room)
    return _page(desk, request, "programme.html", **_programme(public, public.release, public.previous, chosen))


@_get("/programme/versions/{number}")
async def version(request: Request, number: int, desk: DeskDep, public: PublicDep) -> Response:
    """The programme as it was released then, with what that release changed."""
    public, newest = _released(public)
    if number == newest.number:
        return _page(desk, request, "programme.html", **_programme(public, newest, public.previous, Filter()))
    release = await desk.store.release(public.edition.id, number)
    if release is None:
        raise NotFound
    previous = await desk.store.release(public.edition.id, number - 1)
    return _page(
        desk, request, "programme.html", **_programme(public, release, previous, Filter(), newest=newest.number)
    )


def _programme(
    public: Public, release: Release | None, previous: Release | None, chosen: Filter, newest: int | None = None
) -> dict[str, Any]:
    zone = public.edition.timezone
    cards = views.cards(public, release, previous) if release else []
    return {
        "release": release,
        "newest": newest,
        "chosen": chosen,
        "lines": changes.lines(release, previous) if release else (),
        "dates": [day.date for day in views.days(cards, zone)],
        "days": views.days(cards, zone, chosen),
        "clock": ZoneInfo(zone),
    }


@_get("/programme.ics")
async def whole_calendar(request: Request, desk: DeskDep, public: PublicDep) -> Response:
    """The whole programme as a calendar."""
    public, release = _released(public)
    return _calendar(desk, request, public, release.sessions, public.edition.id)


@_get("/programme/seances/{slug}.ics")
async def session_calendar(request: Request, slug: str, desk: DeskDep, public: PublicDep) -> Response:
    """One session as a calendar."""
    public, release = _released(public)
    return _calendar(desk, request, public, (_session(release, slug),), slug)


def _calendar(
    desk: Desk, request: Request, public: Public, sessions: tuple[ReleasedSession, ...], name: str
) -> Response:
    body = calendar(_feed(desk, request, public), sessions)
    headers = {"Content-Disposition": f'attachment; filename="{name}.ics"', "Cache-Control": "no-cache"}
    return desk.shelf.keep(request, Response(body, media_type=f"{MEDIA_TYPE}; charset=utf-8", headers=headers))


@_get("/programme/schedule.json")
async def schedule_as_json(request: Request, desk: DeskDep, public: PublicDep) -> Response:
    """The whole programme in the schedule format of c3voc and frab."""
    body = json.dumps(schedule(_feed(desk, request, public)), ensure_ascii=False)
    return _download(desk, request, body, "application/json")


@_get("/programme/schedule.xml")
async def schedule_as_xml(request: Request, desk: DeskDep, public: PublicDep) -> Response:
    """The same, in its older form."""
    return _download(desk, request, schedule_xml(_feed(desk, request, public)), "application/xml")


@_get("/programme.csv")
async def spreadsheet(request: Request, desk: DeskDep, public: PublicDep) -> Response:
    """The whole programme for a spreadsheet."""
    feed = _feed(desk, request, public)
    headers = {"Content-Disposition": f'attachment; filename="{feed.edition.id}.csv"', "Cache-Control": "no-cache"}
    answer = Response(table(feed), media_type="text/csv; charset=utf-8; header=present", headers=headers)
    return desk.shelf.keep(request, answer)


@_get("/programme/version.json")
async def newest_version(request: Request, desk: DeskDep, public: PublicDep) -> Response:
    """Which release is the newest: open pages ask, and say when it is no longer theirs."""
    public, release = _released(public)
    body = json.dumps({"edition": public.edition.id, "release": release.number})
    return _download(desk, request, body, "application/json")


@_get("/programme/changements")
async def changelog(request: Request, desk: DeskDep, public: PublicDep) -> Response:
    """Every release with what it changed, newest first."""
    public, newest = _released(public)
    rounds = await desk.history.of(public.edition.id, newest.number)
    return _page(desk, request, "changements.html", rounds=rounds)


@_get("/programme/changements.atom")
async def changelog_as_atom(request: Request, desk: DeskDep, public: PublicDep) -> Response:
    """The same, for readers of feeds."""
    public, newest = _released(public)
    rounds = await desk.history.of(public.edition.id, newest.number)
    history = History(public.edition, rounds, language(request), desk.settings.public_url)
    return _download(desk, request, atom(history), "application/atom+xml")


def _download(desk: Desk, request: Request, body: str | bytes, media_type: str) -> Response:
    headers = {"Cache-Control": "no-cache"}
    return desk.shelf.keep(request, Response(body, media_type=media_type, headers=headers))


def _feed(desk: Desk, request: Request, public: Public | None) -> Feed:
    public, release = _released(public)
    return Feed(public.edition, release, language(request), desk.settings.public_url)


@_get("/programme/seances/{slug}")
async def session(request: Request, slug: str, desk: DeskDep, public: PublicDep) -> Response:
    """One session."""
    public, release = _released(public)
    wanted, zone = _session(release, slug), public.edition.timezone
    cards = views.cards(public, release, public.previous)
    card = next(card for card in cards if card.session.id == wanted.id)
    return _page(
        desk,
        request,
        "seance.html",
        release=release,
        card=card,
        next=views.after(cards, card, zone),
        clock=ZoneInfo(zone),
    )


def _session(release: Release, slug: str) -> ReleasedSession:
    found = next((session for session in release.sessions if session.slug == slug), None)
    if found is None:
        raise NotFound
    return found


@_get("/accessibilite")
async def accessibility(request: Request, desk: DeskDep, _public: PublicDep) -> Response:
    """The accessibility statement."""
    address = desk.settings.public_url
    return _page(desk, request, "accessibilite.html", statement=statement.read(), address=address)
