"""Everything is lost, and comes back from one file: the same documents, pages and badges, and nobody is written to.

What had ended since the file was made stays ended, although the restore dies on the way and is typed again.
"""

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from deploy import archive
from deploy.children import stop
from deploy.programs import Missing
from deploy.topology import SERVICES
from shared.ids import new_id
from tests.faults.losing import PLUMBING, beside, differing, manage, mongo, quiet
from tests.faults.today.test_withdrawal import ACCOUNTS, APIS, ROLES, TOKENS, closes
from tests.faults.town import EDITION, opening
from tests.house import House, start
from tests.journeys.story import Story, an_application, eventually

SESSION = "2026-08"
PROGRAMME, DELIVERIES = "/api/programme/v1", "/api/notifications/v1/deliveries"
QUIET = 600
"""Seconds that a release waits for others before people are told of it."""
DESKS = "/equipe/badges/postes"
LATER = "later (not in the backup)"


def everything(house: House) -> dict[str, Any]:
    """Every document of every service, without what means nothing to another day."""
    with mongo(house) as client:
        return {
            service: {
                name: {str(one["_id"]): _lasting(name, one) for one in client[service][name].find()}
                for name in client[service].list_collection_names()
                if name not in PLUMBING - {"audit", "inbox"}
            }
            for service in SERVICES
        }


def _lasting(collection: str, document: dict[str, Any]) -> dict[str, Any]:
    """Without what only counts writes, and from when on a rule of reminders counts: from the restore."""
    passing = {"pending", "published_at", "rev", *(["since"] if collection == "reminder_rules" else [])}
    return {name: value for name, value in document.items() if name not in passing}


def settle(story: Story) -> None:
    """Nothing is on its way any more."""
    story.house.await_ready()
    eventually(quiet(story.house, SERVICES), "every fact told and taken in")


def front_page(story: Story) -> str:
    return story.http.get("/").text.replace(story.house.base_url, "")


def the_same_file(file: Path, name: str) -> Path:
    return Path(shutil.copy(file, file.with_name(name)))


@contextmanager
def running(var: Path) -> Iterator[Story]:
    """The house of this folder, started and stopped again."""
    failpoints = var.parent / "failpoints"
    failpoints.mkdir(parents=True, exist_ok=True)
    settings = {"FAILPOINTS": str(failpoints), "CLOCK_AHEAD": str(failpoints / "clock")}
    child = start(var, **settings)
    story = Story(House(var, failpoints, settings))
    try:
        yield story
    finally:
        story.close()
        stop(child, patience=30)


@dataclass
class Lost:
    """What a house held when its backup was made, and what its people had been sent when it was lost."""

    documents: dict[str, Any]
    page: str
    badge: str
    keys: str
    people: list[str]
    mails: list[int]

    def counts(self, story: Story) -> list[int]:
        """How many mails each of its people has received."""
        return [len(story.mails(address)) for address in self.people]


@pytest.fixture(scope="module")
def var(scratch: Path) -> Path:
    return scratch / "backup/var"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backups") / "all.zip"


@pytest.fixture(scope="module")
def lost(var: Path, file: Path) -> Lost:
    """A house that was backed up, lived on, and lost its databases and its stream."""
    stays, leaves, goes = (an_application(sessions=[SESSION]) for _ in range(3))
    with running(var) as story:
        badge = badge_link(story, stays)
        gone = story.register(goes)
        story.await_mail(goes["email"])
        settle(story)
        people = [one["email"] for one in (stays, leaves, goes)]
        before = Lost(everything(story.house), front_page(story), badge, (var / "keys.json").read_text(), people, [])
        assert beside(var, "backup", str(file), "--with-keys")[1].endswith("with the keys.\n")
        assert "is not empty: --over" in beside(var, "restore", str(file))[2]

        story.register(leaves)
        story.await_mail(leaves["email"])
        story.cancel(gone["id"])
        settle(story)
        before.mails = before.counts(story)
    for folder in ("mongo", "nats"):
        shutil.rmtree(var / folder)
    return before


@pytest.fixture(scope="module")
def story(var: Path, file: Path, lost: Lost) -> Iterator[Story]:
    """The house after its restore."""
    code, said, refused = beside(var, "restore", str(file))
    assert (code, "\n  No mail is held." in said, "Closed" in said) == (0, True, False), refused
    with running(var) as restored:
        settle(restored)
        yield restored


def test_a_backup_is_for_its_owner_alone_and_is_used_whole_or_not_at_all(file: Path, lost: Lost):
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as whole:
        assert whole.read("keys.json").decode() == lost.keys
    assert damaged(file) == []


