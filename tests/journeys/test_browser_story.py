"""The whole story by hand, in headless Chromium: a visitor on a phone in French, the team at a desk, the door.

Once with scripts, and the visitor's part once without: it must not need any.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import icalendar
import numpy as np
import pymupdf
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page, expect

from tests.house import House
from tests.journeys.browsing import DESK, PHONE, browsing, open_page
from tests.journeys.story import Story, attachment, link, printed_code


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as one:
        yield one


@pytest.fixture
def story(house: House) -> Iterator[Story]:
    told = Story(house)
    yield told
    told.close()


def read_the_programme(visitor: Page) -> None:
    visitor.goto("/")
    visitor.get_by_role("link", name="Voir le programme").click()
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Programme")
    visitor.get_by_role("link", name="ECSI et AICT").first.click()
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("ECSI et AICT")
    visitor.get_by_role("link", name="S’inscrire").first.click()


def fill_in(visitor: Page, address: str, *, scripts: bool) -> None:
    visitor.get_by_label("Élue ou élu").check()
    visitor.get_by_label("Prénom").fill("Solène")
    visitor.get_by_label("Nom", exact=True).fill("Kervadec-Diallo")
    visitor.get_by_label("Adresse électronique").fill(address)
    organisation = visitor.get_by_label("Nom de la structure")
    if scripts:
        organisation.press_sequentially("Montreu", delay=10)
        visitor.get_by_role("option", name="Montreuil Commune, Seine-Saint-Denis (93)").click()
    else:
        organisation.fill("Montreuil")
    visitor.get_by_label("Votre fonction").fill("Adjointe au maire, déléguée à la solidarité")
    visitor.get_by_label("ECSI et AICT").check()
    visitor.get_by_label("J’ai lu").check()
    visitor.get_by_role("button", name="Envoyer mon inscription").click()
    if not scripts:  # twelve places are called Montreuil: which one is asked, and nothing typed is lost
        expect(visitor.get_by_label("Prénom")).to_have_value("Solène")
        visitor.get_by_label("Seine-Saint-Denis (93)").check()
        visitor.get_by_role("button", name="Envoyer mon inscription").click()


def decoded(pdf: bytes) -> str:
    """What a phone reads off the printed badge."""
    with pymupdf.open(stream=pdf) as document:
        pixels = document[0].get_pixmap(dpi=300)
        image = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width, pixels.n)
        (found,) = zxingcpp.read_barcodes(image)
    return str(found.text)


def sign_in(desk: Page, house: House, path: str) -> None:
    desk.goto(path)
    desk.get_by_label("Adresse électronique").fill(house.staff_email)
    desk.get_by_label("Mot de passe").fill(house.staff_password)
    desk.get_by_role("button", name="Se connecter").click()


def at_the_door(desk: Page, code: str, result: str) -> Page:
    desk.goto("/accueil")
    desk.get_by_label("Code du badge").fill(code)
    desk.get_by_role("button", name="Contrôler").click()
    expect(desk.locator(f".door[data-result={result}]")).to_be_visible()
    return desk


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_story_holds(browser: Browser, house: House, story: Story, scripts: bool):
    address = f"solene-{uuid4().hex[:8]}@mairie.example"
    visitor = open_page(browser, PHONE, base_url=house.base_url, scripts=scripts)
    read_the_programme(visitor)
    fill_in(visitor, address, scripts=scripts)
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("Merci Solène")

    mail = story.await_mail(address)
    badge = attachment(mail, "application/pdf")
    calendar = icalendar.Calendar.from_ical(attachment(mail, "text/calendar"))
    assert any("ECSI et AICT" in str(event["SUMMARY"]) for event in calendar.walk("VEVENT"))
    code = printed_code(badge)

    visitor.goto(urlsplit(link(mail, "/mon-inscription/")).path)
    expect(visitor.get_by_text("ECSI et AICT").first).to_be_visible()
    expect(visitor.get_by_text(code)).to_be_visible()

    desk = open_page(browser, DESK, base_url=house.base_url)
    sign_in(desk, house, "/equipe/inscriptions")
    desk.get_by_label("Nom, structure ou adresse").fill(address)
    desk.get_by_role("button", name="Filtrer").click()
    desk.get_by_role("link", name="Kervadec-Diallo, Solène").click()
    expect(desk.get_by_text(code)).to_be_visible()  # the badge, from its own service
    desk.get_by_role("link", name="Confirmation").click()  # the mail, from its own
    expect(desk.get_by_role("heading", level=1)).to_contain_text("votre inscription est confirmée")

    expect(at_the_door(desk, code.lower().replace("-", " "), "admitted").get_by_text("Répétition")).to_be_visible()
    expect(at_the_door(desk, decoded(badge), "already").get_by_text("Déjà entré")).to_be_visible()

    visitor.get_by_role("link", name="Annuler mon inscription").click()
    visitor.get_by_role("button", name="Annuler mon inscription").click()
    expect(visitor.get_by_role("main")).to_contain_text("annulée")
    story.await_mail(address, "annulée")
    at_the_door(desk, code, "revoked")
    for page in (visitor, desk):
        page.context.close()
