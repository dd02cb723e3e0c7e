"""The door, the list, the cards and the PDF, as people and browsers ask for them."""

import asyncio
import re
from datetime import timedelta

import pymupdf
import pytest

from services.badges import actions
from services.badges.exporting import export
from services.badges.rendering import qr
from services.badges.tokens import shown_code
from tests.badges.factories import (
    BASE,
    FIRST_MORNING,
    cancelled,
    confirmed,
    set_time,
    signed_in,
    tell,
    transferred,
    waitlisted,
)


async def type_code(browser, code, **more):
    form = {"code": code, "nonce": "n1", "porte": "Entrée Iéna", **more}
    return await browser.post("/accueil", data=form, headers={"Origin": BASE})


def door(answer) -> str:
    """Which answer the door gives: its first big word."""
    return re.search(r'<p class="door__word">(.*?)</p>', answer.text).group(1)


async def test_door_rehearses_admits_and_remembers(volunteer, issued, monkeypatch):
    set_time(monkeypatch, FIRST_MORNING - timedelta(days=30))
    ready = await volunteer.get("/accueil")
    assert "Répétition\u00a0: rien n’est compté avant mercredi 8 juillet" in ready.text
    assert door(await type_code(volunteer, shown_code(issued.code))) == "Admis"
    again = await type_code(volunteer, shown_code(issued.code).lower(), nonce="n2")
    assert door(again) == "Déjà entré"
    assert "à 8\u00a0h\u00a052, Entrée Iéna" in again.text
    assert "Solène Kervadec-Diallo" in again.text


async def test_page_sent_again_does_not_check_in_twice(volunteer, issued, on_the_day):
    assert [door(await type_code(volunteer, issued.code)) for _ in range(2)] == ["Admis", "Admis"]


async def test_going_back_and_typing_another_code_asks_another_question(volunteer, issued, on_the_day):
    assert door(await type_code(volunteer, "0000000000")) == "Inconnu"
    assert door(await type_code(volunteer, issued.code)) == "Admis"


async def test_door_refuses_a_cancelled_badge_and_another_day(volunteer, store, issued, monkeypatch):
    set_time(monkeypatch, FIRST_MORNING + timedelta(days=2))
    assert door(await type_code(volunteer, issued.code)) == "Autre jour"
    await tell(store, cancelled(), 2)
    refused = await type_code(volunteer, issued.code, nonce="n2")
    assert door(refused) == "Révoqué"
    assert "Inscription annulée le lundi 4 mai" in refused.text


async def test_door_says_in_whose_name_a_badge_passed_on_is_now(volunteer, store, workshop, issued, on_the_day):
    await tell(store, transferred(), 2)
    await actions.issue_due(store, workshop)
    refused = await type_code(volunteer, issued.code)
    assert door(refused) == "Révoqué"
    assert "Badge transmis le lundi 4 mai" in refused.text
    assert re.search(r"Le nouveau badge est au nom de</p>\s*<p[^>]*>Maëlle Autret<", refused.text)
    assert "Kervadec" not in refused.text
    await tell(store, cancelled(generation=2), 3)
    gone = await type_code(volunteer, issued.code, nonce="n2")
    assert "Maëlle" not in gone.text
    assert "l’équipe des inscriptions" in gone.text


async def test_door_counts(volunteer, issued, on_the_day):
    await type_code(volunteer, issued.code)
    page = (await volunteer.get("/accueil")).text
    assert re.findall(r"<dd>(\d+)</dd>", page) == ["1", "1", "1"]


