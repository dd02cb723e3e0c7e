"""The public form over HTTP, on the real database."""

import asyncio
import re
from dataclasses import replace
from html import unescape

import httpx
import pytest
from markupsafe import escape

from services.registration.web import application, make_desk
from shared.errors import Away
from tests.registration.conftest import EDITION, a_category, a_session, answers, opened


async def count(store, **where):
    return await store.database.registrations.count_documents(where)


def hidden(page, name):
    return re.search(rf'name="{name}" value="([^"]*)"', page.text).group(1)


async def test_form_asks_for_categories_sessions_and_consents(visitor):
    page = await visitor.get("/inscription")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    for part in (
        'value="elu"',
        'value="2026-01"',
        'name="privacy"',
        "Places limitées, 60 libres",
        "Palestine",
        'name="given_name"',
    ):
        assert part in page.text
    assert 'value="equipe"' not in page.text
    assert "style=" not in page.text


async def test_what_approval_means_stands_on_its_own_line(visitor, store):
    hint = {"fr": "Presse, journaliste indépendant", "en": "Press", "es": "Prensa"}
    hinted = a_category("presse", approval=True, hint=hint)
    await opened(store, categories=(a_category("expert", approval=True), hinted))
    page = unescape((await visitor.get("/inscription")).text)
    assert "<small>Presse, journaliste indépendant<br>Demande étudiée par l’équipe</small>" in page
    assert "<small>Demande étudiée par l’équipe</small>" in page


async def test_sent_form_leads_to_thanks_and_registration(visitor, store):
    sent = await visitor.post("/inscription", data=answers(sessions="2026-01"))
    assert sent.status_code == 303
    address = sent.headers["location"]
    assert re.fullmatch(r"/mon-inscription/[0-9a-z.]+/merci", address)
    thanks = await visitor.get(address)
    assert "Merci Solène" in unescape(thanks.text)
    assert thanks.headers["referrer-policy"] == "no-referrer"
    assert thanks.headers["cache-control"] == "no-store"
    kept = await store.database.registrations.find_one({})
    assert kept["organisation"] == {"name": "Montrouge", "kind": "commune", "code": "92049", "country": "FR"}
    assert kept["sessions"] == ["2026-01"]


async def test_sent_form_with_mistakes_keeps_everything_typed(visitor, store):
    given = answers(email="solene.kervadec@", function="x" * 152, family_name=" ", category=None, image="yes")
    page = await visitor.post("/inscription", data=given)
    text = unescape(page.text)
    assert page.status_code == 422
    assert "Il reste 4 points à corriger" in text
    assert "Choisissez la catégorie qui vous correspond." in text
    assert "Nom\u00a0: écrivez votre nom, même s’il n’y en a qu’un." in text
    assert "Adresse électronique\u00a0: il manque ce qui suit le signe @." in text
    assert "Fonction\u00a0: 140 signes au plus, il y en a 152." in text
    for part in ('value="solene.kervadec@"', "x" * 152, 'value="Solène"', 'value="Montrouge"'):
        assert part in text
    assert re.search(r'name="image" value="yes" checked', text)
    for link in re.findall(r'<li><a href="#([^"]+)">', text):
        assert f'id="{link}"' in text
    assert await count(store) == 0


async def test_two_workshops_at_once_are_named_by_day_and_time(visitor, store):
    await opened(store, a_session("2026-01"), a_session("2026-02"))
    page = await visitor.post("/inscription", data=answers(sessions=["2026-01", "2026-02"]))
    text = unescape(page.text)
    assert page.status_code == 422
    assert re.search(r"\w+ à 1[34]\u00a0h\u00a030\u00a0: deux ateliers en même temps, gardez-en un\.", text)
    assert '<a href="#s-2026-01">' in text
    assert text.count('aria-invalid="true"') == 2


async def test_a_full_session_is_told_with_the_answers_kept(visitor, store):
    await opened(store, a_session(capacity=1))
    await visitor.post("/inscription", data=answers(sessions="2026-01"))
    page = await visitor.post("/inscription", data=answers(given_name="Yann", sessions="2026-01"))
    assert page.status_code == 409
    assert "Cet atelier est désormais complet." in unescape(page.text)
    assert re.search(r'id="s-2026-01"[^>]*checked', page.text)
    assert await count(store) == 1


async def test_a_full_edition_says_so(visitor, store):
    await opened(store, quota=1)
    await visitor.post("/inscription", data=answers())
    page = await visitor.post("/inscription", data=answers(given_name="Yann"))
    assert page.status_code == 409
    assert "Complet\u00a0: toutes les places de cette édition sont prises." in unescape(page.text)


