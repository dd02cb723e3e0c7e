"""What staff and programs see of the mails, over HTTP, and what they never see."""

import base64
import re
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.notifications.actions import learning, sending
from services.notifications.composing import Composer, grouped
from services.notifications.domain.attempts import Outcome, Verdict
from services.notifications.domain.deliveries import Delivery
from services.notifications.settings import Settings
from services.notifications.store import Store
from services.notifications.web import application, make_pages
from services.notifications.writing import Writer
from shared.clock import now
from shared.signing import Claims, Signer
from shared.web import staff_cookie_name
from tests.apps import warm
from tests.notifications.factories import MANAGE_URL, PATIENCE, REGISTRATION, a_confirmed, an_envelope, an_issued
from tests.notifications.test_actions import know_edition

PUBLIC_URL = "http://rencontres.example"
SIGNER = Signer(base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode())
SETTINGS = Settings(
    mongo_url="",
    nats_url="",
    port=0,
    public_url=PUBLIC_URL,
    link_secret="s",
    staff_public_key=SIGNER.public,
    smtp_url="",
)
SECRET = MANAGE_URL.rpartition("/")[2]
CODE = grouped(an_issued().code)


def a_client(store: Store, *roles: str, kind: str = "staff") -> httpx.AsyncClient:
    app = warm(application(make_pages(), store, SETTINGS))
    headers = {"Accept-Language": "fr", "Origin": PUBLIC_URL}
    cookies = {}
    if roles:
        word = SIGNER.sign(Claims("a1", kind, "Claire Morvan", roles, 1, now() + timedelta(hours=1)))
        if kind == "token":
            headers["Authorization"] = f"Bearer {word}"
        else:
            cookies[staff_cookie_name(False)] = word
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers, cookies=cookies)


async def register(store: Store, registration: str = REGISTRATION, **changes: Any) -> Delivery:
    fact, badge = a_confirmed(registration=registration, **changes), an_issued(registration=registration)
    await learning.registration(store, an_envelope(fact), fact, PATIENCE)
    await learning.issued(store, an_envelope(badge), badge)
    (delivery,) = await store.of_person(registration)
    return delivery


async def send(store: Store, delivery: Delivery, verdict: Verdict = Verdict.ACCEPTED, reason: str = "") -> Delivery:
    writer = Writer(store, Composer(make_pages(), PUBLIC_URL))
    await writer.refresh()
    errand = await sending.take(store, delivery, "me", writer.programme(delivery.edition))
    written = writer.write(errand, await writer.papers([errand.delivery]))
    await sending.settle(store, errand.delivery, Outcome(verdict, reason), written, "me")
    return await store.delivery(delivery.id)


@pytest.fixture
async def sent(store: Store) -> Delivery:
    await know_edition(store)
    return await send(store, await register(store))


async def test_the_list_names_the_person_and_hides_the_mailbox(store: Store, sent: Delivery):
    async with a_client(store, "messages") as client:
        page = (await client.get("/equipe/messages")).text
    assert "Solène Kervadec-Diallo" in page
    assert "mairie.example" in page
    assert "solene.kervadec@" not in page
    assert "RAICT 2026\N{NO-BREAK SPACE}: votre inscription est confirmée" in page


async def test_the_list_is_narrowed_by_state_and_recipient(store: Store, sent: Delivery):
    await register(store, "r2", given_name="Ágnes", family_name="Kertész", email="agnes@pecs.example")
    async with a_client(store, "messages") as client:
        queued = (await client.get("/equipe/messages?etat=file")).text
        found = (await client.get("/equipe/messages?destinataire=agnes")).text
        nobody = (await client.get("/equipe/messages?destinataire=zzz")).text
    assert "Kertész" in queued
    assert "Kervadec" not in queued
    assert "Kertész" in found
    assert "Kervadec" not in found
    assert "Aucun message ne correspond" in nobody


async def test_a_long_list_is_read_page_by_page(store: Store):
    for number in range(60):
        await register(store, f"r{number}")
    async with a_client(store, "messages") as client:
        first = (await client.get("/equipe/messages")).text
        following = first.split('href="?etat=&amp;destinataire=&amp;modele=&amp;suite=')[1].split('"')[0]
        second = (await client.get(f"/equipe/messages?suite={following}")).text
    assert [page.count('role="rowheader"><a href') for page in (first, second)] == [50, 10]
    assert "Page suivante" not in second


