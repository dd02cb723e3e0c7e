"""Desk links: a volunteer's phone at one gate, between two hours, without an account."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.badges.desk_keys import DeskKeys
from services.badges.domain import desk_links
from services.badges.domain.desk_links import EndsBeforeItStarts, GateMissing, OpenTooLong
from shared import access
from shared.clock import now
from shared.events.programme import AccessChanged
from shared.ids import new_id
from tests.badges.factories import BASE, FIRST_MORNING, envelope, set_time, signed_in

KEYS = DeskKeys("secret")
START, END = datetime(2026, 7, 8, 5, 30, tzinfo=UTC), datetime(2026, 7, 8, 17, 0, tzinfo=UTC)
MADE = (START, "staff:a1", 1)
HERE = {"Origin": BASE}


@pytest.fixture
async def phone(site):
    """A browser of its own, that has no cookie yet."""
    async with httpx.AsyncClient(transport=site._transport, base_url=BASE, headers=HERE) as client:
        yield client


async def make(site, **typed) -> httpx.Response:
    form = {"id": new_id(), "porte": "Iéna", "debut": "2026-07-08T07:30", "fin": "2026-07-08T19:00", **typed}
    return await signed_in(site, "registrations").post("/equipe/badges/postes", data=form, headers=HERE)


def sheet(answer) -> tuple[str, str]:
    """The path and the PIN on the sheet that is handed to the volunteer."""
    path = re.search(rf"{BASE}(/accueil/poste/[^<]+)<", answer.text).group(1)
    return path, "".join(re.search(r"sheet__pin\">(\d{3})\D+(\d{3})<", answer.text).groups())


@pytest.fixture
async def handed(site, issued, on_the_day):
    """The sheet of a desk at the gate Iéna, on the first day."""
    return sheet(await make(site))


async def enter(phone, path, pin) -> httpx.Response:
    return await phone.post(path, data={"pin": pin})


def test_desk_opens_and_closes_at_its_hours():
    link = desk_links.open_desk("d1", "e", "Iéna", (START, END), MADE)
    moments = (START - timedelta(seconds=1), START, END - timedelta(seconds=1), END)
    assert [link.state(moment).value for moment in moments] == ["coming", "open", "open", "over"]
    assert desk_links.withdraw(link, START).state(START).value == "withdrawn"


@pytest.mark.parametrize(
    ("gate", "hours", "refusal"),
    [
        ("", (START, END), GateMissing),
        ("Iéna", (END, START), EndsBeforeItStarts),
        ("Iéna", (START, START), EndsBeforeItStarts),
        ("Iéna", (START, START + timedelta(days=11)), OpenTooLong),
    ],
)
def test_desk_without_sense_is_refused(gate, hours, refusal):
    with pytest.raises(refusal):
        desk_links.open_desk("d1", "e", gate, hours, MADE)


async def test_phone_enters_by_link_and_pin_and_checks_badges_in_at_its_gate_only(phone, store, issued, handed):
    path, pin = handed
    asked = await phone.get(path)
    assert "Code à six chiffres" in asked.text
    assert (asked.headers["cache-control"], asked.headers["x-robots-tag"]) == ("no-store", "noindex")
    opened = await enter(phone, path, f"{pin[:3]} {pin[3:]}")
    assert (opened.status_code, opened.headers["location"]) == (303, "/accueil")
    cookie = opened.headers["set-cookie"]
    assert cookie.startswith("__Secure-rencontres_desk=")
    assert all(part in cookie for part in ("HttpOnly", "Path=/accueil", "Secure", "SameSite=lax", "Max-Age=641280"))
    door = await phone.get("/accueil", params={"porte": "Autre porte"})
    assert "Autre porte" not in door.text
    assert "Inscrire sur place" not in door.text
    said = await phone.post("/accueil", data={"code": issued.code, "porte": "Autre porte", "nonce": "n"})
    assert "Admis" in said.text
    (seen,) = await store.page_of_attendance("raict-2026", None, 10)
    assert (seen.gate, seen.actor.partition(":")[0]) == ("Iéna", "desk")


async def test_desk_cookie_opens_the_door_and_nothing_else(phone, site, issued, handed):
    await enter(phone, *handed)
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in phone.cookies.items())}
    for path in ("/equipe/badges", "/equipe/badges/postes", "/equipe/fragments/badges/home"):
        answer = await phone.get(path, headers=cookie)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/equipe/connexion?suite={path}")
    assert (await phone.get("/api/badges/v1/badges", headers=cookie)).status_code == 401
    for path in ("/accueil", "/accueil/recherche?q=kerv", "/accueil/compte"):
        assert (await phone.get(path)).status_code == 200


async def test_withdrawn_desk_closes_at_once_and_says_so(phone, site, issued, handed):
    path, pin = handed
    await enter(phone, path, pin)
    listed = await signed_in(site, "registrations").get("/equipe/badges/postes")
    id = re.search(r"postes/([0-9a-z]{26})/retirer", listed.text).group(1)
    for _ in range(2):
        assert (await site.post(f"/equipe/badges/postes/{id}/retirer", headers=HERE)).status_code == 303
    refused = await phone.get("/accueil")
    assert (refused.status_code, "Ce poste est fermé" in refused.text) == (403, True)
    assert "a retiré ce poste" in (await phone.get(path)).text
    assert "set-cookie" not in (await enter(phone, path, pin)).headers
    assert "Retiré" in (await site.get("/equipe/badges/postes")).text


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (START - timedelta(hours=2), "ouvre le mercredi 8 juillet à 7 h 30"),
        (END, "a fermé le mercredi 8 juillet à 19 h 00"),
    ],
)
async def test_desk_outside_its_hours_says_when(phone, handed, monkeypatch, moment, words):
    path, pin = handed
    set_time(monkeypatch, moment)
    for answer in (await phone.get(path), await enter(phone, path, pin)):
        assert words.replace(" h ", "\u00a0h\u00a0") in answer.text
        assert "set-cookie" not in answer.headers


async def test_cookie_of_a_desk_that_is_over_opens_nothing(phone, handed, monkeypatch):
    await enter(phone, *handed)
    set_time(monkeypatch, END)
    assert (await phone.get("/accueil")).status_code == 403


async def test_phone_left_over_from_yesterday_is_told_that_its_desk_is_closed(phone, handed, monkeypatch):
    cookie = (await enter(phone, *handed)).headers["set-cookie"]
    seconds = int(re.search(r"Max-Age=(\d+)", cookie).group(1))
    tomorrow = END + timedelta(days=1)
    assert FIRST_MORNING + timedelta(seconds=seconds) > tomorrow
    set_time(monkeypatch, tomorrow)
    answer = await phone.get("/accueil")
    assert (answer.status_code, "Ce poste est fermé" in answer.text) == (403, True)


async def test_wrong_pin_is_told_and_costs_others_nothing(phone, handed):
    path, pin = handed
    wrong = f"{(int(pin) + 1) % 10**6:06}"
    for _ in range(3):
        answer = await enter(phone, path, wrong)
        assert (answer.status_code, "Relisez les six chiffres" in answer.text) == (422, True)
    elsewhere = {"X-Forwarded-For": "203.0.113.7"}
    assert (await phone.post(path, data={"pin": pin}, headers=elsewhere)).status_code == 303


async def test_after_four_wrong_pins_the_page_says_how_long_to_wait_and_opens_then(phone, handed, monkeypatch):
    path, pin = handed
    wrong = f"{(int(pin) + 1) % 10**6:06}"
    assert [(await enter(phone, path, wrong)).status_code for _ in range(4)] == [422] * 4
    answer = await enter(phone, path, pin)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert "attendez 2 secondes, puis retapez le code" in answer.text
    later = now() + timedelta(seconds=2)
    monkeypatch.setattr("shared.store.now", lambda: later)
    assert (await enter(phone, path, pin)).status_code == 303


@pytest.mark.parametrize("token", ["x", "01m8c6y4563nznvbw7f100vc75.1.aaaa", "a.1.b/c"])
async def test_link_that_is_not_ours_opens_nothing(phone, issued, token):
    assert (await phone.get(f"/accueil/poste/{token}")).status_code == 404


async def test_desk_of_another_secret_or_a_forged_cookie_opens_nothing(phone, issued, handed):
    phone.cookies.set("__Secure-rencontres_desk", DeskKeys("other").cookie("d1"), path="/accueil")
    assert (await phone.get("/accueil")).status_code == 403


async def test_page_sent_again_makes_no_second_desk_and_shows_the_same_sheet(site, store, issued):
    id = new_id()
    sheets = [sheet(await make(site, id=id)) for _ in range(2)]
    assert sheets[0] == sheets[1]
    assert len(await store.desks("raict-2026")) == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"porte": " "}, "Porte\u00a0: écrivez son nom"),
        ({"porte": "\u3164"}, "Porte\u00a0: écrivez son nom"),
        ({"porte": "Porte\u202e des Fleurs"}, "un signe invisible (U+202E)"),
        ({"porte": "P" * 81}, "80 signes au plus, il y en a 81."),
        ({"fin": "2026-07-08T06:00"}, "elle doit venir après le début"),
        ({"debut": "demain"}, "écrivez un jour et une heure"),
        ({"debut": "2026-03-29T02:30", "fin": "2026-03-29T03:10"}, "écrivez un jour et une heure"),  # skipped
        ({"debut": "2026-10-25T02:30", "fin": "2026-10-25T02:10"}, "elle doit venir après le début"),
        ({"fin": "2026-09-08T06:00"}, "dix jours au plus"),
    ],
)
async def test_desk_that_makes_no_sense_is_told_and_what_was_typed_stays(site, store, issued, typed, words):
    answer = await make(site, **{"porte": "Porte des Fleurs", **typed})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert typed.get("debut", "2026-07-08T07:30") in answer.text
    assert typed.get("porte", "Porte des Fleurs") in answer.text
    assert await store.desks("raict-2026") == []


@pytest.mark.parametrize("role", ["desk", "messages"])
async def test_only_registrations_hand_out_desks(site, issued, role):
    assert (await signed_in(site, role).get("/equipe/badges/postes")).status_code == 403


async def test_another_site_cannot_act_with_a_desk_cookie(phone, store, issued, handed):
    await enter(phone, *handed)
    for origin in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await phone.post("/accueil", data={"code": issued.code, "nonce": "n"}, headers=origin)
        assert answer.status_code == 403
    assert await store.page_of_attendance("raict-2026", None, 10) == []


async def test_pin_is_stored_nowhere(store, issued, handed):
    _, pin = handed
    for collection in await store.database.list_collection_names():
        async for document in store.database[collection].find():
            assert pin not in str(document)


def test_pin_may_be_typed_with_blanks():
    assert KEYS.is_pin("d1", f" {KEYS.pin('d1')[:3]} {KEYS.pin('d1')[3:]} ")
    assert not KEYS.is_pin("d1", KEYS.pin("d2"))


async def say(store, sequence, generation, disowned=0):
    fact = AccessChanged(account="a1", generation=generation, disowned=disowned)
    await access.project(store, envelope(fact, sequence), fact)


@pytest.mark.parametrize(("disowned", "status"), [(0, 200), (2, 403)])
async def test_desk_ends_with_the_account_that_made_it_and_not_with_a_password(
    site, store, phone, handed, disowned, status
):
    await enter(phone, *handed)
    await say(store, 1, 2, disowned)
    assert (await phone.get("/accueil")).status_code == status
    await say(store, 2, 3, disowned)  # opened again, or another password
    assert (await phone.get("/accueil")).status_code == status
    listed = (await signed_in(site, "registrations").get("/equipe/badges/postes")).text
    assert ("Retiré" in listed) == bool(disowned)


async def test_desk_made_with_a_cookie_that_is_void_already_opens_nothing(site, store, phone, issued, on_the_day):
    """Other services hear of a withdrawal a moment later: who makes a desk in that moment gains nothing."""
    await say(store, 1, 2, 2)
    path, pin = sheet(await make(site))
    assert (await enter(phone, path, pin)).status_code == 200
    assert (await phone.get("/accueil")).status_code == 303
