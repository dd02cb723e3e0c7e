"""Editions, people and facts as the other services tell them, for the tests of badges."""

import base64
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from services.badges import actions
from services.badges.domain import Badge, Edition, Holder
from services.badges.printing import Printer
from services.badges.rendering import Press
from services.badges.tokens import Mint
from services.badges.workshop import Workshop
from shared.clock import now
from shared.events import Envelope, Fact
from shared.events.programme import EditionChanged, Venue
from shared.events.registration import (
    Amended,
    Cancelled,
    Confirmed,
    Consents,
    Organisation,
    Person,
    Transferred,
    Waitlisted,
)
from shared.ids import new_id
from shared.signing import Claims, Links, Signer
from shared.web import staff_cookie_name

EDITION = "raict-2026"
DAYS = (date(2026, 7, 8), date(2026, 7, 9))
BEFORE = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
FIRST_MORNING = datetime(2026, 7, 8, 6, 52, tzinfo=UTC)
"""8.52 in Paris."""
FONTS = Path("node_modules/@expo-google-fonts")
MINT = Mint(bytes(range(32)))
SIGNER = Signer(base64.b64encode(bytes(range(32))).decode())
BASE = "https://example.org"


def an_edition(**changes: Any) -> Edition:
    given = {
        "id": EDITION,
        "short": "RAICT 2026",
        "dates": DAYS,
        "timezone": "Europe/Paris",
        "organiser": "Cités Unies France",
        "contact_email": "contact@example.org",
        "contact_phone": "+33 1 00 00 00 00",
        "sequence": 1,
    }
    return Edition(**{**given, **changes})


def a_holder(**changes: Any) -> Holder:
    given = {
        "registration": "r1",
        "edition": EDITION,
        "status": "confirmed",
        "generation": 1,
        "given_name": "Solène",
        "family_name": "Kervadec-Diallo",
        "language": "fr",
        "function": "Adjointe au maire",
        "organisation": "Montreuil",
        "country": "FR",
        "country_name": {"fr": "France"},
        "category": "elu",
        "category_label": {"fr": "Élue ou élu", "en": "Elected representative", "es": "Cargo electo"},
        "image": True,
        "sequence": 1,
    }
    return Holder(**{**given, **changes})


def a_badge(**changes: Any) -> Badge:
    secrets = MINT.secrets(changes.get("registration", "r1"), changes.get("generation", 1))
    given = {
        "registration": "r1",
        "generation": 1,
        "edition": EDITION,
        "id": secrets.id,
        "code": secrets.code,
        "state": "active",
        "issued_at": BEFORE,
    }
    return Badge(**{**given, **changes})


def a_workshop(press: Press) -> Workshop:
    return Workshop(MINT, press, Printer(FONTS), Links("secret", "badge"), BASE)


def edition_changed(**changes: Any) -> EditionChanged:
    given = {
        "edition": EDITION,
        "number": 17,
        "title": {"fr": "Rencontres"},
        "short": "RAICT 2026",
        "theme": {"fr": ""},
        "dates": DAYS,
        "timezone": "Europe/Paris",
        "venue": Venue(name="Salons", address="9bis avenue d’Iéna"),
        "organiser": "Cités Unies France",
        "contact_email": "contact@example.org",
        "contact_phone": "",
    }
    return EditionChanged(**{**given, **changes})


def confirmed(registration: str = "r1", **changes: Any) -> Confirmed:
    return Confirmed(**_registration(registration, "confirmed", changes))


def cancelled(registration: str = "r1", **changes: Any) -> Cancelled:
    return Cancelled(**_registration(registration, "cancelled", changes))


def waitlisted(registration: str = "r1", **changes: Any) -> Waitlisted:
    return Waitlisted(**_registration(registration, "waitlisted", changes))


def amended(registration: str = "r1", **changes: Any) -> Amended:
    return Amended(**_registration(registration, "confirmed", changes))


def transferred(registration: str = "r1", **changes: Any) -> Transferred:
    """To Maëlle Autret, of the same organisation."""
    previous = confirmed(registration).person
    named = {"person": {"given_name": "Maëlle", "family_name": "Autret"}, "generation": 2, "previous": previous}
    return Transferred(**_registration(registration, "confirmed", {**named, **changes}))


def envelope(fact: Fact, sequence: int) -> Envelope:
    return Envelope(
        id=f"{fact.publisher}:{fact.key}:{sequence}",
        type=fact.type(),
        source=f"/rencontres/{fact.publisher}",
        time=BEFORE,
        key=fact.key,
        sequence=sequence,
        correlation_id=new_id(),
    )


def _registration(registration: str, status: str, changes: dict[str, Any]) -> dict[str, Any]:
    person = {
        "given_name": "Solène",
        "family_name": "Kervadec-Diallo",
        "email": "solene@example.org",
        "language": "fr",
        "function": "Adjointe au maire",
    }
    given = {
        "registration": registration,
        "edition": EDITION,
        "status": status,
        "category": "elu",
        "category_label": {"fr": "Élue ou élu"},
        "person": Person(**{**person, **changes.pop("person", {})}),
        "organisation": Organisation(name="Montreuil", kind="commune", code="93048", country="FR"),
        "consents": Consents(image=True),
        "manage_url": "https://example.org/mon-inscription/x",
        "registered_at": BEFORE,
    }
    return {**given, **changes}


async def tell(store, fact: Fact, sequence: int) -> None:
    """Let the service hear a fact."""
    act = actions.project_edition if fact.publisher == "programme" else actions.project_registration
    await act(store, envelope(fact, sequence), fact)


def set_time(monkeypatch, moment: datetime) -> None:
    """Set the clocks by which transactions are dated and pages speak."""
    pages = ("door", "console", "context", "api", "desk_links", "volunteers")
    for place in ("shared.store.now", *(f"services.badges.web.{page}.now" for page in pages)):
        monkeypatch.setattr(place, lambda: moment)


def word(kind: str, *roles: str) -> str:
    """A staff cookie or an API token."""
    expiry = now() + timedelta(hours=1)
    return SIGNER.sign(Claims(sub="a1", kind=kind, name="Claire Morvan", roles=roles, generation=1, exp=expiry))


def signed_in(client, *roles: str):
    """The browser, with the cookie of somebody in these roles."""
    client.cookies.set(staff_cookie_name(https=True), word("staff", *roles))
    return client


def token(*scopes: str) -> dict[str, str]:
    """The header of a program with these scopes."""
    return {"Authorization": f"Bearer {word('token', *scopes)}"}