async def test_a_message_shows_what_was_sent_without_its_links(store: Store, sent: Delivery):
    async with a_client(store, "messages") as client:
        page = (await client.get(f"/equipe/messages/{sent.id}")).text
        body = (await client.get(f"/equipe/messages/{sent.id}/apercu")).text
        answer = (await client.get(f"/api/notifications/v1/deliveries/{sent.id}")).text
    assert "badge-raict-2026.pdf" in page
    assert f'<iframe class="mail-frame" sandbox src="/equipe/messages/{sent.id}/apercu"' in page
    assert "Votre inscription est confirmée" in body
    assert "/mon-inscription/…" in body
    assert "/mon-inscription/…" in answer
    for text in (page, body, answer):
        assert SECRET not in text
        assert CODE not in text


async def test_a_message_that_has_not_left_says_so(store: Store):
    delivery = await register(store)
    async with a_client(store, "messages") as client:
        page = await client.get(f"/equipe/messages/{delivery.id}")
        body = await client.get(f"/equipe/messages/{delivery.id}/apercu")
    assert "il n’y a encore rien à montrer" in page.text
    assert body.status_code == 404


async def test_a_hostile_name_stays_a_name_on_every_page(store: Store):
    await know_edition(store)
    delivery = await send(store, await register(store, given_name="<script>alert(1)</script>", family_name="{{7*7}}"))
    async with a_client(store, "messages") as client:
        for address in (
            "/equipe/messages",
            f"/equipe/messages/{delivery.id}",
            f"/equipe/messages/{delivery.id}/apercu",
            f"/equipe/fragments/notifications/person/{REGISTRATION}",
        ):
            page = (await client.get(address)).text
            assert "<script>alert" not in page
            assert ">49" not in page


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("550 5.1.1 no such user", "Cette boîte n’existe pas, ou plus."),
        ("address", "Cette adresse n’en est pas une."),
        ("smtputf8", "n’accepte pas les accents"),
    ],
)
async def test_a_refused_message_says_why_and_may_be_sent_again(store: Store, reason, words):
    await know_edition(store)
    delivery = await send(store, await register(store), Verdict.REFUSED, reason)
    async with a_client(store, "messages") as client:
        page = (await client.get(f"/equipe/messages/{delivery.id}")).text
        answer = await client.post(f"/equipe/messages/{delivery.id}/renvoi")
    assert words in page
    assert (reason in page) == reason.startswith("550")
    assert f'action="/equipe/messages/{delivery.id}/renvoi"' in page
    assert (answer.status_code, answer.headers["location"]) == (303, f"/equipe/messages/{delivery.id}")
    assert (await store.delivery(delivery.id)).state == "queued"
    assert await store.database["audit"].count_documents({"actor": "staff:a1", "action": "delivery.retry"}) == 1


@pytest.mark.parametrize("verdict", list(Verdict))
async def test_every_state_has_its_words_in_every_language(store: Store, verdict: Verdict):
    await know_edition(store)
    delivery = await send(store, await register(store), verdict, "451 later")
    async with a_client(store, "messages") as client:
        for lang in ("fr", "en", "es"):
            for address in ("/equipe/messages", f"/equipe/messages/{delivery.id}"):
                answer = await client.get(f"{address}?lang={lang}")
                assert answer.status_code == 200
                assert f'<html lang="{lang}">' in answer.text


async def test_a_sent_message_is_not_sent_again(store: Store, sent: Delivery):
    async with a_client(store, "messages") as client:
        page = (await client.get(f"/equipe/messages/{sent.id}")).text
        answer = await client.post(f"/equipe/messages/{sent.id}/renvoi")
    assert "/renvoi" not in page
    assert answer.status_code == 409
    assert "il n’y a rien à renvoyer" in answer.text


async def test_a_get_never_sends_anything_again(store: Store, sent: Delivery):
    async with a_client(store, "messages") as client:
        answer = await client.get(f"/equipe/messages/{sent.id}/renvoi")
    assert answer.status_code == 405


