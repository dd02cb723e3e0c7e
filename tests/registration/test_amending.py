"""Correcting one's details through the link: the form's own rules, told once, and nobody's answers lost."""

import asyncio
import re
from dataclasses import replace
from html import unescape

import pytest

from services.registration import actions
from services.registration.actions import By
from services.registration.domain import changes, refusals
from services.registration.domain.registrations import Consents, Organisation
from services.registration.store.pages import Search
from shared.errors import Away, NotFound
from shared.events.registration import Amended
from shared.ids import new_id
from tests.registration.conftest import EDITION, an_application, manage_url, ruled
from tests.registration.test_actions import facts, registering
from tests.registration.test_form import hidden

PERSON = an_application().person


@pytest.fixture
async def mine(desk, store):
    """A registration with needs; answers its id and the address of its page."""
    application = an_application(sessions=("2026-01",), needs=("vegetarian",), needs_other="noix", phone="0612345678")
    answer = await actions.register(store, application, id=new_id(), key=None, manage_url=desk.manage_url)
    return answer.id, f"/mon-inscription/{desk.links.make(answer.id, 1)}"


def some_details(**more):
    return changes.Details(**{"person": PERSON, "organisation": an_application().organisation, **more})


def the_form(page, **more):
    """The answers on the page, as a browser would send them back, with changes."""
    text = page.text
    fields = {
        name: unescape(value)
        for name, value in re.findall(r'<input class="input" id="\w+" name="(\w+)"[^>]*? value="([^"]*)"', text)
    }
    fields |= {name: hidden(page, name) for name in ("organisation_kind", "organisation_code", "version")}
    fields["function"] = unescape(re.search(r'<textarea[^>]*name="function"[^>]*>\n([^<]*)</textarea>', text)[1])
    for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', text, re.DOTALL):
        fields[name] = re.search(r'value="([\w-]+)" selected', options)[1]
    ticked = re.findall(r'<input type="(?:radio|checkbox)"[^>]*name="(\w+)" value="([^"]*)" checked', text)
    for name, value in ticked:
        fields[name] = [*fields.get(name, []), value] if name == "needs" else value
    return {**fields, **more}


async def test_form_holds_everything_known(visitor, mine):
    page = await visitor.get(f"{mine[1]}/modifier")
    form = the_form(page)
    assert page.headers["cache-control"] == "no-store"
    assert form["given_name"] == "Solène"
    assert (form["organisation_kind"], form["organisation_code"]) == ("commune", "93048")
    assert (form["phone"], form["needs"], form["needs_other"]) == ("0612345678", ["vegetarian"], "noix")
    assert (form["language"], form["function"], form["organisation_country"]) == ("fr", "Adjointe au maire", "FR")
    assert "C’est possible jusqu’au" in unescape(page.text)


async def test_sent_back_unchanged_it_tells_nothing(visitor, store, mine):
    sent = await visitor.post(f"{mine[1]}/modifier", data=the_form(await visitor.get(f"{mine[1]}/modifier")))
    assert (sent.status_code, sent.headers["location"]) == (303, f"{mine[1]}?fait=modifier")
    assert await facts(store, Amended) == []
    assert "Vos informations sont à jour" in (await visitor.get(sent.headers["location"])).text


async def test_what_changed_is_told_by_name_and_needs_stay_at_home(visitor, store, mine):
    form = the_form(await visitor.get(f"{mine[1]}/modifier"), function="Maire", needs=["no-gluten"], image="yes")
    for _ in range(2):
        assert (await visitor.post(f"{mine[1]}/modifier", data=form)).status_code == 303
    (fact,) = await facts(store, Amended, mine[0])
    assert fact.changed == ("function", "consents", "image", "needs")
    assert (fact.person.function, fact.consents.image, fact.actor) == ("Maire", True, "person")
    assert (fact.previous_email, fact.generation) == ("", 1)
    assert [one.session for one in fact.enrolments] == ["2026-01"]
    needs = await store.pages.needs(mine[0])
    assert (needs.codes, needs.other) == (("no-gluten",), "noix")
    assert "no-gluten" not in str(await store.database.outbox.find().to_list(None))


