"""What the API gives, as its description shows it; the values are put together in `models`."""

from typing import Annotated

from pydantic import BaseModel, Field

from services.registration.domain.registrations import Status

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""ISO 8601 with its zone."""


class OrganisationOut(BaseModel):
    """Where the person comes from; `kind` and `code` are the register's for a French authority."""

    name: str
    kind: str
    country: str
    code: str | None


class ConsentsOut(BaseModel):
    """What the person agreed to."""

    image: bool
    participants_list: bool


class WishOut(BaseModel):
    """A session waited for; while `offered_until` is to come, a place in it is held."""

    session: str
    since: Moment
    position: int | None
    offered_until: Moment | None


class RegistrationOut(BaseModel):
    """One registration. `position` is that in the edition's waiting list, told when one registration is asked for."""

    id: str
    edition: str
    status: Status
    category: str
    given_name: str
    family_name: str
    email: str
    language: str
    function: str
    organisation: OrganisationOut
    phone: str
    sessions: list[str]
    position: int | None
    waiting: list[WishOut]
    wishes: list[str]
    offered_until: Moment | None
    consents: ConsentsOut
    same_address: bool
    reference: str
    release: int
    registered_at: Moment
    cancelled_at: Moment | None
    manage_url: str


class RegistrationsOut(BaseModel):
    """A page of registrations; `next` is the cursor of the page after it."""

    items: list[RegistrationOut]
    next: str | None


class RegisteredOut(BaseModel):
    """The answer to somebody who registered; `manage_url` opens the registration for whoever has it."""

    id: str
    status: Status
    manage_url: str


class FormCategoryOut(BaseModel):
    """Whom one may come as. `full`: a newcomer can only join the waiting list."""

    id: str
    label: str
    hint: str
    opens: Moment | None
    closes: Moment | None
    approval: bool
    places_left: int | None
    waiting: int
    full: bool


class FormSessionOut(BaseModel):
    """A session to choose."""

    id: str
    title: str
    start: Moment
    end: Moment
    status: str
    places_left: int | None
    waiting: int
    full: bool


class FormOut(BaseModel):
    """What the form offers, and the places left; null where there is no limit."""

    edition: str
    opens: Moment | None
    closes: Moment | None
    places_left: int | None
    waiting: int
    categories: list[FormCategoryOut]
    sessions: list[FormSessionOut]
