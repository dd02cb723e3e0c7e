"""Handing a place to a colleague: the sessions stay, everything personal goes, the old link opens nothing."""

import asyncio
import re
from html import unescape

import pytest

from services.registration import actions
from services.registration.actions import By
from services.registration.domain.registrations import Consents, Person
from shared.errors import NotFound
from shared.events.badges import Issued, Revoked
from shared.events.registration import Transferred
from shared.ids import new_id
from tests.registration.conftest import EDITION, an_application, an_envelope, manage_url, ruled
from tests.registration.test_actions import facts
from tests.registration.test_amending import HURTS, some_details

YANN = {
    "given_name": "Yann",
    "family_name": "Le Goff",
    "email": "yann.legoff@mairie.example",
    "language": "es",
    "function": "Directeur",
    "organisation_name": "Montreuil",
    "organisation_kind": "commune",
    "organisation_code": "93048",
    "organisation_country": "FR",
    "privacy": "yes",
}


@pytest.fixture
async def mine(desk, store):
    """A registration with everything personal filled in; answers its id and the address of its page."""
    application = an_application(
        sessions=("2026-01",), needs=("vegetarian",), phone="0612345678", consents=Consents(True, True)
    )
    answer = await actions.register(store, application, id=new_id(), key=None, manage_url=desk.manage_url)
    return answer.id, f"/mon-inscription/{desk.links.make(answer.id, 1)}"


async def test_question_keeps_the_organisation_and_nothing_personal(visitor, mine):
    page = await visitor.get(f"{mine[1]}/transmettre")
    text = unescape(page.text)
    assert 'value="Montreuil"' in text
    for part in ("Solène", "0612345678", "solene@mairie.example", "vegetarian"):
        assert part not in text
    assert "Votre badge et ce lien ne vaudront plus rien" in text


async def test_it_is_said_back_before_it_is_done(visitor, store, mine):
    page = await visitor.post(f"{mine[1]}/transmettre", data=YANN)
    text = unescape(page.text)
    assert page.status_code == 200
    for part in ("Céder votre place à Yann Le Goff\u00a0?", "yann.legoff@mairie.example", "ne sera plus accepté"):
        assert part in text
    assert await facts(store, Transferred) == []
    mended = await visitor.post(f"{mine[1]}/transmettre", data={**YANN, "mend": "yes"})
    assert 'value="Le Goff"' in mended.text


async def test_confirmed_it_changes_hands_once(visitor, store, desk, mine):
    page = await visitor.post(f"{mine[1]}/transmettre", data={**YANN, "confirmed": "yes"})
    assert "maintenant à Yann Le Goff" in unescape(page.text)
    (fact,) = await facts(store, Transferred, mine[0])
    assert (fact.previous.email, fact.person.email) == ("solene@mairie.example", "yann.legoff@mairie.example")
    assert (fact.generation, fact.status, fact.consents.image, fact.person.language) == (2, "confirmed", False, "es")
    assert [one.session for one in fact.enrolments] == ["2026-01"]
    kept = await store.pages.registration(mine[0])
    assert (kept.phone, kept.consents, kept.organisation.code) == ("", Consents(), "93048")
    assert await store.database.needs.count_documents({}) == 0
    assert [one["count"] async for one in store.database.addresses.find()] == [1]
    new = f"/mon-inscription/{desk.links.make(mine[0], 2)}"
    assert fact.manage_url.endswith(new)
    assert new not in page.text
    assert "Yann Le Goff" in (await visitor.get(new)).text


async def test_old_link_says_so_and_shows_nothing(visitor, store, mine):
    await visitor.post(f"{mine[1]}/transmettre", data={**YANN, "confirmed": "yes"})
    for tail in ("", "/modifier", "/transmettre", "/nouveau-lien", "/annuler", "/calendrier.ics", "/merci"):
        answers = [await visitor.get(f"{mine[1]}{tail}")]
        if tail in {"/modifier", "/transmettre", "/nouveau-lien", "/annuler"}:
            answers.append(await visitor.post(f"{mine[1]}{tail}", data={**YANN, "confirmed": "yes"}))
        for answer in answers:
            assert answer.status_code == 410
            assert "a été transmise à une autre personne" in unescape(answer.text)
            assert "Goff" not in answer.text
            assert "Kervadec" not in answer.text
    assert len(await facts(store, Transferred)) == 1
    assert (await store.pages.registration(mine[0])).status == "confirmed"


async def test_a_double_click_says_that_it_is_done_and_not_the_form_again(visitor, store, mine):
    form = {**YANN, "confirmed": "yes"}
    pages = await asyncio.gather(*(visitor.post(f"{mine[1]}/transmettre", data=form) for _ in range(3)))
    assert sorted(page.status_code for page in pages) == [200, 410, 410]
    assert all('name="family_name"' not in page.text for page in pages)
    assert len(await facts(store, Transferred)) == 1


