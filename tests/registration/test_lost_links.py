"""A lost link: nobody learns who is registered, and whoever is gets one message."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import httpx
import pytest

from services.registration import actions
from services.registration.lost_links import answering
from services.registration.store import LOOKUPS
from services.registration.web import application, make_desk
from shared.errors import Away
from shared.events.registration import LinkRequested
from tests.registration.conftest import EDITION, an_application, manage_url
from tests.registration.test_actions import facts, registering

PERSON = an_application().person
PATH = "/inscription/retrouver"


async def written(store):
    """How many documents of each collection there are, and what was asked, without its hash."""
    counts = {
        name: await store.database[name].count_documents({})
        for name in sorted(await store.database.list_collection_names())
    }
    (asked,) = await store.database[LOOKUPS].find({}, {"_id": 0, "at": 0, "email": 0}).to_list(None)
    return counts, asked


@pytest.fixture
def turn(store):
    """One turn of the loop."""
    return answering(store, manage_url)


async def test_known_and_unknown_addresses_are_answered_and_written_alike(visitor, store):
    await registering(store)
    seen = []
    for email in ("solene@mairie.example", "nobody@mairie.example"):
        await store.database[LOOKUPS].delete_many({})
        page = await visitor.post(PATH, data={"email": email})
        seen.append((page.status_code, page.text.replace(email, "…"), *await written(store)))
    assert seen[0] == seen[1]
    assert "Si cette adresse est inscrite, le lien arrive dans la minute." in seen[0][1]


@pytest.mark.parametrize("spelled", ["solene@ｍａｉｒｉｅ.example", "Solene@ⓜairie.EXAMPLE"])
async def test_another_spelling_of_the_domain_is_the_same_mailbox(visitor, store, turn, spelled):
    made = await registering(store)
    await visitor.post(PATH, data={"email": spelled})
    await turn()
    (fact,) = await facts(store, LinkRequested)
    assert (fact.registration, await store.pages.everywhere(spelled)) == (made.id, [made.id])


async def test_the_newest_registration_of_the_address_is_told_once(visitor, store, turn):
    first = await registering(store)
    second = await registering(store, an_application(person=replace(PERSON, given_name="Yann")))
    third = await registering(store, an_application(person=replace(PERSON, given_name="Zoé")))
    await actions.cancel(store, third.id, manage_url=manage_url)
    for _ in range(3):
        await visitor.post(PATH, data={"email": " SOLENE@mairie.example "})
        await turn()
    (fact,) = await facts(store, LinkRequested)
    assert fact.registration == second.id != first.id
    assert fact.manage_url == manage_url(second.id, 1)
    assert (await store.pages.registration(second.id)).sequence == 2


async def test_an_unknown_address_is_forgotten_once_looked_for(visitor, store, turn):
    await visitor.post(PATH, data={"email": "nobody@mairie.example"})
    await turn()
    assert await facts(store, LinkRequested) == []
    (asked,) = await store.database[LOOKUPS].find().to_list(None)
    assert "nobody" not in str(asked)
    assert await turn() is False


async def test_ten_minutes_later_it_is_told_again(visitor, store, turn):
    await registering(store)
    await visitor.post(PATH, data={"email": "solene@mairie.example"})
    await turn()
    (asked,) = await store.database[LOOKUPS].find().to_list(None)
    earlier = asked["at"] - timedelta(minutes=10)
    await store.database[LOOKUPS].update_one({}, {"$set": {"at": earlier}})
    await visitor.post(PATH, data={"email": "solene@mairie.example"})
    await turn()
    assert len(await facts(store, LinkRequested)) == 2


async def test_a_cancelled_or_corrected_registration_is_not_told(visitor, store, turn):
    answer = await registering(store)
    await visitor.post(PATH, data={"email": "solene@mairie.example"})
    await actions.cancel(store, answer.id, manage_url=manage_url)
    await turn()
    assert await facts(store, LinkRequested) == []


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("fr", "il manque ce qui suit"), ("en", "after the @ is missing"), ("es", "falta lo que va después")],
)
async def test_a_broken_address_is_kept_and_explained(visitor, store, lang, sentence):
    page = await visitor.post(f"{PATH}?lang={lang}", data={"email": "solene@"})
    text = unescape(page.text)
    assert page.status_code == 422
    assert sentence in text
    assert 'value="solene@"' in text
    assert re.search(r'<li><a href="#email">', text)
    assert await store.database[LOOKUPS].count_documents({}) == 0


@pytest.mark.parametrize("email", ["", "a\u202e@b.example", "x" * 300 + "@b.example", "\x00@b.example", "{$ne: 1}"])
async def test_no_text_looks_for_more_than_itself(visitor, store, email):
    page = await visitor.post(PATH, data={"email": email})
    assert page.status_code == 422
    assert await store.database[LOOKUPS].count_documents({}) == 0


async def test_changing_the_language_keeps_the_address_and_asks_nothing(visitor, store):
    page = await visitor.post(f"{PATH}?lang=en", data={"email": "solene@mairie.example", "change_language": "en"})
    assert 'lang="en"' in page.text
    assert 'value="solene@mairie.example"' in page.text
    assert await store.database[LOOKUPS].count_documents({}) == 0


async def test_one_network_address_may_ask_so_often(settings, store, organisations, pages):
    desk = replace(make_desk(settings.model_copy(update={"lookups_per_address": 3}), store, organisations), pages=pages)
    transport = httpx.ASGITransport(app=application(desk))
    headers = {"Origin": "http://raict.example"}
    async with httpx.AsyncClient(transport=transport, base_url="http://raict.example", headers=headers) as visitor:
        sent = [await visitor.post(PATH, data={"email": f"p{n}@x.example"}) for n in range(4)]
    assert [one.status_code for one in sent] == [200, 200, 200, 429]
    assert sent[3].headers["retry-after"]
    assert 'value="p3@x.example"' in sent[3].text


async def test_while_the_database_is_away_the_page_says_so(visitor, store, monkeypatch):
    async def away(*_args, **_more):
        raise Away

    monkeypatch.setattr(store, "commit", away)
    page = await visitor.post(PATH, data={"email": "solene@mairie.example"})
    assert page.status_code == 503
    assert 'value="solene@mairie.example"' in page.text


async def test_the_search_for_the_address_goes_along_an_index(store):
    await registering(store)
    found = await store.pages.newest_at(EDITION, "solene@mairie.example")
    plan = await store.database.registrations.find({"edition": EDITION, "words": "solene@mairie.example"}).explain()
    assert found.person == PERSON
    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])
