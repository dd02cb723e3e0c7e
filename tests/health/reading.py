"""The health page as it is read, and messages that nobody can read."""

import asyncio
import html
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import nats

from tests.house import SERVICES
from tests.journeys.story import eventually

CARD = "/equipe/fragments/{}/health"
TOLD = "rencontres.registration.confirmed.v1"


def words(page: str) -> str:
    """What a page says, as one line."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page))).replace("\u00a0", " ")


def said(technician: httpx.Client, service: str, lang: str = "fr") -> str:
    """What the service's card says."""
    return words(technician.get(CARD.format(service), params={"lang": lang}).text)


def says(technician: httpx.Client, service: str, *wanted: str) -> None:
    """Wait until the card says all of this."""
    try:
        eventually(lambda: all(word in said(technician, service) for word in wanted), f"{service}: {wanted}")
    except AssertionError as error:
        raise AssertionError(f"{error}; it says: {said(technician, service)}") from None


def alone_says(technician: httpx.Client, service: str, *wanted: str) -> None:
    """Wait until the card says all of this, and since when; no other card says the first of it."""
    says(technician, service, *wanted, "Depuis")
    assert [other for other in SERVICES if wanted[0] in said(technician, other)] == [service]


def is_quiet(technician: httpx.Client, *services: str) -> None:
    """Wait until nothing is wrong with these services."""
    for service in services:
        try:
            eventually(lambda service=service: "tout va bien" in said(technician, service), "all well")
        except AssertionError:
            raise AssertionError(said(technician, service)) from None


def poison(url: str, *bodies: str, about: str = "nobody") -> None:
    """Put messages about a registration into the stream that no service can read."""

    async def send() -> None:
        client = await nats.connect(url)
        for number, body in enumerate(bodies):
            headers = {"ce-type": TOLD, "ce-id": f"registration:{about}:{number}-{body}"}
            await client.jetstream().publish(f"{TOLD}.{about}", body.encode(), headers=headers)
        await client.close()

    with ThreadPoolExecutor(1) as aside:  # the tests in a browser stand inside a loop already
        aside.submit(lambda: asyncio.run(send())).result()
