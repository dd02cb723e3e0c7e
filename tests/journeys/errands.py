"""`make errands`: what a person's errands cost, in clicks, keys, pages and seconds, counted in a real house.

Whoever does an errand here knows the way and makes no mistake. The hand counts what it does; the seconds are what the
hand takes (the keystroke-level model of Card, Moran and Newell, 1980) and, apart, what the house makes one wait.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Frame, Locator, Page, expect

from tests.house import House, running_house
from tests.journeys.browsing import DESK, PHONE, browsing, open_page, settle
from tests.journeys.story import Story, an_application, attachment
from tests.journeys.test_scanner import film

KEY, POINT, PRESS = 0.28, 1.1, 0.2
"""Seconds of the model: a key of an average typist, pointing at something, pressing there."""
PEOPLE = 60
"""How many others are registered already."""


@dataclass
class Cost:
    """What one errand took. `waited` are the seconds the house took, over all its pages and answers."""

    clicks: int = 0
    keys: int = 0
    pages: int = 0
    waited: float = 0.0

    @property
    def by_hand(self) -> float:
        """Seconds that somebody's hand takes for it."""
        return self.clicks * (POINT + PRESS) + self.keys * KEY


class Hand:
    """Somebody before a page: all they do to it is counted, and how long they wait for its answers."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cost = Cost()
        page.on("framenavigated", self._another)

    def _another(self, frame: Frame) -> None:
        self.cost.pages += frame == self.page.main_frame

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """What the house does inside this block is waited for."""
        began = time.monotonic()
        yield
        self.cost.waited += time.monotonic() - began

    def click(self, what: Locator) -> None:
        """Point and press, and wait for the page that comes of it."""
        self.cost.clicks += 1
        with self.waiting():
            what.click()
            settle(self.page)

    def write(self, where: Locator, words: str) -> None:
        """Into the field where one is already, by the last click or the tab key."""
        self.cost.keys += len(words)
        where.fill(words)

    def next(self, where: Locator, words: str) -> None:
        """The tab key to a field close by, and what is written there."""
        self.cost.keys += 1
        self.write(where, words)

    def pick(self, where: Locator, choice: str) -> None:
        """Open a list and take one of it."""
        self.cost.clicks += 2
        where.select_option(choice)

    def enter(self) -> None:
        """The key that sends."""
        self.cost.keys += 1
        with self.waiting():
            self.page.keyboard.press("Enter")
            self.page.wait_for_load_state("load")
            settle(self.page)


def register(hand: Hand, _: Story) -> None:
    """From the first page to the answer that says all is well."""
    page = hand.page
    page.goto("/")
    hand.cost = Cost()
    hand.click(page.locator(".hero").get_by_role("link", name="S’inscrire"))
    hand.click(page.get_by_text("Élue ou élu", exact=True))
    hand.click(page.get_by_label("Prénom"))
    hand.write(page.get_by_label("Prénom"), "Solène")
    hand.next(page.get_by_label("Nom", exact=True), "Kervadec")
    hand.next(page.get_by_label("Adresse électronique"), f"solene.{time.monotonic_ns()}@mairie.example"[-30:])
    hand.click(page.get_by_label("Nom de la structure"))
    hand.write(page.get_by_label("Nom de la structure"), "montreuil")
    hand.click(page.get_by_role("option", name="Montreuil").first)
    hand.click(page.get_by_label("Votre fonction"))
    hand.write(page.get_by_label("Votre fonction"), "Adjointe au maire")
    hand.click(page.locator("[name=privacy]"))
    hand.click(page.get_by_role("button", name="Envoyer mon inscription", exact=True))
    expect(page.locator(".state--ok").first).to_be_visible()


def change(hand: Hand, story: Story) -> None:
    """From the link in the confirmation to a function that is another."""
    page = hand.page
    own = urlsplit(story.register(an_application())["manage_url"]).path
    hand.cost = Cost(clicks=1, pages=0)
    with hand.waiting():
        page.goto(own)
    hand.click(page.get_by_role("link", name="Modifier la fonction"))
    hand.click(page.locator("#function"))
    hand.write(page.locator("#function"), "Maire")
    hand.click(page.get_by_role("button", name="Enregistrer", exact=True))
    expect(page.locator("main")).to_contain_text("Maire")


def find(hand: Hand, story: Story) -> None:
    """From the team's first page to the card of one among many."""
    page = hand.page
    story.register(an_application(given_name="Maëlle", family_name="Autret-Le Goff"))
    page.goto("/equipe")
    settle(page)
    hand.cost = Cost()
    hand.click(page.get_by_label("Nom, structure ou adresse"))
    hand.write(page.get_by_label("Nom, structure ou adresse"), "autret")
    hand.enter()
    hand.click(page.get_by_role("link", name="Autret-Le Goff, Maëlle"))
    expect(page.locator("h1")).to_have_text("Maëlle Autret-Le Goff")


