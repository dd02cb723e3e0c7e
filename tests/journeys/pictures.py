"""Takes the README's pictures from a real house: `make pictures`."""

import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pymupdf
from playwright.sync_api import Page

from tests.house import House, running_house
from tests.journeys.browsing import DESK, PHONE, ROOT, browsing, open_page
from tests.journeys.story import Story, an_application, attachment, printed_code

FOLDER = ROOT / "docs/pictures"


def take(page: Page, name: str) -> None:
    """What the window shows now."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")


def sign_in(page: Page, house: House) -> None:
    """As the first account."""
    page.goto("/equipe/connexion")
    page.locator("#email").fill(house.staff_email)
    page.locator("#password").fill(house.staff_password)
    page.locator("main button[type=submit]").click()


def pictures(house: House) -> None:
    """The visitor's phone, the paper, the desk and the door."""
    story = Story(house)
    application = an_application()
    registered = story.register(application)
    badge = attachment(story.await_mail(application["email"]), "application/pdf")
    with pymupdf.open(stream=badge) as document:
        document[0].get_pixmap(dpi=150).save(FOLDER / "badge.png")
    with browsing() as browser:
        phone = open_page(browser, PHONE, base_url=house.base_url)
        for path, name in (("/", "home"), ("/programme", "programme"), (manage(registered), "registration")):
            phone.goto(path)
            take(phone, name)
        sign_in(phone, house)
        phone.goto("/accueil")
        phone.locator("#code").fill(printed_code(badge))
        phone.get_by_role("button", name="Contrôler").click()
        phone.locator(".door[data-result=admitted]").wait_for()
        take(phone, "door")
        desk = open_page(browser, DESK, base_url=house.base_url)
        sign_in(desk, house)
        desk.goto(f"/equipe/inscriptions/{registered['id']}")
        take(desk, "person")
        move(story, application["sessions"][0])
        desk.goto("/equipe/programme/publier")
        desk.locator("#qui-recoit .alert, #qui-recoit h3").first.wait_for()
        take(desk, "publishing")
    story.close()


def move(story: Story, session: str) -> None:
    """Half an hour later in the draft, so that there is something to publish and somebody to tell."""
    edition = story.api.get("/api/programme/v1/sessions").json()["items"][0]["uid"].split(".")[1].split("@")[0]
    address = f"/api/programme/v1/editions/{edition}/draft/sessions/{session}"
    draft = story.api.get(address).json()
    moved = {**draft, "start": "15:00:00", "end": "16:30:00"}
    story.api.put(address, json=moved, headers={"If-Match": "*"}).raise_for_status()


def manage(registered: dict[str, str]) -> str:
    """The path of the manage link."""
    return urlsplit(registered["manage_url"]).path


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_house(Path(folder)) as one:
        pictures(one)
