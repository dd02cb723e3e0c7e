"""Somebody at the desk without a registration: one form, one page, one badge."""

import asyncio
import re
from html import unescape

import pytest

from services.registration import actions
from services.registration.domain import refusals
from shared.events.badges import Issued
from shared.events.registration import Confirmed
from shared.ids import new_id
from shared.web import staff_cookie_name
from tests.registration.conftest import (
    EDITION,
    a_category,
    a_word,
    an_application,
    an_envelope,
    answers,
    manage_url,
    ruled,
)
from tests.registration.test_actions import facts, places, registering
from tests.registration.test_amending import HURTS
from tests.registration.test_form import hidden

PATH = "/equipe/inscriptions/nouvelle"


@pytest.fixture
def volunteer(visitor, signer):
    """A browser signed in for the desk only."""
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, "desk", kind="staff"))
    return visitor


async def badge_of(store, id):
    fact = Issued(
        registration=id, edition=EDITION, generation=1, code="K4P7X2RMXA", link="http://x/badge/b.pdf", pdf=""
    )
    await actions.project_badge(store, an_envelope(fact), fact)


async def test_a_volunteer_gets_to_the_badge_in_three_pages(volunteer, store):
    form = await volunteer.get(PATH)
    assert len(re.findall(r"<(?:input|select|textarea) [^>]*required", form.text)) <= 6
    sent = await volunteer.post(PATH, data=answers(form_key=hidden(form, "form_key"), category="equipe"))
    assert sent.status_code == 303
    page = await volunteer.get(sent.headers["location"])
    assert "Badge en préparation" in page.text
    id = re.search(r'hx-get="/equipe/fragments/registration/badge/(\w+)"', page.text)[1]
    assert "hx-get" in (await volunteer.get(f"/equipe/fragments/registration/badge/{id}")).text
    await badge_of(store, id)
    shown = unescape((await volunteer.get(f"/equipe/fragments/registration/badge/{id}")).text)
    assert 'href="http://x/badge/b.pdf"' in shown
    assert "Contrôler à l’accueil" in shown
    assert "hx-get" not in shown
    pages = [PATH, sent.headers["location"], "http://x/badge/b.pdf"]
    assert len(pages) == 3
    (fact,) = await facts(store, Confirmed)
    assert (fact.category, fact.actor, fact.person.family_name) == ("equipe", "staff", "Kervadec-Diallo")
    (entry,) = await store.database.audit.find({"action": "registration.walk-in"}).to_list(None)
    assert (entry["actor"], entry["subject"], entry["fields"]) == ("staff:claire", id, [])


async def test_it_works_after_registration_has_closed_and_needs_no_approval(volunteer, store):
    await ruled(store, closes_days_before=40, categories=(a_category(approval=True),))
    with pytest.raises(refusals.RegistrationsClosed):
        await registering(store)
    assert (await volunteer.post(PATH, data=answers())).status_code == 303
    assert (await places(store))["taken"] == 1


async def test_beyond_the_quota_only_who_may_and_says_so(visitor, store, signer):
    await ruled(store, quota=0)
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, "desk", kind="staff"))
    for more in ({}, {"beyond": "yes"}):
        page = await visitor.post(PATH, data=answers(**more))
        assert page.status_code == 409
        assert 'name="beyond"' not in page.text
        assert "Seule une personne chargée des inscriptions" in unescape(page.text)
        assert 'value="Kervadec-Diallo"' in page.text
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, "registrations", kind="staff"))
    page = await visitor.post(PATH, data=answers())
    assert (page.status_code, 'name="beyond"' in page.text) == (409, True)
    assert (await visitor.post(PATH, data=answers(beyond="yes"))).status_code == 303
    (entry,) = await store.database.audit.find({"action": "registration.walk-in"}).to_list(None)
    assert entry["fields"] == ["beyond-quota"]


async def test_sent_twice_it_is_one_person(volunteer, store):
    given = answers(form_key="k" * 26)
    sent = await asyncio.gather(*(volunteer.post(PATH, data=given) for _ in range(4)))
    assert len({one.headers["location"] for one in sent}) == 1
    assert await store.database.registrations.count_documents({}) == 1


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("fr", "Cochez que vous avez dit"), ("en", "Tick that you told"), ("es", "Marque que ha dicho")],
)
async def test_mistakes_keep_everything_typed(volunteer, store, lang, sentence):
    page = await volunteer.post(f"{PATH}?lang={lang}", data=answers(privacy=None, category="", email=""))
    text = unescape(page.text)
    assert page.status_code == 422
    assert sentence in text
    assert 'value="Kervadec-Diallo"' in text
    for link in re.findall(r'<li><a href="#([^"]+)">', text):
        assert f'id="{link}"' in text
    assert await store.database.registrations.count_documents({}) == 0


@pytest.mark.parametrize(("name", "value"), [one for one in HURTS if one[0] not in {"needs", "needs_other", "phone"}])
async def test_text_that_cannot_be_shown_is_refused(volunteer, store, name, value):
    assert (await volunteer.post(PATH, data=answers(**{name: value}))).status_code == 422
    assert await store.database.registrations.count_documents({}) == 0


async def test_pages_take_the_role(visitor, store, signer):
    one = await actions.register(store, an_application(), id=new_id(), key=None, manage_url=manage_url)
    paths = (PATH, f"/equipe/inscriptions/{one.id}/arrivee", f"/equipe/fragments/registration/badge/{one.id}")
    for path in paths:
        assert (await visitor.get(path)).status_code == 303
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, "programme", kind="staff"))
    for path in paths:
        assert (await visitor.get(path)).status_code == 403
    assert (await visitor.post(PATH, data=answers())).status_code == 403
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, "desk", kind="staff"))
    assert (await visitor.get("/equipe/inscriptions/nobody/arrivee")).status_code == 404
