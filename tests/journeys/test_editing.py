"""The team edits the draft in a browser, and reads who will be told before anything goes out."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.house import House
from tests.journeys.browsing import DESK, PHONE, browsing, open_page, overflow, settle, violations
from tests.journeys.story import Story, an_application

SESSION = "2026-01"
DRAFT = f"/api/programme/v1/editions/raict-2026/draft/sessions/{SESSION}"
LIST, FORM, PUBLISH = "/equipe/programme", f"/equipe/programme/seances/{SESSION}", "/equipe/programme/publier"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as one:
        yield one


@pytest.fixture
def story(house: House) -> Iterator[Story]:
    """Somebody is registered for a session; the draft is put back afterwards."""
    told = Story(house)
    before = told.api.get(DRAFT).json()
    yield told
    told.api.put(DRAFT, json=before, headers={"If-Match": "*"}).raise_for_status()
    told.close()


def sign_in(page: Page, house: House) -> None:
    page.goto("/equipe/connexion")
    page.fill("[name=email]", house.staff_email)
    page.fill("[name=password]", house.staff_password)
    page.locator("main button[type=submit]").click()


def assert_sound(page: Page) -> None:
    settle(page)
    assert overflow(page) == []
    assert violations(page) == []


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_team_moves_a_session_and_reads_who_will_be_told(
    house: House, browser: Browser, story: Story, width: int
) -> None:
    name = f"Kervadec{uuid4().hex[:6]}"
    application = an_application(sessions=[SESSION], family_name=name)
    story.register(application)
    story.await_mail(application["email"])
    page = open_page(browser, width, base_url=house.base_url)
    sign_in(page, house)
    page.goto(FORM)
    page.fill("#start", "15h")
    page.fill("#end", "16h30")
    assert_sound(page)
    page.locator("form.session-form button[type=submit]").click()
    expect(page.locator(f"#s-{SESSION}")).to_contain_text("Modifiée depuis la version")
    expect(page.locator(".release")).to_contain_text("prévenue")
    assert_sound(page)
    page.goto(PUBLISH)
    expect(page.locator("#affected-count")).to_contain_text("prévenue")
    expect(page.locator("#qui-recoit")).to_contain_text(name)
    expect(page.locator("#changements + ul")).to_contain_text("15 h 00 – 16 h 30")
    assert_sound(page)
    for path in (f"{FORM}/retirer", f"{LIST}/salles", f"{LIST}/seances/nouvelle"):
        page.goto(path)
        assert_sound(page)
    page.context.close()


def test_publishing_does_not_wait_for_the_messages(house: House, browser: Browser, story: Story) -> None:
    moved = {**story.api.get(DRAFT).json(), "start": "15:00:00", "end": "16:30:00"}
    story.api.put(DRAFT, json=moved, headers={"If-Match": "*"}).raise_for_status()
    with house.without("notifications"):
        page = open_page(browser, PHONE, base_url=house.base_url)
        sign_in(page, house)
        page.goto(PUBLISH)
        expect(page.locator("#qui-recoit")).to_contain_text("Ce service ne répond pas")
        expect(page.get_by_role("button", name="Publier la version")).to_be_enabled()
        assert_sound(page)
        page.context.close()


def test_second_save_keeps_what_both_wrote(house: House, browser: Browser, story: Story) -> None:
    page = open_page(browser, PHONE, base_url=house.base_url)
    sign_in(page, house)
    page.goto(FORM)
    theirs = {**story.api.get(DRAFT).json(), "capacity": 17}
    story.api.put(DRAFT, json=theirs, headers={"If-Match": "*"}).raise_for_status()
    page.fill("#title_en", "What I typed")
    page.locator("form.session-form button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("a modifié cette séance avant vous")
    assert_sound(page)
    page.get_by_role("button", name="Enregistrer ce choix").click()
    expect(page.locator("main")).to_contain_text("La séance est enregistrée dans le brouillon.")
    page.context.close()
    saved = story.api.get(DRAFT).json()
    assert (saved["title"]["en"], saved["capacity"]) == ("What I typed", 17)
