"""From what was typed, in the form or by a program, to an application without mistakes, or to all its mistakes."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from email_validator import EmailNotValidError, validate_email

from services.registration import countries
from services.registration.domain.changes import Details
from services.registration.domain.editions import Edition, Programme
from services.registration.domain.needs import NEEDS
from services.registration.domain.refusals import CategoryUnknown, Invalid, Mistake, mistake_of
from services.registration.domain.registrations import Application, Consents, Organisation, Person
from services.registration.domain.text import MISSING, fault
from services.registration.organisations import Authority, Organisations, searchable
from shared.i18n import LANGUAGES
from shared.mailboxes import one_spelling
from shared.text import one_line

OTHER = "other"
"""The kind of an organisation that is not in the registers."""

NO_SIGN = "Adresse électronique : il manque le signe @."
NO_BEGINNING = "Adresse électronique : il manque ce qui précède le signe @."
NO_END = "Adresse électronique : il manque ce qui suit le signe @."
NO_DOT = "Adresse électronique : ce qui suit le signe @ est incomplet, par exemple « mairie.example »."
NO_ADDRESS = "Adresse électronique : relisez-la, aucun message ne peut y arriver."
NO_PHONE = "Téléphone mobile : écrivez des chiffres, avec l’indicatif du pays, par exemple +33 6 12 34 56 78."
NO_LANGUAGE = "Choisissez la langue dans laquelle nous vous écrivons."
NO_COUNTRY = "Pays : choisissez-le dans la liste."
NO_KIND = "Structure : son genre et son code s’écrivent en lettres et en chiffres, sans espace."
NO_NEED = "Accueil : une des demandes cochées n’existe pas."
HOMONYMS = "Plusieurs collectivités portent ce nom : dites laquelle est la vôtre."

_PHONE = re.compile(r"\+?[\d\s().\-/]{4,}")
_KIND = re.compile(r"[a-z][a-z0-9-]{0,39}")
_CODE = re.compile(r"[0-9A-Za-z-]{1,20}")


@dataclass(frozen=True)
class Typed:
    """The answers as they came, nothing checked. Texts are named as the form's fields are."""

    category: str = ""
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""
    function: str = ""
    organisation_name: str = ""
    organisation_kind: str = ""
    organisation_code: str = ""
    organisation_country: str = ""
    sessions: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    wait: bool = False
    both: bool = False
    needs: tuple[str, ...] = ()
    needs_other: str = ""
    privacy: bool = False
    participants_list: bool = False
    image: bool = False


@dataclass(frozen=True)
class Scene:
    """What answers are compared with."""

    edition: Edition
    programme: Programme
    now: datetime
    staff: bool = False


def read(typed: Typed, scene: Scene, organisation: Organisation | Mistake) -> Application:
    """The application; raises `Invalid` with every mistake, in the order of the form."""
    both = typed.both and scene.edition.overlaps == "warn"
    _, refusals = scene.programme.choice(typed.sessions, scene.now, both=both)
    waiting = tuple(dict.fromkeys(id for id in typed.waiting if id not in typed.sessions))
    refusals += [fault for id in waiting for fault in scene.programme.choice([id], scene.now)[1]]
    said = _details(
        typed, organisation, before=[_category(typed, scene)], between=[mistake_of(refusal) for refusal in refusals]
    )
    return Application(
        edition=scene.edition.id,
        category=typed.category,
        sessions=tuple(dict.fromkeys(typed.sessions)),
        waiting=waiting,
        wait=typed.wait,
        both=both,
        **vars(said),
    )


def details(typed: Typed, organisation: Organisation | Mistake) -> Details:
    """What the form asks besides category and sessions; raises `Invalid` with every mistake."""
    return _details(typed, organisation)


def _details(
    typed: Typed,
    organisation: Organisation | Mistake,
    before: Sequence[Mistake | None] = (),
    between: Sequence[Mistake | None] = (),
) -> Details:
    texts = {
        name: one_line(getattr(typed, name)) for name in ("given_name", "family_name", "email", "phone", "function")
    }
    texts["email"] = one_spelling(texts["email"])
    other = one_line(typed.needs_other)
    found = [*before, *_about(typed, texts, organisation), *between]
    found += [_one_of(code, NEEDS, "needs", NO_NEED) for code in typed.needs]
    found.append(fault("needs_other", other))
    if not typed.privacy:
        found.append(Mistake("privacy", "missing", MISSING["privacy"]))
    mistakes = [one for one in found if one]
    if mistakes or isinstance(organisation, Mistake):
        raise Invalid(mistakes)
    return Details(
        person=Person(texts["given_name"], texts["family_name"], texts["email"], typed.language, texts["function"]),
        organisation=organisation,
        phone=texts["phone"],
        needs=tuple(dict.fromkeys(typed.needs)),
        needs_other=other,
        consents=Consents(image=typed.image, participants_list=typed.participants_list),
    )


