"""Who and what the pages are looked at with: people in every state a registration can be in, and the team."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
from playwright.sync_api import Cookie
from pymongo import MongoClient

from deploy.layout import Layout
from tests.health.reading import poison
from tests.house import House
from tests.journeys.story import Story, an_application, attachment, eventually, printed_code
from tests.journeys.test_waiting import is_offered, partner, set_partners

LETTERS = "/api/notifications/v1/dead-letters"


@dataclass(frozen=True)
class Known:
    """What addresses are filled in with, and two codes for the door: of one who comes and of one who cancelled."""

    house: House
    cookie: Cookie
    words: dict[str, str]
    code: str
    cancelled_code: str

    def address(self, path: str) -> str:
        return self.house.base_url + path.format(**self.words)


@contextmanager
def meeting(house: House) -> Iterator[Known]:
    """The programme, the team, one who comes and one who cancelled: quick."""
    story = Story(house)
    with house.visitor() as staff:
        staff.post("/equipe/connexion", data={"email": house.staff_email, "password": house.staff_password})
        (cookie,) = [one for one in staff.cookies.jar if one.name == "rencontres_staff"]
    comes, code = _registered(story)
    left, left_code = _registered(story, given_name="", family_name="Tovonay")
    story.cancel(left["id"])
    own = {"registration": comes["id"], "manage": _path(comes), "cancelled": _path(left)}
    shown = Cookie(name=cookie.name, value=str(cookie.value), url=house.base_url)
    yield Known(house, shown, {**_programme(story), **own}, code, left_code)
    story.close()


@contextmanager
def knowing(house: House) -> Iterator[Known]:
    """Somebody in every state too; afterwards nobody waits for a place, and what was set aside is dismissed."""
    with meeting(house) as met, ExitStack() as after:
        story = Story(house)
        after.callback(story.close)
        staff = after.enter_context(house.visitor(cookies={met.cookie["name"]: met.cookie["value"]}))
        words = {
            **_answers(story),
            **after.enter_context(_line(story)),
            **_letters(story, after),
            "desk": _desk(staff),
            "batch": _batch(staff, after),
            "list": _list(staff, met.words["registration"]),
            "done": _list(staff, met.words["registration"], confirmed=True),
        }
        yield replace(met, words={**met.words, **words})


def _path(registration: dict[str, Any]) -> str:
    return urlsplit(registration["manage_url"]).path


def _registered(story: Story, **changes: str) -> tuple[dict[str, Any], str]:
    application = an_application(**changes)
    registration = story.register(application)
    return registration, printed_code(attachment(story.await_mail(application["email"]), "application/pdf"))


def _programme(story: Story) -> dict[str, str]:
    schedule = story.api.get("/api/programme/v1/sessions").json()["items"]
    accounts, tokens = (story.api.get(f"/api/programme/v1/{what}").json()["items"] for what in ("accounts", "tokens"))
    session = {"slug": schedule[0]["slug"], "session": schedule[0]["id"], "day": schedule[0]["start"][:10]}
    return {**session, "account": accounts[0]["id"], "key": tokens[0]["id"]}


def _answers(story: Story) -> dict[str, str]:
    """Two who ask to come as journalists: one has no answer yet, one was refused."""
    asking, refused = (story.register(an_application(category="presse", sessions=[])) for _ in range(2))
    story.api.post(f"/api/registration/v1/registrations/{refused['id']}/refuse").raise_for_status()
    return {"asking": asking["id"], "pending": _path(asking), "refused": _path(refused)}


@contextmanager
def _line(story: Story) -> Iterator[dict[str, str]]:
    """Two who wait for the one place of partners; it is offered to the first."""
    set_partners(story, 1)
    had, offered, waiting = (partner(story) for _ in range(3))
    try:
        story.cancel(had["id"])
        eventually(lambda: is_offered(story, offered["id"]), "an offer")
        yield {"offered": _path(offered), "waiting": _path(waiting)}
    finally:
        set_partners(story, None)
        for one in (waiting, offered):
            story.cancel(one["id"])


def _letters(story: Story, after: ExitStack) -> dict[str, str]:
    """Messages that were sent and facts that could not be read, and what was deleted when its time had come."""
    kept = Layout.running({"VAR": str(story.house.var)})
    poison(kept.nats_admin_url, "{one", "{two", about=uuid4().hex)  # what was dismissed once is not set aside again
    letters = eventually(lambda: set_aside(story, count=2), "two letters")
    story.api.post(f"{LETTERS}/{letters[0]['id']}/dismiss", json={"why": "Un essai"}).raise_for_status()
    after.callback(_dismiss, story)
    deleted = {"_id": "page", "at": datetime.now(UTC), "purpose": "needs", "edition": "raict-2026", "count": 411}
    database: MongoClient[dict[str, Any]] = MongoClient(kept.service_environment("registration")["MONGO_URL"])
    database["registration"]["purges"].insert_one(deleted)
    after.callback(database.close)
    after.callback(database["registration"]["purges"].delete_one, {"_id": "page"})
    deliveries = story.api.get("/api/notifications/v1/deliveries").json()["items"]
    return {"message": f"/equipe/messages/{deliveries[0]['id']}"}


def set_aside(story: Story, count: int) -> list[dict[str, Any]]:
    """The letters of notifications, once there are so many."""
    items: list[dict[str, Any]] = story.api.get(LETTERS).json()["items"]
    return items if len(items) == count else []


def _dismiss(story: Story) -> None:
    for service in ("notifications", "badges"):
        letters = LETTERS.replace("notifications", service)
        for letter in story.api.get(letters).json()["items"]:
            story.api.post(f"{letters}/{letter['id']}/dismiss", json={"why": "Un essai"}).raise_for_status()


def _desk(staff: httpx.Client) -> str:
    """The page that asks a volunteer for the six digits."""
    here = datetime.now(ZoneInfo("Europe/Paris"))
    hours = {"debut": here - timedelta(hours=1), "fin": here + timedelta(days=2)}
    form = {"porte": "Entrée Monge", **{name: f"{moment:%Y-%m-%dT%H:%M}" for name, moment in hours.items()}}
    found = re.search(r"(/accueil/poste/[^<]+)<", staff.post("/equipe/badges/postes", data=form).text)
    assert found
    return found[1]


def _batch(staff: httpx.Client, after: ExitStack) -> str:
    """A batch of all badges there are, taken back afterwards."""
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', staff.get("/equipe/badges/tirages").text))
    made = urlsplit(str(staff.post("/equipe/badges/tirages", data=form).url)).path
    after.callback(staff.post, f"{made}/ecarter")
    return made


def _list(staff: httpx.Client, known: str, *, confirmed: bool = False) -> str:
    """The page of a list with somebody new, somebody twice, somebody known, and somebody to be mended."""
    somebody = "Lista;Ana;Mayor;Fictitious;equipe;%s@mairie.example;%s;red\n"
    lines = [somebody % pair for pair in ((uuid4().hex, ""), ("twice", ""), ("twice", ""), ("there", known), ("@", ""))]
    content = "family_name;given_name;function;organisation_name;category;email;id;Colour\n" + "".join(lines)
    sent = staff.post("/equipe/inscriptions/importer", files={"file": ("list.csv", content)}, follow_redirects=False)
    page = str(sent.headers["location"])
    if confirmed:
        staff.post(page, data={"mails": "no", "informed": "yes"}).raise_for_status()
        eventually(lambda: "refresh" not in staff.get(page).headers, "the list carried out")
    return page