async def test_needs_taken_back_leave_nothing(visitor, store, mine):
    form = the_form(await visitor.get(f"{mine[1]}/modifier"), needs=[], needs_other="")
    await visitor.post(f"{mine[1]}/modifier", data=form)
    assert await store.database.needs.count_documents({}) == 0


async def test_a_new_address_moves_the_count_and_names_the_old_one(visitor, store, mine):
    other = await registering(store, an_application(person=replace(PERSON, email="yann@mairie.example")))
    form = the_form(await visitor.get(f"{mine[1]}/modifier"), email="Yann@mairie.example")
    await visitor.post(f"{mine[1]}/modifier", data=form)
    (fact,) = await facts(store, Amended, mine[0])
    assert (fact.changed, fact.previous_email, fact.same_address) == (("email",), "solene@mairie.example", True)
    assert [one["count"] async for one in store.database.addresses.find()] == [2]
    await actions.cancel(store, mine[0], manage_url=manage_url)
    await actions.cancel(store, other.id, manage_url=manage_url)
    assert await store.database.addresses.count_documents({}) == 0
    assert mine[0] in [one.id for one in await store.pages.listed(EDITION, Search("yann@mairie.example"), limit=9)]


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("fr", "il manque ce qui suit le signe @"),
        ("en", "the part after the @ is missing"),
        ("es", "falta lo que va después de la @"),
    ],
)
async def test_mistakes_are_those_of_the_form_and_keep_everything(visitor, store, mine, lang, sentence):
    form = the_form(
        await visitor.get(f"{mine[1]}/modifier"), email="solene@", function="x" * 152, family_name="Le Goff"
    )
    page = await visitor.post(f"{mine[1]}/modifier?lang={lang}", data=form)
    text = unescape(page.text)
    assert page.status_code == 422
    assert sentence in text
    assert 'value="Le Goff"' in text
    assert 'value="solene@"' in text
    for link in re.findall(r'<li><a href="#([^"]+)">', text):
        assert f'id="{link}"' in text
    assert (await store.pages.registration(mine[0])).person == PERSON


async def test_changing_the_language_keeps_what_was_typed(visitor, store, mine):
    form = the_form(await visitor.get(f"{mine[1]}/modifier"), family_name="Le Goff", change_language="es")
    page = await visitor.post(f"{mine[1]}/modifier?lang=es", data=form)
    assert page.status_code == 200
    assert 'lang="es"' in page.text
    assert 'value="Le Goff"' in page.text
    assert f'formaction="{mine[1]}/modifier?lang=fr"' in page.text
    assert (await store.pages.registration(mine[0])).person == PERSON


async def test_answers_stay_while_the_database_is_away(visitor, store, mine, monkeypatch):
    form = the_form(await visitor.get(f"{mine[1]}/modifier"), family_name="Le Goff")

    async def away(*_args, **_more):
        raise Away

    monkeypatch.setattr(store, "commit", away)
    page = await visitor.post(f"{mine[1]}/modifier", data=form)
    assert page.status_code == 503
    assert page.headers["retry-after"]
    assert 'value="Le Goff"' in page.text


async def test_who_saved_first_is_told_with_both_versions(visitor, store, mine):
    form = the_form(await visitor.get(f"{mine[1]}/modifier"), function="Maire")
    first = replace(PERSON, function="Conseillère", given_name="Soazig")
    known = changes.details(await store.pages.registration(mine[0]), ("vegetarian",), "noix")
    await actions.correct(store, mine[0], replace(known, person=first), By(actor="staff:claire"), manage_url=manage_url)
    page = await visitor.post(f"{mine[1]}/modifier", data=form)
    text = unescape(page.text)
    assert page.status_code == 409
    for part in ("Voici les deux versions", "Conseillère", "Maire", "Soazig", 'value="Solène"'):
        assert part in text
    assert (await store.pages.registration(mine[0])).person == first
    again = await visitor.post(f"{mine[1]}/modifier", data={**form, "version": hidden(page, "version")})
    assert again.status_code == 303
    assert (await store.pages.registration(mine[0])).person == replace(PERSON, function="Maire")


