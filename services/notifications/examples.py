"""An invented person and what a mail could say to them: to show a template to those who write its words."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.notifications.domain import agenda, letters
from services.notifications.domain.deliveries import WELCOMES, Delivery, State, Template
from services.notifications.domain.letters import Difference, Letter, Matter
from services.notifications.domain.mails import Known
from services.notifications.domain.timetables import Item, timetable
from services.notifications.domain.told import NOTHING_TOLD, Told
from shared.events.badges import Issued
from shared.events.programme import EditionChanged, Released, Venue
from shared.events.registration import Confirmed, Enrolment, Organisation, Person, RegistrationFact

NAME = ("Solène", "Kervadec-Diallo")
OTHER = "Malik Bensaïd"
MOMENT = datetime(2026, 6, 2, 9, 30, tzinfo=UTC)

EDITION = EditionChanged(
    edition="exemple",
    number=1,
    title={"fr": "Rencontres", "en": "Meetings", "es": "Encuentros"},
    short="Rencontres",
    theme={"fr": "Exemple"},
    dates=(date(2026, 7, 8), date(2026, 7, 9)),
    timezone="Europe/Paris",
    venue=Venue(name="Salons de l’Hôtel des Arts et Métiers", address="9bis avenue d’Iéna, 75116 Paris"),
    organiser="Cités Unies France",
    contact_email="rencontres@rencontres.example",
    contact_phone="+33 1 53 41 81 81",
)
"""Shown until the programme service has told of a real one."""

_SESSION = Item(
    id="exemple",
    uid="exemple@rencontres",
    revision=1,
    slug="exemple",
    title={"fr": "La ressource en eau", "en": "Water as a resource", "es": "El agua como recurso"},
    kind={"fr": "Atelier", "en": "Workshop", "es": "Taller"},
    room="Salle Monge",
    start=datetime(2026, 7, 8, 12, 30, tzinfo=UTC),
    end=datetime(2026, 7, 8, 14, 0, tzinfo=UTC),
    why="chosen",
)
_OTHER_SESSION = {"fr": "Financer ses projets", "en": "Financing projects", "es": "Financiar proyectos"}


def letter(
    template: Template,
    lang: str,
    edition: EditionChanged | None,
    released: Released | None,
    public_url: str,
    *,
    known: Known | None = None,
) -> Letter:
    """A letter of this template: to a real person when `known` is given, about things that are invented.

    Its links lead nowhere: they are those of nobody's registration.
    """
    edition = edition or EDITION
    page = f"{public_url}/mon-inscription/exemple"
    fact = known.fact.model_copy(update={"manage_url": page}) if known else _fact(edition, released, page)
    return letters.letter(
        _delivery(template, lang, fact),
        Known(fact, 1),
        edition,
        released,
        _badge(fact, public_url),
        told=NOTHING_TOLD if template in WELCOMES else _told(fact, edition, released),
        matter=matter(template, fact, edition, released, page),
    )


def _told(fact: RegistrationFact, edition: EditionChanged, released: Released | None) -> Told:
    """What a first mail told them: their timetable as it is."""
    items = timetable(fact, edition, released)
    first = agenda.updated(items, (), NOTHING_TOLD, edition, released, alone=True)
    return NOTHING_TOLD.with_mail(first.said, fact.release, sequence=0)


def matter(
    template: Template, fact: RegistrationFact, edition: EditionChanged, released: Released | None, page: str
) -> Matter:
    """Something of everything that a mail may speak of; a welcome has no changes to tell."""
    items = timetable(fact, edition, released)
    session = next((item for item in items if item.chosen and not item.cancelled), _SESSION)
    hours = (session.start, session.end)
    later = (session.start + timedelta(minutes=30), session.end + timedelta(minutes=30))
    name = f"{fact.person.given_name} {fact.person.family_name}".strip()
    return Matter(
        session=session,
        until=session.start - timedelta(days=2),
        offer_url=f"{page}/offre/exemple",
        position=3,
        person=OTHER,
        release=2,
        differences=(
            Difference(session.title, (hours, session.room), (later, "Salon Laplace")),
            Difference(_OTHER_SESSION, (hours, "Salle Monge"), (), "cancelled"),
        )
        if template not in WELCOMES
        else (),
        fields=("function", "email"),
        registrations=((name, page), (OTHER, page)),
    )


def _fact(edition: EditionChanged, released: Released | None, page: str) -> Confirmed:
    sessions = released.sessions if released else ()
    chosen = [one.id for one in sessions if one.access == "sign-up" and one.status == "scheduled"][:1]
    label: Mapping[str, str] = {"fr": "Élue ou élu", "en": "Elected official", "es": "Cargo electo"}
    given: dict[str, Any] = {"given_name": NAME[0], "family_name": NAME[1], "function": "Adjointe au maire"}
    return Confirmed(
        registration="exemple",
        edition=edition.edition,
        status="confirmed",
        category="elu",
        category_label=dict(label),
        person=Person(**given, email="solene.kervadec@mairie.example", language="fr"),
        organisation=Organisation(name="Montreuil", kind="commune", code="93048", country="FR"),
        enrolments=tuple(Enrolment(session=id, state="enrolled") for id in chosen),
        manage_url=page,
        registered_at=MOMENT,
    )


def _badge(fact: RegistrationFact, public_url: str) -> Issued:
    return Issued(
        registration=fact.registration,
        edition=fact.edition,
        generation=fact.generation,
        code="EXEMPLE000",
        link=f"{public_url}/badge/exemple.pdf",
        pdf="",
    )


def _delivery(template: Template, lang: str, fact: RegistrationFact) -> Delivery:
    return Delivery(
        id="exemple",
        registration=fact.registration,
        edition=fact.edition,
        generation=fact.generation,
        template=template,
        cause="",
        recipient=fact.person.email,
        language=lang,
        name=f"{fact.person.given_name} {fact.person.family_name}".strip(),
        release=0,
        state=State.QUEUED,
        due=None,
        created=MOMENT,
        changed=MOMENT,
        with_badge=True,
    )