async def test_the_cards_speak_of_this_service_only(store: Store, sent: Delivery):
    async with a_client(store, "messages") as client:
        home = (await client.get("/equipe/fragments/notifications/home")).text
        person = (await client.get(f"/equipe/fragments/notifications/person/{REGISTRATION}")).text
        nobody = (await client.get("/equipe/fragments/notifications/person/nobody")).text
    assert "1 message envoyé" in home
    assert f'href="/equipe/messages/{sent.id}"' in person
    assert "Envoyé" in person
    assert "Aucun message pour cette personne" in nobody


async def test_the_persons_card_is_read_by_those_who_see_registrations_without_links_they_may_not_follow(store, sent):
    async with a_client(store, "registrations") as client:
        answer = await client.get(f"/equipe/fragments/notifications/person/{REGISTRATION}")
    assert answer.status_code == 200
    assert "/equipe/messages/" not in answer.text
    assert f"Pour <bdi>{sent.name}</bdi>, {sent.recipient}" in unescape(answer.text), "to whom it went"


async def doubtful(store: Store) -> Delivery:
    """A mail whose outcome was unknown three times."""
    delivery = await register(store)
    for _ in range(3):
        await store.database["deliveries"].update_one({"_id": delivery.id}, {"$set": {"due": now()}})
        delivery = await send(store, await store.delivery(delivery.id), Verdict.UNKNOWN, "SMTPServerDisconnected")
    return delivery


async def test_what_may_have_arrived_is_held_until_a_person_decides(store: Store):
    await know_edition(store)
    delivery = await doubtful(store)
    await register(store, "r2", given_name="Ágnes", family_name="Kertész")
    async with a_client(store, "messages") as client:
        held = (await client.get("/equipe/messages?etat=retenu")).text
        back = re.search(r'name="retour" value="([^"]+)"', held)[1]
        answer = await client.post(f"/equipe/messages/{delivery.id}/abandon", data={"retour": unescape(back)})
        after = (await client.get(answer.headers["location"])).text
        again = await client.post(f"/equipe/messages/{delivery.id}/abandon")
    assert "Kervadec" in held
    assert "Kertész" not in held
    assert answer.headers["location"] == "/equipe/messages?etat=retenu&destinataire=&modele="
    assert "Kervadec" not in after
    assert (again.status_code, (await store.delivery(delivery.id)).state) == (409, "unknown")
    assert await store.database["audit"].count_documents({"action": "delivery.abandon"}) == 1


async def test_what_waits_can_be_given_up_and_taken_up_again(store: Store):
    await know_edition(store)
    delivery = await register(store)
    address = f"/api/notifications/v1/deliveries/{delivery.id}"
    async with a_client(store, "messages", kind="token") as client:
        given_up = (await client.post(f"{address}/abandon")).json()
        taken_up = (await client.post(f"{address}/retry")).json()
    async with a_client(store, "messages") as client:
        page = (await client.get(f"/equipe/messages/{delivery.id}")).text
    assert (given_up["state"], given_up["reason"], given_up["due_at"]) == ("expired", "stopped-by-team", None)
    assert (taken_up["state"], f'action="/equipe/messages/{delivery.id}/abandon"' in page) == ("queued", True)


async def test_a_mail_that_left_cannot_be_given_up(store: Store, sent: Delivery):
    async with a_client(store, "messages") as client:
        page = (await client.get(f"/equipe/messages/{sent.id}")).text
        answer = await client.post(f"/equipe/messages/{sent.id}/abandon")
    assert "Abandonner" not in page
    assert (answer.status_code, "rien à abandonner" in answer.text) == (409, True)


async def test_a_button_leads_back_to_the_list_and_nowhere_else(store: Store):
    delivery = await register(store)
    async with a_client(store, "messages") as client:
        answer = await client.post(
            f"/equipe/messages/{delivery.id}/abandon", data={"retour": "https://elsewhere.example/equipe/messages?"}
        )
    assert answer.headers["location"] == f"/equipe/messages/{delivery.id}"