async def test_two_at_once_save_one_after_the_other(store, mine):
    version = changes.details(await store.pages.registration(mine[0]), ("vegetarian",), "noix").version
    results = await asyncio.gather(
        *(
            actions.correct(store, mine[0], some_details(phone=str(n)), By(version=version), manage_url=manage_url)
            for n in range(1000, 1005)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(one, refusals.SavedBefore) for one in results) == 4
    assert len(await facts(store, Amended)) == 1


async def test_an_organisation_that_stays_is_not_asked_about_again(visitor, store, desk):
    application = an_application(organisation=Organisation("Saint-Denis", "other", "FR"))
    answer = await actions.register(store, application, id=new_id(), key=None, manage_url=desk.manage_url)
    address = f"/mon-inscription/{desk.links.make(answer.id, 1)}/modifier"
    sent = await visitor.post(address, data=the_form(await visitor.get(address), phone="0600000000"))
    assert sent.status_code == 303
    form = the_form(await visitor.get(address), organisation_name="Saint-Aubin", organisation_kind="")
    page = await visitor.post(address, data=form)
    assert page.status_code == 422
    assert "organisation_choice" in page.text


async def test_category_and_consent_to_the_notice_are_not_taken_from_the_form(visitor, store, mine):
    form = the_form(await visitor.get(f"{mine[1]}/modifier"), category="equipe", sessions="2026-01", phone="0600000000")
    await visitor.post(f"{mine[1]}/modifier", data=form)
    kept = await store.pages.registration(mine[0])
    assert (kept.category, kept.phone, kept.sessions) == ("elu", "0600000000", ("2026-01",))


async def test_after_the_day_set_the_page_says_whom_to_call(visitor, store, mine):
    page = await visitor.get(f"{mine[1]}/modifier")
    await ruled(store, changes_close_days_before=40)
    for answer in (
        await visitor.get(f"{mine[1]}/modifier"),
        await visitor.post(f"{mine[1]}/modifier", data=the_form(page, function="Maire")),
    ):
        assert answer.status_code == 409
        assert "Appelez-nous" in answer.text
        assert "+33 1 53 41 81 81" in answer.text
    shown = unescape((await visitor.get(mine[1])).text)
    assert "/modifier#" not in shown
    assert "Annuler mon inscription" in shown
    assert (await store.pages.registration(mine[0])).person == PERSON
    staff = By(actor="staff:claire")
    await actions.correct(store, mine[0], some_details(phone="0600000000"), staff, manage_url=manage_url)
    assert (await facts(store, Amended))[0].actor == "staff"


async def test_cancelling_may_be_closed_too(visitor, store, mine):
    await ruled(store, freezes={"cancel": 40})
    for answer in (await visitor.get(f"{mine[1]}/annuler"), await visitor.post(f"{mine[1]}/annuler")):
        assert answer.status_code == 409
        assert "Appelez-nous" in answer.text
    assert "Annuler mon inscription" not in (await visitor.get(mine[1])).text
    assert (await store.pages.registration(mine[0])).status == "confirmed"
    await actions.cancel(store, mine[0], manage_url=manage_url, actor="staff:claire")
    assert (await visitor.post(f"{mine[1]}/annuler")).status_code == 303


async def test_each_act_may_have_a_day_of_its_own(store, mine):
    await ruled(store, freezes={"details": 40, "cancel": 35})
    edition = (await store.pages.shown()).edition
    kept = await store.pages.registration(mine[0])
    closed = {
        act
        for act in ("details", "sessions", "transfer", "cancel")
        if not changes.is_open(act, edition, kept.registered_at)
    }
    assert closed == {"details", "cancel"}
    assert changes.everything_until(edition, kept.registered_at) is None


async def test_the_team_is_audited_by_field_and_never_by_value(store, mine):
    said = some_details(person=replace(PERSON, family_name="Le Goff"), consents=Consents(image=True))
    await actions.correct(store, mine[0], said, By(actor="staff:claire"), manage_url=manage_url)
    (entry,) = await store.database.audit.find({"action": "registration.amend"}).to_list(None)
    assert (entry["actor"], entry["subject"]) == ("staff:claire", mine[0])
    assert entry["fields"] == ["family_name", "phone", "consents", "image", "needs"]
    assert "Goff" not in str(entry)


async def test_a_cancelled_registration_is_not_corrected(visitor, store, mine):
    page = await visitor.get(f"{mine[1]}/modifier")
    await actions.cancel(store, mine[0], manage_url=manage_url)
    assert (await visitor.get(f"{mine[1]}/modifier")).status_code == 409
    assert (await visitor.post(f"{mine[1]}/modifier", data=the_form(page))).status_code == 409
    assert await facts(store, Amended) == []


async def test_a_new_link_closes_the_old_one_and_leaves_the_badge(visitor, store, desk, mine):
    for _ in range(2):
        assert (await visitor.get(f"{mine[1]}/nouveau-lien")).status_code == 200
    page = await visitor.post(f"{mine[1]}/nouveau-lien")
    assert "part par courriel" in page.text
    new = f"/mon-inscription/{desk.links.make(mine[0], 2)}"
    assert new not in page.text
    (fact,) = await facts(store, Amended, mine[0])
    assert (fact.changed, fact.generation) == (("link",), 1)
    assert fact.manage_url.endswith(new)
    for answer in (await visitor.get(mine[1]), await visitor.post(f"{mine[1]}/nouveau-lien")):
        assert answer.status_code == 410
        assert "Ce lien a été remplacé" in answer.text
        assert "Kervadec" not in answer.text
        assert "/inscription/retrouver" in answer.text
    assert (await visitor.get(new)).status_code == 200


async def test_a_link_used_after_a_newer_one_decides_nothing(store, mine):
    await actions.replace_link(store, mine[0], By(generation=1), manage_url=manage_url)
    with pytest.raises(NotFound):
        await actions.replace_link(store, mine[0], By(generation=1), manage_url=manage_url)
    with pytest.raises(NotFound):
        await actions.correct(store, mine[0], some_details(phone="1234"), By(generation=1), manage_url=manage_url)
    with pytest.raises(NotFound):
        await actions.correct(store, "unknown", some_details(), By(), manage_url=manage_url)


HURTS = [
    ("given_name", "a\u202eb"),
    ("family_name", "\u200b"),
    ("function", "\x00"),
    ("function", "x" * 100_000),
    ("organisation_name", "\ufeff"),
    ("needs_other", "y" * 201),
    ("phone", "=cmd|' /C calc'!A0"),
    ("language", "xx"),
    ("organisation_country", "ZZ"),
    ("needs", "asbestos"),
]


@pytest.mark.parametrize(("name", "value"), HURTS)
async def test_text_that_cannot_be_shown_is_refused_with_a_reason(visitor, store, mine, name, value):
    form = the_form(await visitor.get(f"{mine[1]}/modifier"), **{name: value})
    page = await visitor.post(f"{mine[1]}/modifier", data=form)
    assert page.status_code == 422
    assert "Il reste 1 point à corriger" in unescape(page.text)
    assert await facts(store, Amended) == []


@pytest.mark.parametrize(
    "value",
    [
        "Razafindrakoto",
        "Nguyễn Thị Ánh",
        "مريم",
        "გიორგი",
        "髙橋",
        "😀 Solène",
        "Robert'); db.dropDatabase()",
        "{{7*7}}",
        "=1+1",
        "<b>x",
    ],
)
async def test_every_other_text_is_kept_as_typed(visitor, store, mine, value):
    form = the_form(await visitor.get(f"{mine[1]}/modifier"), family_name=value, function=value)
    assert (await visitor.post(f"{mine[1]}/modifier", data=form)).status_code == 303
    kept = await store.pages.registration(mine[0])
    assert (kept.person.family_name, kept.person.function) == (value, value)
    assert value in unescape((await visitor.get(mine[1])).text)