async def test_figures_alone_agree_with_attendance_category_by_category(volunteer, store, workshop, issued, on_the_day):
    await tell(store, confirmed("r2", category="agent", category_label={"fr": "Agent"}), 1)
    await actions.issue_due(store, workshop)
    await type_code(volunteer, issued.code)
    figures = (await volunteer.get("/accueil/compte")).text
    assert re.findall(r"<dd>(\d+)</dd>", figures) == ["2", "1", "1"]
    rows = re.findall(r'<th scope="row">([^<]+)</th><td>(\d+)</td><td>(\d+)</td>', figures)
    assert sorted(rows) == [("Agent", "0", "1"), ("Élue ou élu", "1", "1")]
    listed = (await volunteer.get("/api/badges/v1/attendance")).json()["items"]
    assert [(seen["registration"], seen["category"]) for seen in listed] == [("r1", "elu")]


async def test_fifty_phones_that_ask_for_the_figures_cost_one_look(volunteer, desk, issued, on_the_day):
    asked = []
    count = desk.store.counts

    async def counted(edition, moment):
        asked.append(moment)
        return await count(edition, moment)

    desk.store.counts = counted
    answers = await asyncio.gather(*(volunteer.get("/accueil/compte") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(asked) == 1


async def test_admission_is_taken_back_from_the_answer_or_from_the_next_screen(volunteer, issued, on_the_day):
    first = await type_code(volunteer, issued.code)
    passage = re.search(r'name="passage" value="([^"]+)"', first.text).group(1)
    undone = await volunteer.post(
        "/accueil/annuler", data={"passage": passage, "porte": "Iéna"}, headers={"Origin": BASE}
    )
    assert door(undone) == "Annulé"
    again = await type_code(volunteer, issued.code, nonce="n2")
    assert door(again) == "Admis"
    ready = (await volunteer.get("/accueil")).text
    assert "Dernière entrée" in ready
    assert re.search(r'name="passage" value="([^"]+)"', ready).group(1) != passage


async def test_who_forgot_the_badge_is_found_by_name_and_enters(volunteer, store, issued, on_the_day):
    found = (await volunteer.get("/accueil/recherche", params={"q": "solene kerv", "porte": "Iéna"})).text
    assert "Attendu" in found
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', found.split("door__found")[1]))
    assert form["inscription"] == "r1"
    assert door(await volunteer.post("/accueil", data=form, headers={"Origin": BASE})) == "Admis"
    (seen,) = await store.page_of_attendance("raict-2026", None, 10)
    assert (seen.without_badge, seen.gate) == (True, "Iéna")
    again = (await volunteer.get("/accueil/recherche", params={"q": "montreuil"})).text
    assert "à 8\u00a0h\u00a052, Iéna" in again
    assert "Faire entrer" not in again


@pytest.mark.parametrize(
    ("fact", "word"),
    [
        (cancelled("r2"), "Inscription annulée"),
        (waitlisted("r2"), "Sur liste d’attente"),
        (confirmed("r2"), "préparation"),
    ],
    ids=["cancelled", "waitlisted", "confirmed"],
)
async def test_search_says_who_may_not_enter_yet(volunteer, store, issued, on_the_day, fact, word):
    await tell(store, fact, 1)
    found = (await volunteer.get("/accueil/recherche", params={"q": "kervadec"})).text
    assert word in found
    assert found.count("Faire entrer") == 1


@pytest.mark.parametrize("sought", [".*", "$where", "<script>", "x" * 200, "Sol\x00ène", ""])
async def test_search_at_the_door_takes_what_is_sought_as_text(volunteer, issued, sought):
    page = await volunteer.get("/accueil/recherche", params={"q": sought})
    assert (page.status_code, "Kervadec" in page.text) == (200, False)


async def test_door_leads_staff_to_registering_on_the_spot(volunteer, issued):
    assert "/equipe/inscriptions/nouvelle" in (await volunteer.get("/accueil")).text


async def test_door_asks_for_the_code_that_is_missing(volunteer, issued):
    answer = await type_code(volunteer, "  ")
    assert answer.status_code == 422
    assert "tapez les dix signes" in answer.text


async def test_door_shows_any_text_as_text(volunteer, store, workshop, issued, on_the_day):
    await tell(store, confirmed("r2", person={"given_name": "<b>", "family_name": "{{7*7}}"}), 1)
    await actions.issue_due(store, workshop)
    (badge,) = await store.badges_of("r2")
    answer = await type_code(volunteer, badge.code, porte='"><script>alert(1)</script>' + "x" * 200)
    assert door(answer) == "Admis"
    assert "&lt;b&gt; {{7*7}}" in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [("Porte\u202e B", "un signe invisible (U+202E)"), ("B" * 81, "80 signes au plus, il y en a 81.")],
)
async def test_gate_that_cannot_be_shown_is_asked_for_again(volunteer, issued, on_the_day, typed, said):
    answer = await volunteer.get("/accueil", params={"porte": typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{typed}"' in answer.text
    assert '<input type="hidden" name="porte" value="Entrée principale">' in answer.text
    assert door(await type_code(volunteer, issued.code, porte=typed)) == "Admis"


async def test_gate_is_named_in_any_script(volunteer, issued, on_the_day):
    for name in ("مدخل می\u200cخواهم", "Entrée\u00a0Iéna"):
        assert f"<span>{name}</span>" in (await volunteer.get("/accueil", params={"porte": name})).text


@pytest.mark.parametrize(("lang", "word"), [("en", "Admitted"), ("es", "Admitida")])
async def test_door_speaks_three_languages(volunteer, issued, on_the_day, lang, word):
    volunteer.headers["Accept-Language"] = lang
    assert door(await type_code(volunteer, issued.code)) == word


async def test_door_refuses_a_post_from_another_site(volunteer, issued):
    answer = await volunteer.post("/accueil", data={"code": issued.code}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/accueil", "/equipe/badges", "/equipe/fragments/badges/person/r1"])
async def test_pages_for_the_desk_ask_to_sign_in_and_refuse_other_roles(site, issued, path):
    asked = await site.get(path)
    assert (asked.status_code, asked.headers["location"]) == (303, f"/equipe/connexion?suite={path}")
    assert (await signed_in(site, "press").get(path)).status_code == 403


async def test_link_opens_the_pdf_until_the_badge_is_withdrawn(site, store, workshop, issued):
    path = workshop.path(issued)
    answer = await site.get(path)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert "DIALLO" in pymupdf.open(stream=answer.content)[0].get_text()
    await tell(store, cancelled(), 2)
    gone = await site.get(path)
    assert gone.status_code == 410
    assert "Ce badge n’est plus valable." in gone.text
    assert gone.headers["cache-control"] == "no-store"


async def test_link_draws_the_code_alone_until_the_badge_is_withdrawn(site, store, workshop, issued):
    path = workshop.path(issued).replace(".pdf", ".svg")
    answer = await site.get(path)
    assert answer.headers["content-type"] == "image/svg+xml"
    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == ("no-store", "noindex")
    assert answer.text == qr(workshop.token(issued))
    assert "style=" not in answer.text
    assert len(answer.content) < 8_000
    await tell(store, cancelled(), 2)
    assert (await site.get(path)).status_code == 410


@pytest.mark.parametrize("change", ["0{}", "{}0", "x", "{}.1"])
async def test_link_that_is_not_ours_opens_nothing(site, workshop, issued, change):
    path = workshop.path(issued).removeprefix("/badge/").removesuffix(".pdf")
    for kind in ("pdf", "svg"):
        assert (await site.get(f"/badge/{change.format(path)}.{kind}")).status_code == 404


@pytest.mark.parametrize("sought", ["", "kervadec", "MONTREUIL", "solène k"])
async def test_list_finds_a_badge_by_name_or_organisation(site, issued, workshop, sought):
    page = (await signed_in(site, "registrations").get("/equipe/badges", params={"q": sought})).text
    assert "Solène Kervadec-Diallo" in page
    assert workshop.path(issued) in page
    assert shown_code(issued.code) in page


async def test_badge_that_was_passed_on_is_found_by_the_name_on_it(site, store, workshop, issued):
    await tell(store, transferred(), 2)
    await actions.issue_due(store, workshop)
    team = signed_in(site, "registrations")
    for path in ("/equipe/badges?q=solene kerv", "/equipe/fragments/badges/person/r1"):
        page = (await team.get(path)).text
        assert page.count("Sur ce badge\u00a0: Solène Kervadec-Diallo") == 1
        assert "Sur ce badge\u00a0: Maëlle" not in page
    assert "Maëlle Autret" in (await team.get("/equipe/badges?q=kervadec")).text
    assert "Kervadec" not in str(await export(store, "r1"))


async def test_door_does_not_let_in_by_the_name_on_a_badge_that_was_passed_on(volunteer, store, issued, on_the_day):
    await tell(store, transferred(), 2)
    found = await volunteer.get("/accueil/recherche", params={"q": "solene kerv"})
    assert "Personne ne répond" in found.text


@pytest.mark.parametrize("path", ["/equipe/badges", "/equipe/fragments/badges/person/r1"])
async def test_desk_reads_nothing_with_which_it_could_stand_in_for_somebody(volunteer, issued, workshop, path):
    """The door checks what it is shown; who prints badges again is in the role `registrations`."""
    page = await volunteer.get(path)
    assert (page.status_code, "Valable" in page.text) == (200, True)
    assert shown_code(issued.code) not in page.text
    assert workshop.path(issued) not in page.text


async def test_list_finds_a_badge_by_its_code(volunteer, store, workshop, issued):
    await tell(store, confirmed("r2", person={"given_name": "Awa", "family_name": "Diédhiou"}), 1)
    await actions.issue_due(store, workshop)
    page = (await volunteer.get("/equipe/badges", params={"q": shown_code(issued.code)})).text
    assert "Solène" in page
    assert "Awa" not in page


@pytest.mark.parametrize("sought", [".*", "$where", "<script>", "x" * 200, "Sol\x00ène"])
async def test_list_takes_what_is_sought_as_text(volunteer, issued, sought):
    page = await volunteer.get("/equipe/badges", params={"q": sought})
    assert page.status_code == 200
    assert "Solène" not in page.text


async def test_list_is_paged(volunteer, store, workshop, issued):
    for number in range(60):
        await tell(store, confirmed(f"p{number}", person={"given_name": "", "family_name": f"Nom {number:02}"}), 1)
    while await actions.issue_due(store, workshop):
        pass
    first = (await volunteer.get("/equipe/badges", params={"q": "nom"})).text
    assert (first.count('<tr role="row"'), "Page suivante" in first) == (51, True)
    second = (await volunteer.get("/equipe/badges", params={"q": "nom", "page": 2})).text
    assert (second.count('<tr role="row"'), "Page suivante" in second, "Nom 59" in second) == (11, False, True)


async def test_list_names_a_badge_in_the_making(volunteer, store, issued):
    await tell(store, confirmed("r2", person={"given_name": "Awa", "family_name": "Diédhiou"}), 1)
    assert "En préparation" in (await volunteer.get("/equipe/badges", params={"q": "awa"})).text


async def test_card_on_the_home_gives_the_figures(site, issued, on_the_day):
    await type_code(signed_in(site, "desk"), issued.code)
    card = (await site.get("/equipe/fragments/badges/home")).text
    assert "1 badge valable" in card
    assert "1 personne arrivée aujourd’hui" in card


async def test_card_of_a_person_shows_badge_code_and_check_ins(site, workshop, issued, on_the_day):
    await type_code(signed_in(site, "registrations", "desk"), issued.code)
    card = (await site.get("/equipe/fragments/badges/person/r1")).text
    assert shown_code(issued.code) in card
    assert workshop.path(issued) in card
    assert "mercredi 8 juillet, 8\u00a0h\u00a052, Entrée Iéna" in card


async def test_card_of_somebody_without_a_badge_says_so(site, issued):
    assert "Aucun badge." in (await signed_in(site, "registrations").get("/equipe/fragments/badges/person/r9")).text
