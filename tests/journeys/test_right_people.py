"""The right people are told: an atelier moves, another is cancelled, a place is passed on, one changes hands.

Told once as it should be, and once with each service stopped for an hour in the middle. Every person is written to in
their own language, exactly as often as something concerned them.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import icalendar
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.house import House, running_house
from tests.journeys.browsing import DESK, PHONE, browsing, open_page
from tests.journeys.story import Story, an_application, attachment, eventually, link, printed_code
from tests.journeys.test_browser_story import decoded, sign_in
from tests.journeys.wording import french

ELSEWHERE = "2026-13"
"""The atelier nobody touches."""
QUOTA = 2


@dataclass(frozen=True)
class Plan:
    """Three ateliers of one time: one moves and is full, one is cancelled, somebody changes to the third.

    `start` and `end` are those it moves to; the words are of titles, as somebody reads them in French and in English.
    """

    moved: str
    cancelled: str
    other: str
    start: str
    end: str
    moved_words: str
    other_words: str


SECOND_DAY = Plan("2026-08", "2026-06", "2026-07", "10h00", "11h30", "Amérique latine", "women")
FIRST_DAY = Plan("2026-03", "2026-01", "2026-02", "15h00", "16h30", "Palestine", "citizenship")


@dataclass
class Person:
    """Somebody of the story, and the link they were given."""

    email: str
    lang: str
    path: str = ""
    id: str = ""


class RightPeople(Story):
    """The story's people, by name, and the team's browser."""

    def __init__(self, house: House, browser: Browser, plan: Plan) -> None:
        super().__init__(house)
        self.browser = browser
        self.plan = plan
        self.people: dict[str, Person] = {}
        self.old_badge = b""
        self.told_before = len(self.written("programme-changed"))

    def comes(self, name: str, lang: str, **choice: Any) -> Person:
        """Register `name` for `sessions`, or to wait for those of `waiting`."""
        one = Person(f"story-{uuid4().hex[:10]}@mairie.example", lang)
        made = self.register(
            an_application(
                given_name=name, family_name="Essai", email=one.email, language=lang, **{"sessions": [], **choice}
            )
        )
        one.path, one.id = urlsplit(made["manage_url"]).path, made["id"]
        self.people[name] = one
        return one

    def titles(self, name: str) -> list[str]:
        """The titles of every mail this person received, oldest first."""
        return [str(mail["Subject"]) for mail in self.house.mails(self.people[name].email)]

    def await_title(self, name: str, words: str) -> EmailMessage:
        """The mail to this person whose title holds these words; it is in their language."""
        mail = self.await_mail(self.people[name].email, words)
        assert mail["Content-Language"] == self.people[name].lang
        return mail

    def written(self, template: str) -> list[dict[str, Any]]:
        """The mails of this kind, whether they wait or have left."""
        listed = self.api.get("/api/notifications/v1/deliveries", params={"limit": 500})
        listed.raise_for_status()
        return [one for one in listed.json()["items"] if one["template"] == template]

    def phone(self, name: str, path: str = "") -> Page:
        """This person's phone, on their own page, in their own language."""
        locale = {"fr": "fr-FR", "en": "en-GB", "es": "es-ES"}[self.people[name].lang]
        page = open_page(self.browser, PHONE, locale=locale, base_url=self.house.base_url)
        page.goto(self.people[name].path + path)
        return page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as one:
        yield one


@pytest.fixture(scope="module")
def house(scratch: Path) -> Iterator[House]:
    """A house of its own: its programme changes, and days pass."""
    with running_house(scratch / "right-people") as one:
        yield one


@pytest.fixture
def story(house: House, browser: Browser, plan: Plan) -> Iterator[RightPeople]:
    told = RightPeople(house, browser, plan)
    yield told
    told.close()


@pytest.mark.parametrize(
    ("plan", "stopping"),
    [(SECOND_DAY, False), (FIRST_DAY, True)],
    ids=["as it should", "each service stopped for an hour"],
)
def test_the_right_people_are_told(story: RightPeople, stopping: bool) -> None:
    def stopped(*services: str) -> ExitStack:
        """An hour without these services, if this time is one with trouble."""
        trouble = ExitStack()
        if stopping:
            story.await_marked()
            trouble.enter_context(story.house.without(*services))
            trouble.callback(story.house.pass_time, hours=1)
        return trouble

    release = an_atelier_is_full_and_two_wait(story)
    staff_move_one_and_cancel_another(story, release)
    with stopped("notifications", "programme"):
        pass  # an hour goes by before anybody is told
    exactly_those_concerned_are_told(story)
    with stopped("notifications"):
        somebody_cancels(story)
    the_first_lets_it_expire_and_the_second_takes_it(story)
    with stopped("programme", "badges"):
        somebody_changes_atelier(story)
        somebody_hands_over(story)
    with stopped("registration"):
        pass
    the_old_badge_is_refused_and_the_new_one_arrives(story)
    nobody_got_anything_else(story)