def test_everything_comes_back_from_a_backup(story: Story, lost: Lost, var: Path):
    eventually(lambda: not differing(lost.documents, everything(story.house)), "every document as it was")
    assert differing(lost.documents, everything(story.house)) == []
    assert front_page(story) == lost.page
    assert story.http.get(lost.badge).headers["content-type"] == "application/pdf"
    code, report, _ = beside(var, "verify")
    assert code == 0, report
    story.register(last := an_application())
    story.await_mail(last["email"])
    assert lost.counts(story) == lost.mails


def test_what_had_ended_since_stays_ended_although_the_restore_dies_and_is_typed_again(
    story: Story, lost: Lost, var: Path, file: Path
):
    team = Team(story)
    forgotten = story.register(application := an_application())
    story.await_mail(application["email"])
    settle(story)
    second = file.with_name("second.zip")
    assert beside(var, "backup", str(second))[0] == 0
    made_with_other_keys(second)
    assert "was made with other keys" in beside(var, "restore", str(second), "--over")[2]

    story.api.post(f"/api/registration/v1/registrations/{forgotten['id']}/erase").raise_for_status()
    word = team.leaves()
    reminders_leave(story, lost)
    settle(story)
    mails = lost.counts(story)

    story.house.arm("", "restore-written")
    manage(story.house, "restore", str(second), "--over", "--other-keys", died=True)
    code, said, refused = beside(var, "restore", str(second), "--other-keys")
    assert code == 0, refused
    settle(story)

    assert story.api.get(f"/api/registration/v1/registrations/{forgotten['id']}").status_code == httpx.codes.NOT_FOUND
    assert f"withdrawn, changed or made since: {', '.join(sorted([team.email, LATER, 'sono']))}." in said
    assert ("Desk links that a closed" in said, team.states()) == (True, ["withdrawn"] * 3)
    with story.house.program() as program:
        program.headers["Authorization"] = f"Bearer {word}"
        closes(program, APIS)
    with mongo(story.house) as client:
        skipped = client.notifications.reminder_firings
        eventually(lambda: skipped.find_one({"state": "skipped", "reason": "made-later"}), "the reminder passed over")
    code, report, _ = beside(var, "verify")
    assert (code, lines_of_lists(story)) == (0, 0), report
    assert lost.counts(story) == mails


def test_a_mail_that_waited_for_its_time_leaves_then_and_one_that_may_have_left_is_held(
    story: Story, lost: Lost, var: Path, file: Path
):
    """A release is told after ten quiet minutes. The backup is put back within them, and again when they are over."""
    before = lost.counts(story)
    move(story, room="monge")
    eventually(lambda: len(in_state(story, "queued")) == 2, "mails that wait for their time")
    concerned = sorted(lost.people.index(one["recipient"]) for one in in_state(story, "queued"))
    assert concerned == [0, 2]
    settle(story)
    third = file.with_name("third.zip")
    assert beside(var, "backup", str(third))[0] == 0

    code, said, refused = beside(var, "restore", str(third), "--over")
    assert (code, "No mail is held" in said, "2 mails were not due yet" in said) == (0, True, True), said + refused
    settle(story)
    assert (lost.counts(story), beside(var, "verify")[0]) == (before, 0)
    story.house.pass_time(seconds=QUIET + 1)
    for number in concerned:
        story.house.await_mails(lost.people[number], before[number] + 1, limit=60)
    settle(story)
    told = lost.counts(story)
    assert [after - count for after, count in zip(told, before, strict=True)] == [1, 0, 1]

    code, said, refused = beside(var, "restore", str(third), "--over")
    assert (code, "2 mails are held" in said) == (0, True), said + refused
    settle(story)
    code, report, _ = beside(var, "verify")
    assert (code, "2 mails held, of unknown outcome" in report) == (0, True), report
    held = in_state(story, "unknown")
    assert [(one["attempts"], one["possibly_twice"]) for one in held] == [(0, False)] * 2
    story.api.post(f"{DELIVERIES}/{held[0]['id']}/abandon").raise_for_status()
    settle(story)
    code, report, _ = beside(var, "verify")
    assert (code, "1 mail held" in report, "the team stopped" in report) == (0, True, True), report
    assert lost.counts(story) == told


def lines_of_lists(story: Story) -> int:
    with mongo(story.house) as client:
        return int(client.registration.import_lines.count_documents({}))


def in_state(story: Story, state: str) -> list[dict[str, Any]]:
    """The mails in this state."""
    answer = story.api.get(DELIVERIES, params={"state": state}).raise_for_status()
    return list(answer.json()["items"])


def move(story: Story, **changes: Any) -> None:
    """A release in which the session is changed."""
    address = f"{PROGRAMME}/editions/{EDITION}"
    draft = story.api.get(f"{address}/draft").json()
    for session in draft["sessions"]:
        session.update(changes if session["id"] == SESSION else {})
    story.api.put(address, json=draft).raise_for_status()
    story.api.post(f"{PROGRAMME}/releases", json={"edition": EDITION}).raise_for_status()