@pytest.mark.parametrize(
    ("before", "sentence"), [(10, "Les inscriptions ouvrent le"), (40, "Les inscriptions sont closes depuis le")]
)
async def test_a_closed_form_says_when(visitor, store, before, sentence):
    days = {"opens_days_before": 60, "closes_days_before": before} if before == 40 else {"opens_days_before": before}
    await opened(store, **days)
    page = await visitor.get("/inscription")
    assert sentence in unescape(page.text)
    assert "<form" not in page.text
    sent = await visitor.post("/inscription", data=answers())
    assert sentence in unescape(sent.text)
    assert await count(store) == 0


async def test_sending_twice_is_one_registration(visitor, store):
    form = await visitor.get("/inscription")
    given = answers(form_key=hidden(form, "form_key"), form_mark=hidden(form, "form_mark"))
    sent = await asyncio.gather(*(visitor.post("/inscription", data=given) for _ in range(5)))
    assert {one.status_code for one in sent} == {303}
    assert len({one.headers["location"] for one in sent}) == 1
    assert await count(store) == 1


async def test_sending_again_answers_alike_though_the_programme_has_changed_since(visitor, store):
    given = answers(form_key="k" * 26, sessions="2026-01")
    first = await visitor.post("/inscription", data=given)
    await opened(store, a_session("2026-02"))
    again = await visitor.post("/inscription", data=given)
    assert (again.status_code, again.headers["location"]) == (303, first.headers["location"])


async def test_the_same_form_for_another_person_asks_once_more(visitor, store):
    given = answers(form_key="k" * 26)
    await visitor.post("/inscription", data=given)
    again = await visitor.post("/inscription", data={**given, "given_name": "Yann"})
    assert again.status_code == 422
    assert "déjà été envoyé" in unescape(again.text)
    key = hidden(again, "form_key")
    assert key != given["form_key"]
    last = await visitor.post("/inscription", data={**given, "given_name": "Yann", "form_key": key})
    assert last.status_code == 303
    assert await count(store) == 2


async def test_changing_the_language_keeps_what_was_typed(visitor, store):
    given = answers(change_language="es", sessions="2026-01", family_name="", phone="+34 600 000 000")
    page = await visitor.post("/inscription?lang=es", data=given)
    assert page.status_code == 200
    assert '<html lang="es">' in page.text
    assert "alert--bad" not in page.text
    assert 'value="+34 600 000 000"' in page.text
    assert re.search(r'id="s-2026-01"[^>]*checked', page.text)
    assert await count(store) == 0


async def test_homonyms_are_asked_about_and_the_answer_kept(visitor, store):
    given = answers(organisation_name="Sainte-Colombe")
    page = await visitor.post("/inscription", data=given)
    text = unescape(page.text)
    assert page.status_code == 422
    assert "Plusieurs collectivités portent ce nom" in text
    assert text.count('name="organisation_choice"') == 13
    value = re.search(r'value="(commune:\d+)"[^>]*><span>Sainte-Colombe <span class="soft">Commune, Gironde', text)
    sent = await visitor.post("/inscription", data={**given, "organisation_choice": value.group(1)})
    assert sent.status_code == 303
    kept = await store.database.registrations.find_one({})
    assert f"commune:{kept['organisation']['code']}" == value.group(1)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"organisation_name": "Sainte-Colombe", "organisation_choice": "other"}, "other"),
        ({"organisation_name": "Sainte-Colombe", "organisation_country": "SN"}, "other"),
        ({"organisation_name": "Kermaria Solidarité"}, "other"),
        ({"organisation_name": "montrouge"}, "commune"),
        ({"organisation_name": "Orange", "category": "entreprise"}, "other"),
        (
            {
                "organisation_name": "Métropole de Lyon",
                "organisation_kind": "epci",
                "organisation_code": "200046977",
                "category": "entreprise",
            },
            "epci",
        ),
        (
            {"organisation_name": "Autre", "organisation_kind": "epci", "organisation_code": "200046977"},
            "other",
        ),
    ],
)
async def test_organisation_is_matched_only_when_it_is_meant(visitor, store, changes, kind):
    await opened(store, categories=(a_category(authorities=True), a_category("entreprise")))
    sent = await visitor.post("/inscription", data=answers(**changes))
    assert sent.status_code == 303, unescape(sent.text)
    kept = await store.database.registrations.find_one({})
    assert kept["organisation"]["kind"] == kind


@pytest.mark.parametrize(
    ("typed", "shown"), [("ville de montrouge", "ville de montrouge"), ("montrouge", "Montrouge"), ("Pau", "Pau")]
)
async def test_organisation_keeps_the_words_it_was_written_in_beside_its_code(visitor, store, typed, shown):
    await opened(store, categories=(a_category(authorities=True),))
    sent = await visitor.post("/inscription", data=answers(organisation_name=typed))
    assert sent.status_code == 303, unescape(sent.text)
    kept = (await store.database.registrations.find_one({}))["organisation"]
    assert (kept["name"], kept["kind"], bool(kept["code"])) == (shown, "commune", True)