def an_atelier_is_full_and_two_wait(story: RightPeople) -> int:
    """Two places in the atelier that will move, both taken; the last one waits after her."""
    moved = story.plan.moved
    edition = story.api.get("/api/programme/v1/sessions").json()["items"][0]["uid"].split(".")[1].split("@")[0]
    address = f"/api/programme/v1/editions/{edition}"
    draft = story.api.get(f"{address}/draft").json()
    for session in draft["sessions"]:
        session["capacity"] = QUOTA if session["id"] == moved else session["capacity"]
    story.api.put(address, json=draft).raise_for_status()
    release = story.api.post("/api/programme/v1/releases", json={"edition": edition}).json()["number"]

    def knows_the_quota() -> bool:
        form = story.http.get("/api/registration/v1/form").json()
        return next(one for one in form["sessions"] if one["id"] == moved)["places_left"] == QUOTA

    eventually(knows_the_quota, "the quota at the form")
    for name, lang, choice in (
        ("Ana", "fr", {"sessions": [moved]}),
        ("Bryn", "en", {"sessions": [moved]}),
        ("Carmen", "es", {"waiting": [moved]}),
        ("Denis", "fr", {"waiting": [moved]}),
        ("Ewan", "en", {"sessions": [story.plan.cancelled]}),
        ("Fátima", "es", {"sessions": [ELSEWHERE]}),
    ):
        story.comes(name, lang, **choice)
        eventually(lambda name=name: story.titles(name), f"a confirmation for {name}")
    carmen = story.house.mails(story.people["Carmen"].email)[0].get_body(("plain",))
    assert carmen is not None
    assert "lista de espera" in carmen.get_content().lower()
    return int(release)


def staff_move_one_and_cancel_another(story: RightPeople, release: int) -> None:
    """In the editor: another room and half an hour later; who will be told, and what; then the release."""
    desk = open_page(story.browser, DESK, base_url=story.house.base_url)
    sign_in(desk, story.house, f"/equipe/programme/seances/{story.plan.moved}")
    desk.get_by_label("Début").fill(story.plan.start)
    desk.get_by_label("Fin").fill(story.plan.end)
    desk.get_by_label("Salle").select_option("monge")
    desk.get_by_role("button", name="Enregistrer dans le brouillon").click()
    desk.goto(f"/equipe/programme/seances/{story.plan.cancelled}/retirer")
    desk.get_by_role("button", name="Retirer du brouillon").click()

    desk.goto("/equipe/programme/publier")
    told = desk.locator("#qui-recoit")
    expect(told).to_contain_text("5 personnes")  # two inside, two waiting, one whose atelier is cancelled
    for name in ("Ana", "Bryn", "Carmen", "Denis", "Ewan"):
        expect(told).to_contain_text(name)
    expect(told).not_to_contain_text("Fátima")
    expect(told).to_contain_text("Monge")
    if (confirm := desk.get_by_label("Publier quand même")).count():
        confirm.check()
    desk.get_by_role("button", name=f"Publier la version {release + 1}").click()
    desk.goto("/programme")
    expect(desk.locator("main")).to_contain_text(f"Version {release + 1}")
    desk.context.close()


CHANGED = {"fr": "le programme change pour vous", "en": "the programme changes for you", "es": "el programa"}
"""How the title of the mail about a release begins, by language."""


def exactly_those_concerned_are_told(story: RightPeople) -> None:
    """Once the quiet period is over: one mail each, before and after, and a calendar that has grown.

    Before an hour went by, a quick service may have read the release: then its mails have left already.
    """
    five = story.told_before + 5
    eventually(lambda: len(story.written("programme-changed")) == five, "five messages, waiting or gone")
    story.house.pass_time(minutes=11)
    for name in ("Ana", "Bryn", "Carmen", "Denis", "Ewan"):
        mail = story.await_title(name, CHANGED[story.people[name].lang])
        body = mail.get_body(("plain",))
        assert body is not None
        words = body.get_content()
        if name == "Ewan":
            assert any(said in words for said in ("annul", "cancel", "cancelad")), words
        else:
            assert "Laplace" in words and "Monge" in words, words  # noqa: PT018 - before and after
        lines = [
            line
            for line in words.splitlines()
            if story.people[name].lang != "fr" and french(line.strip(), story.people[name].lang)
        ]
        assert lines == []
        entries = icalendar.Calendar.from_ical(attachment(mail, "text/calendar")).walk("VEVENT")
        if name in {"Ana", "Bryn"}:
            (moved,) = [entry for entry in entries if str(entry["UID"]).startswith(story.plan.moved)]
            assert int(moved["SEQUENCE"]) >= 1
            assert "Monge" in moved["LOCATION"]
        if name == "Ewan":
            (gone,) = [entry for entry in entries if str(entry["UID"]).startswith(story.plan.cancelled)]
            assert (gone["STATUS"], int(gone["SEQUENCE"]) >= 1) == ("CANCELLED", True)
    assert len(story.titles("Fátima")) == 1


