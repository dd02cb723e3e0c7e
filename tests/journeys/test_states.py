"""What pages show after a mistake, a refusal, a wait or a failure: sound, with the focus on what is said."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browsing import DESK, PHONE, settle, violations
from tests.journeys.known import Known
from tests.journeys.story import Story
from tests.journeys.windows import LANGUAGES, Windows

SAMPLE = json.loads((Path(__file__).parents[2] / "deploy/sample/raict-2026.json").read_text())
FORMS = {
    "/inscription/retrouver": {"#email": "solene@"},
    "{manage}/modifier": {"#family_name": ""},
    "{manage}/transmettre": {"#family_name": ""},
    "/equipe/programme/seances/{session}": {"#start": "25 h"},
    "/equipe/programme/seances/nouvelle": {"#title_en": "Only in English"},
    "/equipe/programme/salles": {"#salle-nouvelle": ""},
    "/equipe/inscriptions/nouvelle": {"#family_name": ""},
    "/equipe/inscriptions/{registration}/modifier": {"#family_name": ""},
    "/equipe/inscriptions/{registration}/transmettre": {"#family_name": ""},
    "/equipe/inscriptions/reglages": {"#quota": "beaucoup"},
    "/equipe/messages/modeles/confirmation/fr": {"#title": "{prenom} {inconnu}"},
    "/equipe/messages/rappels": {"#amount": "bientôt"},
    "/equipe/badges/postes": {"#porte": ""},
    "/equipe/comptes/nouveau": {"#email": "personne"},
    "/equipe/comptes/jetons/nouveau": {"#days": "toujours"},
    "/equipe/mon-compte": {"#current": "faux", "#password": "quinze lettres au moins", "#again": "autre chose"},
    "/equipe/sante/notifications": {"main [name=why]": ""},
}
"""Each form with something that it refuses."""


def send(page: Page, field: str) -> None:
    """Send the form of a field as a browser does that checks nothing itself."""
    page.locator(field).first.evaluate(
        """one => {
            one.form.noValidate = true;
            one.form.requestSubmit(one.form.querySelector("main [type=submit]:not([formaction])"));
        }"""
    )
    page.wait_for_load_state("load")


@pytest.mark.parametrize("path", FORMS)
def test_refused_form_has_the_focus_on_what_to_mend(windows: Windows, known: Known, path: str) -> None:
    page = windows.at(PHONE, staff=path.startswith("/equipe"))
    page.goto(known.address(path))
    settle(page)
    for field, typed in FORMS[path].items():
        page.locator(field).first.evaluate("(one, typed) => { one.value = typed; }", typed)
    with page.expect_navigation():
        send(page, next(iter(FORMS[path])))
    summary = page.locator("main .alert--bad[role=alert]")
    expect(summary).to_be_focused()
    for link in summary.get_by_role("link").all():
        assert page.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']").count() == 1
    windows.assert_sound(page)


@pytest.mark.parametrize(
    "path",
    [
        "{manage}?fait=modifier", "{manage}?fait=seances", "/equipe/programme?fait=seance&seance={session}",
        "/equipe/programme?fait=publiee", "/equipe/programme/salles?fait=salle",
        "/equipe/messages/modeles/confirmation/fr?fait=enregistre",
    ],
)  # fmt: skip
def test_what_was_done_has_the_focus(windows: Windows, known: Known, path: str) -> None:
    page = windows.at(DESK, staff=path.startswith("/equipe"))
    page.goto(known.address(path))
    expect(page.locator("main .alert[role=status]").first).to_be_focused()
    windows.assert_sound(page)


def test_unknown_page_says_so(windows: Windows, known: Known) -> None:
    for lang in LANGUAGES:
        page = windows.at(PHONE, lang)
        for path in ("/rien", "/mon-inscription/rien", "/programme/seances/rien", "/badge/rien.pdf"):
            answer = page.goto(known.address(path))
            assert answer is not None
            assert answer.status == 404
            windows.assert_sound(page, lang)


@pytest.mark.parametrize("scripts", [True, False])
def test_refused_form_names_what_to_mend_and_keeps_the_rest(windows: Windows, known: Known, scripts: bool) -> None:
    page = windows.at(PHONE, scripts=scripts)
    page.goto(known.address("/inscription"))
    page.fill("#family_name", "Kervadec-Diallo")
    page.fill("#email", "solene.kervadec@")
    page.locator("main button.button--primary").click()
    summary = page.locator(".alert--bad[role=alert]")
    expect(summary.get_by_role("link").first).to_be_visible()
    assert page.input_value("#family_name") == "Kervadec-Diallo"
    assert page.locator("#email").get_attribute("aria-invalid") == "true"
    for link in summary.get_by_role("link").all():
        assert page.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']").count() == 1
    if scripts:
        windows.assert_sound(page, "fr")


def test_wrong_password_is_answered_soundly(windows: Windows, known: Known) -> None:
    page = windows.at(PHONE)
    page.goto(known.address("/equipe/messages"))
    assert urlsplit(page.url).path == "/equipe/connexion"
    page.fill("[name=email]", "personne@rencontres.example")
    page.fill("[name=password]", "faux")
    page.locator("main button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("ne correspond pas")
    windows.assert_sound(page, "fr")


def test_door_answers_soundly_whatever_it_is_shown(windows: Windows, known: Known) -> None:
    for width in (PHONE, DESK):
        page = windows.at(width, staff=True)
        page.goto(known.address("/accueil"))
        for code, results in (
            (known.code, {"admitted", "already"}),
            (known.code, {"already"}),
            (known.cancelled_code, {"revoked"}),
            ("00000-00000", {"unknown"}),
        ):
            before = page.locator(".door").get_attribute("data-result")
            page.fill("#code", code)
            with page.expect_response(lambda answer: answer.request.method == "POST"):
                page.keyboard.press("Enter")
            if before not in results:
                page.wait_for_function(
                    "before => document.querySelector('.door').dataset.result !== before", arg=before
                )
            assert page.locator(".door").get_attribute("data-result") in results
            windows.assert_sound(page, "fr")


def test_stopped_service_is_a_card_and_the_others_go_on(windows: Windows, known: Known) -> None:
    with known.house.without("notifications"):
        page = windows.at(DESK, staff=True)
        for path in ("/equipe", "/equipe/sante", "/equipe/inscriptions/{registration}"):
            page.goto(known.address(path))
            expect(page.locator("main")).to_contain_text("Arrêté", ignore_case=True)
            windows.assert_sound(page, "fr")
        page.goto(known.address("/equipe/inscriptions/{registration}/effacer"))
        with page.expect_download() as had:
            page.get_by_role("button", name="Inscription", exact=True).click()
        assert had.value.suggested_filename == "rencontres-registration.json"
        page.get_by_role("button", name="Messages", exact=True).click()
        expect(page.locator("h1")).to_have_text("Cette partie du site est arrêtée pour le moment.")
        answer = page.goto(known.address("/equipe/messages"))
        assert answer is not None
        assert answer.status == 503
        assert violations(page) == []


@pytest.fixture
def rules(known: Known) -> Iterator[Story]:
    """Somebody who changes the rules of registration, and puts them back."""
    story = Story(known.house)
    yield story
    put_rules(story, {})
    story.close()


def put_rules(story: Story, changes: dict[str, object]) -> None:
    categories = [
        {**one, **({"quota": 1} if one["id"] == "partenaire" else {})} for one in SAMPLE["registration"]["categories"]
    ]
    body = {**SAMPLE["registration"], "categories": categories, **changes}
    story.api.put("/api/registration/v1/editions/raict-2026", json=body).raise_for_status()


def test_full_and_closed_editions_say_so_soundly(windows: Windows, known: Known, rules: Story) -> None:
    full = [
        {**one, "quota": 0 if one["id"] == "etat" else one["quota"]} for one in SAMPLE["registration"]["categories"]
    ]
    closed = [{**one, "opens_days_before": 0} for one in SAMPLE["registration"]["categories"]]
    unasked = [{**one, "approval": False} for one in SAMPLE["registration"]["categories"]]
    states: tuple[tuple[dict[str, object], str], ...] = (
        ({"categories": full}, "Complet, liste d’attente"),
        ({"quota": 1, "categories": unasked}, "Toutes les places sont prises"),
        ({"opens_days_before": 0, "closes_days_before": 0, "categories": closed}, "ouvr"),
    )
    for changes, words in states:
        put_rules(rules, changes)
        page = windows.at(PHONE)
        page.goto(known.address("/inscription"))
        expect(page.locator("main")).to_contain_text(words)
        windows.assert_sound(page)


def test_suggestions_are_sound_while_they_are_open(windows: Windows, known: Known) -> None:
    page = windows.at(PHONE)
    page.goto(known.address("/inscription"))
    page.locator("#organisation_name").press_sequentially("Montreu", delay=10)
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    windows.assert_sound(page)


def test_who_may_not_is_told_so_soundly(windows: Windows, known: Known) -> None:
    with known.house.program() as api:
        person = {"email": f"presse-{uuid4().hex[:8]}@rencontres.example", "name": "Awa Ndiaye", "roles": ["press"]}
        opened = api.post("/api/programme/v1/accounts", json=person).raise_for_status().json()
    page = windows.at(PHONE, "es")
    page.goto(known.address("/equipe/connexion"))
    page.fill("[name=email]", person["email"])
    page.fill("[name=password]", opened["password"])
    page.locator("main button[type=submit]").click()
    for path in ("/equipe/comptes", "/equipe/inscriptions", "/equipe/messages", "/accueil"):
        answer = page.goto(known.address(path))
        assert answer is not None
        assert answer.status == 403
        windows.assert_sound(page, "es")
    page.context.clear_cookies()


def test_wrong_digits_and_too_many_of_them_are_answered_soundly(windows: Windows, known: Known) -> None:
    page = windows.at(PHONE)
    page.goto(known.address("{desk}"))
    said: list[str] = []
    while len(set(said)) < 2:
        assert len(said) < 20
        page.fill("#pin", "000000")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        said.append(page.locator("#pin-error").inner_text())
        if said[-1] not in said[:-1]:
            windows.assert_sound(page)


def test_mails_are_sound_in_every_language(windows: Windows, known: Known) -> None:
    page = windows.at(PHONE, staff=True)
    page.goto("about:blank")  # the policy of the page before it would keep a mail's own styles out
    with known.house.program() as api:
        found = api.get("/api/notifications/v1/templates").raise_for_status().json()["items"]
    with known.house.visitor(cookies={known.cookie["name"]: known.cookie["value"]}) as team:
        for mail in found:
            name, lang = mail["name"], mail["lang"]
            html = team.get(f"/equipe/messages/modeles/{name}/{lang}/apercu").raise_for_status().text
            page.set_content(html)
            assert page.locator("html").get_attribute("lang") == lang
            assert violations(page) == []
