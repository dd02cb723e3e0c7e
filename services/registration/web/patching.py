"""`PATCH /registrations/{id}`: the team, or a program, corrects a registration it has read."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse
from pydantic import Field

from services.registration import actions, intake
from services.registration.actions import Amendment, By
from services.registration.domain import changes, choosing
from services.registration.domain.choosing import Choice
from services.registration.domain.refusals import Stale, Unconditional
from services.registration.intake import Typed
from services.registration.web.api import MAY, renamed
from services.registration.web.context import DeskDep
from services.registration.web.models import OrganisationIn, registration_out
from services.registration.web.outputs import RegistrationOut
from shared.errors import NotFound
from shared.web import Input, Staff

router = APIRouter(prefix="/api/registration/v1", tags=["registration"])

Text = str | None


class ConsentsPatch(Input):
    """What the person agreed to; left out, it stays."""

    image: bool | None = None
    participants_list: bool | None = None


class RegistrationPatch(Input):
    """What changes; everything left out stays. Texts are checked by the rules of the form."""

    category: Text = None
    given_name: Text = None
    family_name: Text = None
    email: Text = None
    language: Text = None
    function: Text = None
    organisation: OrganisationIn | None = None
    phone: Text = None
    needs: list[str] | None = Field(default=None, max_length=50)
    needs_other: Text = None
    consents: ConsentsPatch = ConsentsPatch()
    sessions: list[str] | None = Field(default=None, max_length=100)
    waiting: list[str] | None = Field(default=None, max_length=100)

    def onto(self, before: Typed) -> Typed:
        """The answers with what changes."""
        names = ("given_name", "family_name", "email", "language", "function", "phone", "needs_other")
        texts: dict[str, Any] = {name: getattr(self, name) for name in names}
        texts |= self.consents.model_dump()
        if self.organisation:
            given = self.organisation.model_dump()
            texts |= {f"organisation_{name}": value or "" for name, value in given.items()}
        if self.needs is not None:
            texts["needs"] = tuple(self.needs)
        return replace(before, **{name: value for name, value in texts.items() if value is not None})

    def choice(self, before: Choice) -> Choice | None:
        """The sessions wanted; None when nothing is said about them."""
        if self.sessions is None and self.waiting is None:
            return None
        sessions = before.sessions if self.sessions is None else tuple(self.sessions)
        return Choice(sessions, before.waiting if self.waiting is None else tuple(self.waiting))


def sequence_of(if_match: str | None) -> int:
    """The sequence in an `If-Match`; raises `Unconditional` without one, `Stale` for one we did not make."""
    if if_match is None:
        raise Unconditional
    given = if_match.strip().removeprefix("W/").strip('"')
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise Stale
    return int(given)


@router.patch("/registrations/{id}", response_model=RegistrationOut)
async def patch(
    id: str,
    body: RegistrationPatch,
    desk: DeskDep,
    if_match: Annotated[str | None, Header(max_length=50)] = None,
    who: Staff = MAY,
) -> JSONResponse:
    """Correct a registration, all of it or nothing. `If-Match` carries the `ETag` of what was read."""
    sequence = sequence_of(if_match)
    one = await desk.store.pages.registration(id)
    if one is None:
        raise NotFound
    needs = await desk.store.pages.needs(id)
    before = intake.typed_from(changes.details(one, needs.codes, needs.other), one.category)
    typed = body.onto(before)
    with renamed():
        said = intake.details(typed, intake.named(typed) if body.organisation else one.organisation)
    by = By(actor=who.actor, sequence=sequence)
    wanted = Amendment(said, body.choice(choosing.present(one)), body.category)
    done = await actions.amend(desk.store, one, wanted, by, manage_url=desk.manage_url)
    out = registration_out(done, desk.manage_url(done.id, done.generation))
    return JSONResponse(out, headers={"ETag": f'"{done.sequence}"', "Cache-Control": "no-store"})