class Team:
    """An account, a token, a desk link, and a list that waits to be confirmed."""

    def __init__(self, story: Story) -> None:
        self.story, self.api = story, story.api
        self.email = f"{new_id()}@cuf.example"
        given = {"email": self.email, "name": "Paul Kervadec", "roles": ["desk"]}
        account = self.api.post(ACCOUNTS, json=given).raise_for_status().json()["id"]
        token = self.api.post(TOKENS, json={"name": "sono", "scopes": ["desk"]}).raise_for_status().json()["id"]
        self.credentials = f"{ACCOUNTS}/{account}", f"{TOKENS}/{token}"
        self.desk = new_id()
        form = {"id": self.desk, "porte": "Iéna", "debut": "2026-12-08T07:30", "fin": "2026-12-08T19:00"}
        self._as_admin(DESKS, form)
        self._sends_a_list()

    def _as_admin(self, page: str, form: dict[str, str], **more: Any) -> None:
        house = self.story.house
        with house.visitor() as admin:
            admin.post("/equipe/connexion", data={"email": house.staff_email, "password": house.staff_password})
            admin.post(page, data=form, **more).raise_for_status()

    def _sends_a_list(self) -> None:
        """Of one person; it is not confirmed."""
        headings = "Nom;Prénom;Fonction;Structure;Catégorie;Adresse électronique"
        line = "Liste;Ana;Maire;Association (fictive);equipe;liste@mairie.example"
        self._as_admin("/equipe/inscriptions/importer", {}, files={"file": ("liste.csv", f"{headings}\n{line}")})
        assert lines_of_lists(self.story) == 1

    def leaves(self) -> str:
        """All three are withdrawn, and another token is made: its word."""
        for one in self.credentials:
            self.api.post(f"{one}/withdraw").raise_for_status()
        self._as_admin(f"{DESKS}/{self.desk}/retirer", {})
        made = self.api.post(TOKENS, json={"name": "later", "scopes": ROLES}).raise_for_status().json()
        return str(made["token"])

    def states(self) -> list[str]:
        """What became of the three."""
        with mongo(self.story.house) as client:
            desk = client.badges.desks.find_one({"_id": self.desk})
        assert desk
        states = [self.api.get(one).raise_for_status().json()["state"] for one in self.credentials]
        return [*states, "withdrawn" if desk["withdrawn_at"] else "open"]


def reminders_leave(story: Story, lost: Lost) -> None:
    """It is two days before the opening: those who have a place are reminded."""
    before = lost.counts(story)
    ahead = opening(story.house) - timedelta(days=2) - datetime.now(UTC)
    story.house.pass_time(seconds=ahead.total_seconds() + 2)
    for number in (0, 2):  # the other one registered after the first backup
        story.house.await_mails(lost.people[number], before[number] + 1, limit=60)


def made_with_other_keys(file: Path) -> None:
    """The same backup, as a house with other keys would have made it."""
    with zipfile.ZipFile(file) as whole:
        content = {name: whole.read(name) for name in whole.namelist()}
    manifest = json.loads(content[archive.MANIFEST])
    content[archive.MANIFEST] = json.dumps({**manifest, "keys": "0123456789abcdef"}).encode()
    with zipfile.ZipFile(file, "w") as other:
        for name, part in content.items():
            other.writestr(name, part)


def badge_link(story: Story, application: dict[str, Any]) -> str:
    """The address of this person's badge, as their page gives it."""
    mine = story.register(application)
    story.await_mail(application["email"])
    story.badge(mine["id"])

    def look() -> str | None:
        page = story.http.get(urlsplit(mine["manage_url"]).path).text
        found = [part.split('"')[0] for part in page.split('href="') if "/badge/" in part.split('"')[0]]
        return next(iter(found), None)

    return urlsplit(eventually(look, "the badge on the page")).path


def damaged(file: Path) -> list[str]:
    """Copies of the backup that were truncated or altered, of which the restore did not say so."""
    short = the_same_file(file, "short.zip")
    short.write_bytes(file.read_bytes()[:-1000])
    altered = the_same_file(file, "altered.zip")
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(altered, "w") as other:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "registration/registrations.bson":
                content = content.replace(b"Kervadec", b"Kervadek")
            other.writestr(name, content)
    added = the_same_file(file, "added.zip")
    with zipfile.ZipFile(added, "a") as other:
        other.writestr("badges/more.bson", b"")
    text = the_same_file(file, "text.zip")
    text.write_text(json.dumps({}))
    return [one.name for one in (short, altered, added, text) if not is_refused(one)]


def is_refused(file: Path) -> bool:
    try:
        archive.check(file)
    except Missing as refusal:
        return "nothing was touched" in str(refusal)
    return False
