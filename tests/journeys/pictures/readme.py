"""The README's pictures: the visitor's phone, the paper, the desk and the door."""

from pathlib import Path
from urllib.parse import urlsplit

import pymupdf

from tests.house import House
from tests.journeys.browsing import DESK, PHONE, ROOT, browsing, open_page
from tests.journeys.pictures.people import invent_contacts
from tests.journeys.pictures.taking import shrunk, sign_in, take
from tests.journeys.story import Story, an_application, attachment, printed_code

FOLDER = ROOT / "docs/pictures"


def pictures(house: House, _mood: Path) -> None:
    """All of them."""
    FOLDER.mkdir(exist_ok=True)
    story = Story(house)
    invent_contacts(story)
    application = an_application()
    registered = story.register(application)
    badge = attachment(story.await_mail(application["email"]), "application/pdf")
    with pymupdf.open(stream=badge) as document:
        (FOLDER / "badge.png").write_bytes(shrunk(document[0].get_pixmap(dpi=150).tobytes("png")))
    with browsing() as browser:
        phone = open_page(browser, PHONE, base_url=house.base_url)
        for path, name in (("/", "home"), ("/programme", "programme"), (manage(registered), "registration")):
            phone.goto(path)
            take(phone, FOLDER / f"{name}.png")
        sign_in(phone, house)
        phone.goto("/accueil")
        phone.locator("#code").fill(printed_code(badge))
        phone.get_by_role("button", name="Contrôler").click()
        phone.locator(".door[data-result=admitted]").wait_for()
        take(phone, FOLDER / "door.png")
        desk = open_page(browser, DESK, base_url=house.base_url)
        sign_in(desk, house)
        desk.goto(f"/equipe/inscriptions/{registered['id']}")
        take(desk, FOLDER / "person.png")
        move(story, application["sessions"][0], start="15:00:00", end="16:30:00")
        desk.goto("/equipe/programme/publier")
        desk.locator("#qui-recoit .alert, #qui-recoit h3").first.wait_for()
        take(desk, FOLDER / "publishing.png")
    story.close()


def move(story: Story, session: str, **changed: str) -> None:
    """Elsewhere in the draft, so that there is something to publish and somebody to tell."""
    address = f"/api/programme/v1/editions/{edition(story)}/draft/sessions/{session}"
    draft = story.api.get(address).json()
    story.api.put(address, json={**draft, **changed}, headers={"If-Match": "*"}).raise_for_status()


def edition(story: Story) -> str:
    """The id of the sample edition."""
    return str(story.api.get("/api/programme/v1/sessions").json()["items"][0]["uid"].split(".")[1].split("@")[0])


def manage(registered: dict[str, str]) -> str:
    """The path of the manage link."""
    return urlsplit(registered["manage_url"]).path