async def test_the_list_is_narrowed_by_template(store: Store, sent: Delivery):
    async with a_client(store, "messages") as client:
        confirmations = (await client.get("/equipe/messages?modele=confirmation")).text
        others = (await client.get("/equipe/messages?modele=cancellation")).text
        nonsense = await client.get("/equipe/messages?modele=nothing")
    assert "Kervadec" in confirmations
    assert "Aucun message ne correspond" in others
    assert nonsense.status_code == 200


PAGES = ["/equipe/messages", "/equipe/messages/{id}", "/equipe/messages/{id}/apercu"]
API = ["/api/notifications/v1/deliveries", "/api/notifications/v1/deliveries/{id}"]


@pytest.mark.parametrize("address", PAGES)
async def test_a_page_is_for_those_who_mind_messages(store: Store, sent: Delivery, address: str):
    statuses = {}
    for roles in ((), ("desk",), ("messages",), ("admin",)):
        async with a_client(store, *roles) as client:
            statuses[roles] = (await client.get(address.format(id=sent.id))).status_code
    assert statuses == {(): 303, ("desk",): 403, ("messages",): 200, ("admin",): 200}


@pytest.mark.parametrize("address", API)
async def test_the_api_is_for_tokens_with_its_scope_and_for_staff(store: Store, sent: Delivery, address: str):
    statuses = {}
    for roles in ((), ("desk",), ("messages",)):
        async with a_client(store, *roles, kind="token") as client:
            statuses[roles] = (await client.get(address.format(id=sent.id))).status_code
    assert statuses == {(): 401, ("desk",): 403, ("messages",): 200}


async def test_the_api_finds_a_delivery_by_recipient_and_state(store: Store, sent: Delivery):
    params = {"recipient": "solene.kervadec@mairie.example", "state": "sent"}
    async with a_client(store, "messages", kind="token") as client:
        answer = (await client.get("/api/notifications/v1/deliveries", params=params)).json()
        other = (await client.get("/api/notifications/v1/deliveries", params={**params, "state": "queued"})).json()
        wrong = await client.get("/api/notifications/v1/deliveries?state=lost")
    (item,) = answer["items"]
    assert (item["id"], item["state"], item["template"]) == (sent.id, "sent", "confirmation")
    assert (answer["next"], other["items"], wrong.status_code) == (None, [], 422)


async def test_the_api_gives_its_list_in_pages(store: Store):
    for number in range(5):
        await register(store, f"r{number}")
    seen, cursor = [], ""
    async with a_client(store, "messages", kind="token") as client:
        while cursor is not None:
            page = (await client.get(f"/api/notifications/v1/deliveries?limit=2&cursor={cursor}")).json()
            seen += [item["registration"] for item in page["items"]]
            cursor = page["next"]
    assert sorted(seen) == [f"r{number}" for number in range(5)]


@pytest.mark.parametrize(
    "forged",
    [
        "[1, 2]",
        "1",
        '["2026-07-08T10:00:00+00:00", 1]',
        '["2026-07-08T10:00:00", "a"]',
        '["2026-07-08T10:00:00+00:00", "\\ud800"]',
        '["0001-01-01T00:00:00+14:00", "a"]',
        '["9999-12-31T23:59:59-14:00", "a"]',
    ],
)
async def test_a_cursor_that_is_not_ours_leads_nowhere(store: Store, forged: str):
    cursor = base64.urlsafe_b64encode(forged.encode()).decode()
    async with a_client(store, "messages", kind="token") as client:
        answer = await client.get("/api/notifications/v1/deliveries", params={"cursor": cursor})
    assert answer.status_code == 404


async def test_the_api_sends_again_once(store: Store):
    await know_edition(store)
    delivery = await send(store, await register(store), Verdict.REFUSED, "550")
    address = f"/api/notifications/v1/deliveries/{delivery.id}/retry"
    async with a_client(store, "messages", kind="token") as client:
        first, second = await client.post(address), await client.post(address)
        unknown = await client.post("/api/notifications/v1/deliveries/nothing/retry")
    assert (first.status_code, first.json()["state"]) == (200, "queued")
    assert (second.status_code, second.json()["code"]) == (409, "not-retryable")
    assert unknown.status_code == 404