def _about(typed: Typed, texts: Mapping[str, str], organisation: Organisation | Mistake) -> list[Mistake | None]:
    return [
        *(_text(name, value) for name, value in texts.items() if name != "function"),
        _one_of(typed.language, LANGUAGES, "language", NO_LANGUAGE),
        organisation if isinstance(organisation, Mistake) else None,
        _one_of(typed.organisation_country, countries.names("fr"), "organisation_country", NO_COUNTRY),
        fault("function", texts["function"]),
    ]


def named(typed: Typed) -> Organisation | Mistake:
    """The organisation as a program names it, kind and code included."""
    name = one_line(typed.organisation_name)
    kind, code = typed.organisation_kind or OTHER, typed.organisation_code
    if mistake := fault("organisation_name", name):
        return mistake
    if not _KIND.fullmatch(kind) or (code and not _CODE.fullmatch(code)):
        return Mistake("organisation_kind", "invalid", NO_KIND)
    return Organisation(name, kind, typed.organisation_country, code or None)


def recognised(typed: Typed, edition: Edition, organisations: Organisations, choice: str) -> Organisation | Mistake:
    """The organisation as a person wrote it, matched with the registers.

    `choice` answers the question which of several homonyms is meant: `commune:93048`, or `other`. Without an
    answer, only people of a category with `authorities` are matched: a company may bear a commune's name. A name
    in other words than the register's, as in `Ville de Pau`, stays as it was written.
    """
    name = one_line(typed.organisation_name)
    if mistake := fault("organisation_name", name):
        return mistake
    free = Organisation(name, OTHER, typed.organisation_country)
    if typed.organisation_country != countries.FRANCE or choice == OTHER:
        return free
    bearers = organisations.named(name)
    chosen = choice or f"{typed.organisation_kind}:{typed.organisation_code}"
    for one in bearers:
        if f"{one.kind}:{one.code}" == chosen:
            return _authority(one, name)
    if not _comes_from_an_authority(typed.category, edition) or not bearers:
        return free
    if len(bearers) == 1:
        return _authority(bearers[0], name)
    return Mistake("organisation_name", "homonyms", HOMONYMS)


def kept(typed: Typed, organisation: Organisation) -> bool:
    """Whether the organisation typed is the one that is known already: then nobody asks again which it is."""
    same_name = one_line(typed.organisation_name) == organisation.name
    chosen = (typed.organisation_kind, typed.organisation_code) == (organisation.kind, organisation.code or "")
    return same_name and chosen and typed.organisation_country == organisation.country


def typed_from(said: Details, category: str, sessions: tuple[str, ...] = ()) -> Typed:
    """What is known, as the form's answers."""
    person, organisation = said.person, said.organisation
    return Typed(
        category=category,
        **vars(person),
        phone=said.phone,
        organisation_name=organisation.name,
        organisation_kind=organisation.kind,
        organisation_code=organisation.code or "",
        organisation_country=organisation.country,
        sessions=sessions,
        needs=said.needs,
        needs_other=said.needs_other,
        privacy=True,
        **vars(said.consents),
    )


def _authority(one: Authority, typed: str) -> Organisation:
    """The authority, in the register's spelling where these are the register's words."""
    name = one.name if searchable(typed) == searchable(one.name) else typed
    return Organisation(name, one.kind, countries.FRANCE, one.code)


def _comes_from_an_authority(category: str, edition: Edition) -> bool:
    return any(one.authorities for one in edition.categories if one.id == category)


def _category(typed: Typed, scene: Scene) -> Mistake | None:
    try:
        scene.edition.category(typed.category, staff=scene.staff)
    except CategoryUnknown as refusal:
        return mistake_of(refusal)
    return None


def address_mistake(value: str) -> Mistake | None:
    """What is wrong with an e-mail address, if anything."""
    return _text("email", value)


def _text(name: str, value: str) -> Mistake | None:
    if mistake := fault(name, value):
        return mistake
    if name == "email":
        return _email(value)
    if name == "phone" and value and not _PHONE.fullmatch(value):
        return Mistake(name, "invalid", NO_PHONE)
    return None


def _email(value: str) -> Mistake | None:
    beginning, sign, end = value.rpartition("@")
    for wrong, text in (
        (not sign, NO_SIGN),
        (not beginning, NO_BEGINNING),
        (not end, NO_END),
        ("." not in end, NO_DOT),
    ):
        if wrong:
            return Mistake("email", "invalid", text)
    try:
        validate_email(value, strict=True, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return Mistake("email", "invalid", NO_ADDRESS)
    return None


def _one_of(value: str, known: Container[str], field: str, text: str) -> Mistake | None:
    return None if value in known else Mistake(field, "unknown-value", text)
