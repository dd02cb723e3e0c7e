"""One participant's story, told over HTTP through the front door, as patient as a person with a browser."""

import re
import time
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import icalendar
import pymupdf

from tests.house import House

R = TypeVar("R")

PATIENCE = 90.0
"""Seconds until a story that was disturbed must have ended the same."""


def eventually(what: Callable[[], R | None], about: str, seconds: float = PATIENCE) -> R:
    """Ask until there is an answer; asking may fail, since a service may be down."""
    until = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < until:
        try:
            if found := what():
                return found
        except (httpx.HTTPError, AssertionError) as error:
            last = error
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {about} (last: {last!r})")


def an_application(**changes: Any) -> dict[str, Any]:
    """What the public API takes; the address is fresh each time."""
    return {
        "category": "elu",
        "given_name": "Solène",
        "family_name": "Kervadec-Diallo",
        "email": f"solene-{uuid4().hex[:10]}@mairie.example",
        "language": "fr",
        "function": "Adjointe au maire, déléguée aux coopérations internationales et à la solidarité",
        "organisation": {"name": "Montreuil", "kind": "commune", "code": "93048", "country": "FR"},
        "phone": "",
        "sessions": ["2026-02"],
        "needs": ["vegetarian"],
        "consents": {"privacy": True, "image": False, "participants_list": True},
        **changes,
    }


class Story:
    """Register, receive, enter, cancel. Each step is repeated until it is answered, with the same key."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.http = house.visitor()
        self.api = house.program()

    def close(self) -> None:
        """Let go of the connections."""
        self.http.close()
        self.api.close()

    def register(self, application: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        """Registered, whatever it took: the same key again settles every lost answer."""
        key = key or uuid4().hex

        def post() -> dict[str, Any] | None:
            answer = self.http.post(
                "/api/registration/v1/registrations",
                json=application,
                headers={"Idempotency-Key": key, "Accept": "application/json"},
            )
            if answer.status_code >= 500:
                return None
            assert answer.status_code == 201, answer.text
            return dict(answer.json())

        return eventually(post, "a registration")

    def mails(self, address: str, title: str = "") -> list[EmailMessage]:
        """Every mail that arrived for `address` with `title` in its title, oldest first."""
        return [mail for mail in self.house.mails(address) if title in str(mail["Subject"])]

    def await_marked(self) -> None:
        """No mail was handed over and is not yet noted as sent: a sender that dies there sends it again, flagged."""

        def none_sending() -> bool:
            found = self.api.get("/api/notifications/v1/deliveries", params={"state": "sending"})
            return found.is_success and not found.json()["items"]

        eventually(none_sending, "every mail noted as sent")

    def await_mail(self, address: str, title: str = "") -> EmailMessage:
        """The first mail for `address` whose title contains `title`."""
        return eventually(lambda: next(iter(self.mails(address, title)), None), f"a mail {title!r} for {address}")

    def badge(self, registration: str) -> dict[str, Any]:
        """The badge of a registration, once it is made."""

        def get() -> dict[str, Any] | None:
            answer = self.api.get("/api/badges/v1/badges", params={"registration": registration})
            answer.raise_for_status()
            return next(iter(answer.json()["items"]), None)

        return eventually(get, "a badge")

    def check_in(self, token: str, nonce: str | None = None) -> dict[str, Any]:
        """The door's answer to one scan, repeated with the same nonce until there is one."""
        scan = {"token": token, "gate": "Iéna", "scanned_at": None, "nonce": nonce or uuid4().hex}

        def post() -> dict[str, Any] | None:
            answer = self.api.post("/api/badges/v1/check-ins", json={k: v for k, v in scan.items() if v is not None})
            answer.raise_for_status()
            return dict(answer.json())

        return eventually(post, "an answer at the door")

    def cancel(self, registration: str) -> None:
        """Cancelled through the API; again is the same."""

        def post() -> bool:
            answer = self.api.post(f"/api/registration/v1/registrations/{registration}/cancel")
            answer.raise_for_status()
            return True

        eventually(post, "a cancellation")


def attachment(mail: EmailMessage, kind: str) -> bytes:
    """The one attachment of this type."""
    (found,) = [part for part in mail.iter_attachments() if part.get_content_type() == kind]
    content = found.get_content()
    return content.encode() if isinstance(content, str) else bytes(content)


def text(mail: EmailMessage) -> str:
    """What a mail says, as plain text."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def events(mail: EmailMessage) -> dict[str, Any]:
    """The entries of a mail's calendar, by session."""
    made = icalendar.Calendar.from_ical(attachment(mail, "text/calendar"))
    return {str(one["UID"]).split(".")[0]: one for one in made.walk("VEVENT")}


def printed_code(pdf: bytes) -> str:
    """The code a person reads off the badge."""
    with pymupdf.open(stream=pdf) as document:
        text = document[0].get_text()
    match = re.search(r"\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b", text)
    assert match, text
    return match.group()


def link(mail: EmailMessage, path: str) -> str:
    """The first link of the text part whose address contains `path`."""
    body = mail.get_body(("plain",))
    assert body is not None
    match = re.search(rf"https?://\S*{re.escape(path)}[^\s>]*", body.get_content())
    assert match, body.get_content()
    return match.group()