async def test_sent_twice_at_once_it_is_done_once(store, mine):
    results = await asyncio.gather(
        *(
            actions.transfer(
                store,
                mine[0],
                some_details(person=Person("", f"P{n}", f"p{n}@x.example", "fr", "Maire")),
                By(generation=1),
                manage_url=manage_url,
            )
            for n in range(5)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, NotFound) for one in results) == 4
    assert len(await facts(store, Transferred)) == 1


async def test_page_waits_for_the_new_badge(visitor, store, desk, mine):
    def badge(generation):
        return Issued(registration=mine[0], edition=EDITION, generation=generation, code="K4P7X2RMXA", link="x", pdf="")

    await actions.project_badge(store, an_envelope(badge(1), 1), badge(1))
    await visitor.post(f"{mine[1]}/transmettre", data={**YANN, "confirmed": "yes"})
    new = f"/mon-inscription/{desk.links.make(mine[0], 2)}"
    assert "Badge en préparation" in (await visitor.get(new)).text
    revoked = Revoked(registration=mine[0], edition=EDITION, generation=1, reason="replaced")
    await actions.project_badge(store, an_envelope(revoked, 2), revoked)
    await actions.project_badge(store, an_envelope(badge(2), 3), badge(2))
    assert "K4P7X-2RMXA" in (await visitor.get(new)).text
    await visitor.post(f"{new}/nouveau-lien")
    newest = f"/mon-inscription/{desk.links.make(mine[0], 3)}"
    assert "K4P7X-2RMXA" in (await visitor.get(newest)).text


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("fr", "Cochez que cette personne sait"),
        ("en", "Tick that this person knows"),
        ("es", "Marque que esta persona sabe"),
    ],
)
async def test_mistakes_keep_everything_typed(visitor, store, mine, lang, sentence):
    given = {name: value for name, value in YANN.items() if name != "privacy"}
    page = await visitor.post(f"{mine[1]}/transmettre?lang={lang}", data={**given, "email": "yann", "confirmed": "yes"})
    text = unescape(page.text)
    assert page.status_code == 422
    assert sentence in text
    assert 'value="Le Goff"' in text
    for link in re.findall(r'<li><a href="#([^"]+)">', text):
        assert f'id="{link}"' in text
    assert await facts(store, Transferred) == []


async def test_changing_the_language_keeps_what_was_typed(visitor, store, mine):
    page = await visitor.post(f"{mine[1]}/transmettre?lang=en", data={**YANN, "change_language": "en"})
    assert 'lang="en"' in page.text
    assert 'value="Le Goff"' in page.text
    assert await facts(store, Transferred) == []


@pytest.mark.parametrize(("name", "value"), [one for one in HURTS if one[0] not in {"needs", "needs_other", "phone"}])
async def test_text_that_cannot_be_shown_is_refused(visitor, store, mine, name, value):
    page = await visitor.post(f"{mine[1]}/transmettre", data={**YANN, name: value, "confirmed": "yes"})
    assert page.status_code == 422
    assert await facts(store, Transferred) == []


async def test_markup_in_a_name_is_shown_as_typed(visitor, mine):
    page = await visitor.post(f"{mine[1]}/transmettre", data={**YANN, "family_name": '<script>"{{7*7}}'})
    assert "<script>&#34;" not in page.text.replace("&lt;script&gt;&#34;{{7*7}}", "")
    assert "&lt;script&gt;" in page.text


async def test_after_the_day_set_only_the_team_transfers(visitor, store, mine):
    await ruled(store, freezes={"transfer": 40})
    for answer in (
        await visitor.get(f"{mine[1]}/transmettre"),
        await visitor.post(f"{mine[1]}/transmettre", data=YANN),
        await visitor.post(f"{mine[1]}/transmettre", data={**YANN, "confirmed": "yes"}),
    ):
        assert answer.status_code == 409
        assert "Appelez-nous" in answer.text
    assert "Céder ma place" not in (await visitor.get(mine[1])).text
    yann = some_details(person=Person("Yann", "Le Goff", "yann@x.example", "fr", "Maire"))
    await actions.transfer(store, mine[0], yann, By(actor="staff:claire"), manage_url=manage_url)
    (fact,) = await facts(store, Transferred)
    (entry,) = await store.database.audit.find({"action": "registration.transfer"}).to_list(None)
    assert (fact.actor, entry["actor"]) == ("staff", "staff:claire")
    assert "Goff" not in str(entry)


async def test_a_cancelled_place_is_not_handed_over(visitor, store, mine):
    await actions.cancel(store, mine[0], manage_url=manage_url)
    page = await visitor.post(f"{mine[1]}/transmettre", data={**YANN, "confirmed": "yes"})
    assert page.status_code == 409
    assert await facts(store, Transferred) == []