async def test_the_trap_field_refuses_and_keeps_the_answers(visitor, store):
    page = await visitor.post("/inscription", data=answers(website="http://spam.example"))
    assert page.status_code == 422
    assert "automate" in page.text
    assert 'value="Montrouge"' in page.text
    assert "spam.example" not in page.text
    assert await count(store) == 0


async def test_too_many_from_one_address_wait_with_answers_kept(desk, store):
    few = desk.settings.model_copy(update={"registrations_per_address": 3})
    limited = replace(make_desk(few, store, desk.organisations), pages=desk.pages)
    transport = httpx.ASGITransport(app=application(limited), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://raict.example") as client:
        one, other = {"x-forwarded-for": "192.0.2.1"}, {"x-forwarded-for": "192.0.2.2"}
        sent = [await client.post("/inscription", data=answers(), headers=one) for _ in range(4)]
        assert [answer.status_code for answer in sent] == [303, 303, 303, 429]
        assert sent[-1].headers["retry-after"] == "30"
        assert "Vos réponses sont gardées" in unescape(sent[-1].text)
        assert 'value="Montrouge"' in sent[-1].text
        assert (await client.post("/inscription", data=answers(), headers=other)).status_code == 303


async def test_too_many_for_one_mailbox_wait_wherever_they_come_from(desk, store):
    few = desk.settings.model_copy(update={"registrations_per_mailbox": 3})
    limited = replace(make_desk(few, store, desk.organisations), pages=desk.pages)
    transport = httpx.ASGITransport(app=application(limited), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://raict.example") as client:
        sent = [
            await client.post("/inscription", data=answers(), headers={"x-forwarded-for": f"192.0.2.{place}"})
            for place in range(4)
        ]
        assert [answer.status_code for answer in sent] == [303, 303, 303, 429]
        other = await client.post("/inscription", data=answers(email="autre@mairie.example"))
        assert other.status_code == 303


async def test_a_database_away_keeps_the_answers(visitor, store, monkeypatch):
    await visitor.get("/inscription")

    async def away(*_args, **_options):
        raise Away("MongoDB")

    monkeypatch.setattr(store, "commit", away)
    page = await visitor.post("/inscription", data=answers())
    assert page.status_code == 503
    assert page.headers["retry-after"] == "10"
    assert 'value="Montrouge"' in page.text
    assert "Rien n’est perdu" in unescape(page.text)


async def test_structures_answer_quickly_findable_json(visitor):
    answer = await visitor.get("/inscription/structures", params={"q": "montr"})
    assert answer.json()["items"][0] == {
        "name": "Montreuil",
        "kind": "commune",
        "code": "93048",
        "label": "Commune, Seine-Saint-Denis (93)",
    }
    abroad = await visitor.get("/inscription/structures", params={"q": "montr", "country": "SN"})
    assert abroad.json() == {"items": []}


HURTS = [
    "<script>alert(1)</script>",
    "{{7*7}} {% raw %}",
    "Robert'); db.dropDatabase()",
    "=cmd|' /C calc'!A0",
    "محمد عبد الرحمن",
    "髙橋 さくら",
    "ქეთევან",
    "👩‍👩‍👧 Nguyễn",
    '" onmouseover="x',
]


@pytest.mark.parametrize("name", HURTS)
async def test_text_that_hurts_is_shown_exactly_as_typed(visitor, name):
    sent = await visitor.post("/inscription", data=answers(family_name=name, organisation_name=name, function=name))
    page = await visitor.get(sent.headers["location"].removesuffix("/merci"))
    assert f"<dd>{_escaped(name)}</dd>" in page.text  # the function
    assert "<script>alert" not in page.text
    assert "49" not in re.findall(r"<dd>([^<]*)</dd>", page.text)


def _escaped(text):
    return str(escape(text))


@pytest.mark.parametrize("name", ["a\x00b", "a\u202eb", "a\u200bb", "x" * 100_000])
async def test_text_that_cannot_be_shown_is_refused_by_field(visitor, store, name):
    page = await visitor.post("/inscription", data=answers(family_name=name))
    assert page.status_code == 422
    assert 'href="#family_name"' in page.text
    assert await count(store) == 0


async def test_a_page_of_another_site_cannot_send_the_form(visitor, store):
    page = await visitor.post("/inscription", data=answers(), headers={"origin": "https://evil.example"})
    assert page.status_code == 403
    assert await count(store) == 0


async def test_no_edition_yet_is_a_plain_page(visitor, store):
    await store.database.editions.delete_many({})
    store.pages.forget()
    page = await visitor.get("/inscription")
    assert page.status_code == 404
    assert "pas encore prêtes" in unescape(page.text)
    assert EDITION not in page.text