def somebody_cancels(story: RightPeople) -> None:
    """Ana no longer comes."""
    phone = story.phone("Ana", "/annuler")
    phone.get_by_role("button", name="Annuler mon inscription").click()
    expect(phone.get_by_role("main")).to_contain_text("annulée")
    phone.context.close()


def the_first_lets_it_expire_and_the_second_takes_it(story: RightPeople) -> None:
    """Carmen is offered the place, does nothing for a day, and Denis takes it."""
    offered = story.await_title("Carmen", "plaza")
    assert "/offre/" in link(offered, "/mon-inscription/")
    story.house.pass_time(hours=25)
    second = story.await_title("Denis", "une place vous est proposée")
    story.await_title("Carmen", "ya no")
    phone = story.phone("Denis")
    phone.goto(urlsplit(link(second, "/mon-inscription/")).path)
    phone.get_by_role("button", name="Je prends cette place").click()
    phone.goto(story.people["Denis"].path)
    expect(phone.locator("#seances")).to_contain_text(story.plan.moved_words)
    phone.context.close()
    late = story.phone("Carmen")
    late.goto(urlsplit(link(offered, "/mon-inscription/")).path)
    expect(late.get_by_role("main")).to_contain_text("persona siguiente")
    late.context.close()
    story.await_title("Denis", "vos séances ont changé")


def somebody_changes_atelier(story: RightPeople) -> None:
    """Bryn goes to another atelier of the same time."""
    phone = story.phone("Bryn", "/seances")
    phone.locator(f"#s-{story.plan.moved}").uncheck()
    phone.locator(f"#s-{story.plan.other}").check()
    phone.get_by_role("button", name="Save", exact=True).click()
    expect(phone.locator("#seances")).to_contain_text(story.plan.other_words)
    phone.context.close()


def somebody_hands_over(story: RightPeople) -> None:
    """Fátima hands her registration to Gwenn, who reads French."""
    before = story.house.mails(story.people["Fátima"].email)[0]
    story.people["Gwenn"] = Person(f"story-{uuid4().hex[:10]}@mairie.example", "fr", id=story.people["Fátima"].id)
    story.old_badge = attachment(before, "application/pdf")
    phone = story.phone("Fátima", "/transmettre?lang=fr")
    phone.get_by_label("Prénom").fill("Gwenn")
    phone.get_by_label("Nom", exact=True).fill("Essai-Suivante")
    phone.get_by_label("Son adresse électronique").fill(story.people["Gwenn"].email)
    phone.get_by_role("radio", name="Français").check()
    phone.get_by_label("Sa fonction").fill("Chargée de mission")
    phone.get_by_role("checkbox", name="Cette personne sait").check()
    phone.get_by_role("button", name="Continuer").click()
    phone.get_by_role("button", name="Céder ma place").click()
    phone.context.close()


def the_old_badge_is_refused_and_the_new_one_arrives(story: RightPeople) -> None:
    """By QR, as a phone at the door reads it. Where badges are late, the new one follows in a mail of its own."""
    story.await_title("Gwenn", "transmise")
    gwenn = story.people["Gwenn"].email
    new = eventually(lambda: next(filter(None, map(badge_in, story.house.mails(gwenn))), None), "the new badge")
    old = story.old_badge
    assert printed_code(new) != printed_code(old)
    assert story.check_in(decoded(old))["result"] == "revoked"
    assert story.check_in(decoded(new))["result"] == "admitted"


def badge_in(mail: EmailMessage) -> bytes | None:
    """The badge that came with this mail, if one did."""
    files = [part for part in mail.iter_attachments() if part.get_content_type() == "application/pdf"]
    return attachment(mail, "application/pdf") if files else None


def nobody_got_anything_else(story: RightPeople) -> None:
    """Every mail of the story, counted."""
    welcome = story.await_title("Gwenn", "transmise")
    expected = {
        "Ana": 3,  # confirmation, change, cancellation
        "Bryn": 3,  # confirmation, change, other atelier
        "Carmen": 4,  # confirmation, change, offer, expired
        "Denis": 4,  # confirmation, change, offer, sessions
        "Ewan": 2,  # confirmation, change
        "Fátima": 2,  # confirmation, handed over
        "Gwenn": 1 if badge_in(welcome) else 2,
    }
    eventually(
        lambda: all(len(story.titles(name)) >= count for name, count in expected.items()),
        f"all mails: { {name: story.titles(name) for name in expected} }",
    )
    story.house.pass_time(minutes=30)
    story.house.await_ready()
    assert {name: len(story.titles(name)) for name in expected} == expected
