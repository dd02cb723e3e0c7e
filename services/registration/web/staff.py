"""The team's pages: the list with its search, a person's card, cancelling, and the cards other pages fetch."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from services.registration import actions, countries
from services.registration.domain.places import Places
from services.registration.domain.registrations import Registration
from services.registration.store import Shown
from services.registration.store.pages import Search
from services.registration.web.context import PRIVATE, Desk, DeskDep, ShownDep
from services.registration.web.cursors import after, following
from services.registration.web.deciding import to_choose
from services.registration.web.mine import asked, described, needs_until
from services.registration.web.waiting import lines
from shared.clock import now
from shared.errors import NotFound
from shared.i18n import N_
from shared.web import Staff, language, staff

router = APIRouter(prefix="/equipe", include_in_schema=False)

MAY = staff("registrations")
PAGE = 50

STATES = {
    "confirmee": "confirmed",
    "a-valider": "pending",
    "en-attente": "waitlisted",
    "proposee": "offered",
    "refusee": "refused",
    "annulee": "cancelled",
}
"""The word in the address → the state."""


STATE_WORDS = {
    "": N_("Toutes"),
    "confirmee": N_("Confirmées"),
    "a-valider": N_("À valider"),
    "en-attente": N_("En attente"),
    "proposee": N_("Proposées"),
    "refusee": N_("Refusées"),
    "annulee": N_("Annulées"),
}


def counts(places: Places) -> list[tuple[str, str, int]]:
    """The states with their words and how many are in each; those that always matter, and those in use."""
    numbers = {
        "": places.total,
        "confirmee": places.confirmed,
        "a-valider": places.pending,
        "en-attente": places.waitlisted,
        "proposee": places.offered,
        "refusee": places.refused,
        "annulee": places.cancelled,
    }
    always = {"", "confirmee", "annulee"}
    return [(key, word, numbers[key]) for key, word in STATE_WORDS.items() if numbers[key] or key in always]


class Filters(BaseModel):
    """What the list is narrowed to, as the address says it."""

    q: str = Field(default="", max_length=200)
    categorie: str = ""
    etat: str = ""
    suite: str = ""

    def search(self) -> Search:
        """The same for the store."""
        return Search(self.q, STATES.get(self.etat, ""), self.categorie)


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    one: Registration
    country: str


@router.get("/inscriptions")
async def registrations(
    request: Request, desk: DeskDep, shown: ShownDep, filters: Annotated[Filters, Query()], _who: Staff = MAY
) -> Response:
    """The list by name, fifty at a time."""
    lang = language(request)
    search = filters.search()
    found = await desk.store.pages.listed(shown.edition.id, search, limit=PAGE + 1, after=after(filters.suite))
    rows = found[:PAGE]
    places = shown.places
    return desk.pages.render(
        request,
        "equipe-inscriptions.html",
        edition=shown.identity,
        filters=filters,
        rows=[Row(one, countries.name(one.organisation.country, lang)) for one in rows],
        twins=await desk.store.pages.twins(rows),
        following=following(found, PAGE),
        page_size=PAGE,
        total=places.total,
        places=places,
        counts=counts(places),
        wished=sum(places.waiting.values()),
        categories=shown.edition.categories,
        labels={one.id: one.label for one in shown.edition.categories},
    )


@router.get("/inscriptions/{id}")
async def card(id: str, request: Request, desk: DeskDep, _who: Staff = MAY) -> Response:
    """Everything known of a person; mails and badge come from their own services."""
    return await _person(id, request, desk, "equipe-inscription.html")


@router.get("/inscriptions/{id}/annuler")
async def ask(id: str, request: Request, desk: DeskDep, _who: Staff = MAY) -> Response:
    """Cancelling writes to the person, so it asks first and says to whom."""
    return await _person(id, request, desk, "equipe-annuler.html")


@router.post("/inscriptions/{id}/annuler")
async def cancel(id: str, desk: DeskDep, who: Staff = MAY) -> Response:
    """Cancel in the person's place."""
    await actions.cancel(desk.store, id, manage_url=desk.manage_url, actor=who.actor)
    return RedirectResponse(f"/equipe/inscriptions/{id}", 303, PRIVATE)


@router.get("/fragments/registration/home")
async def home(request: Request, desk: DeskDep, shown: ShownDep, _who: Staff = staff()) -> Response:
    """The card of the team's first page: figures only."""
    since = await desk.store.pages.received_since(shown.edition.id, now() - timedelta(days=1))
    return desk.pages.render(
        request,
        "fragment-home.html",
        edition=shown.identity,
        places=shown.places,
        quota=shown.edition.quota,
        since=since,
    )


@router.get("/fragments/registration/person/{id}")
async def fragment(id: str, request: Request, desk: DeskDep, _who: Staff = MAY) -> Response:
    """What this service knows of a person, for another service's page."""
    return await _person(id, request, desk, "fragment-person.html")


async def _person(id: str, request: Request, desk: Desk, template: str) -> Response:
    one = await desk.store.pages.registration(id)
    if one is None:
        raise NotFound
    shown: Shown = await desk.store.pages.shown(one.edition)
    known: dict[str, Any] = {
        **described(one, shown, desk, language(request)),
        **asked(await desk.store.pages.needs(one.id)),
    }
    return desk.pages.render(
        request,
        template,
        edition=shown.identity,
        zone=shown.identity.timezone,
        one=one,
        programme=shown.programme,
        sessions=[shown.programme.sessions[each] for each in one.sessions if each in shown.programme.sessions],
        needs_until=needs_until(shown),
        **await lines(desk, one, shown),
        choosable=to_choose(one, shown),
        twins=await desk.store.pages.twins([one]),
        **known,
    )