def move(hand: Hand, story: Story) -> None:
    """From the team's first page to a session that is later in another room, and whoever has a place in it told so."""
    page = hand.page
    story.register(an_application(sessions=["2026-02"]))
    page.goto("/equipe")
    hand.cost = Cost()
    hand.click(page.locator(".staff-nav").get_by_role("link", name="Programme"))
    hand.click(page.get_by_role("link", name="ECSI et AICT"))
    hand.click(page.locator("#start"))
    hand.write(page.locator("#start"), "15h")
    hand.next(page.locator("#end"), "16h30")
    hand.pick(page.locator("#room"), "laplace")
    hand.click(page.get_by_role("button", name="Enregistrer dans le brouillon"))
    hand.click(page.locator(".release").get_by_role("link", name="Publier"))
    expect(page.locator("#qui-recoit")).to_contain_text("prévenue")
    if (even_so := page.locator("[name=confirm]")).count():
        hand.click(even_so)
    hand.click(page.get_by_role("button", name="Publier la version"))
    expect(page.locator("main")).to_contain_text("publiée")


def scan(hand: Hand, _: Story) -> None:
    """From a phone that was opened at the door to the first person who is in. The next ones take no touch at all."""
    page = hand.page
    page.goto("/accueil")
    hand.cost = Cost()
    door = page.locator(".door")
    with hand.waiting():
        expect(door).to_have_attribute("data-result", "admitted", timeout=20_000)


ERRANDS: dict[str, tuple[Callable[[Hand, Story], None], int, bool]] = {
    "register": (register, PHONE, False),
    "change my details": (change, PHONE, False),
    "find a person": (find, DESK, True),
    "move a session and tell people": (move, DESK, True),
    "scan at the door": (scan, PHONE, True),
}
"""The errands, with the width of the window they are done in and whether somebody of the team does them."""


def signed_in(page: Page, house: House) -> None:
    """The window of somebody of the team, whose day has begun."""
    page.goto("/equipe/connexion")
    page.fill("[name=email]", house.staff_email)
    page.fill("[name=password]", house.staff_password)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/equipe")


def one(errand: str, browser: Browser, house: House, story: Story) -> Cost:
    """What this errand costs."""
    do, width, of_the_team = ERRANDS[errand]
    page = open_page(browser, width, base_url=house.base_url)
    page.context.grant_permissions(["camera"], origin=house.base_url)
    if of_the_team:
        signed_in(page, house)
    hand = Hand(page)
    do(hand, story)
    page.context.close()
    return hand.cost


def costs(house: House, folder: Path) -> dict[str, Cost]:
    """What each errand costs, in a house with some people in it."""
    story = Story(house)
    for _ in range(PEOPLE):
        story.register(an_application(sessions=[]))
    shown = an_application(given_name="Aïcha", family_name="Traoré")
    story.register(shown)
    badge = film(attachment(story.await_mail(shown["email"]), "application/pdf"), folder / "badge.y4m")
    camera = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={badge}")
    with browsing(*camera) as browser:
        found = {errand: one(errand, browser, house, story) for errand in ERRANDS}
    story.close()
    return found


def table(found: dict[str, Cost]) -> str:
    """As it stands in docs/errands.md."""
    rows = ["| errand | clicks | keys | pages | seconds of the hand | seconds waited |", "|---|---|---|---|---|---|"]
    rows += [
        f"| {errand} | {cost.clicks} | {cost.keys} | {cost.pages} | {cost.by_hand:.0f} | {cost.waited:.1f} |"
        for errand, cost in found.items()
    ]
    return "\n".join(rows)


def main() -> None:
    """Start a house, do the errands in it, say what they cost."""
    with tempfile.TemporaryDirectory() as name, running_house(Path(name) / "house") as house:
        sys.stdout.write(table(costs(house, Path(name))) + "\n")


if __name__ == "__main__":
    main()
