"""Each service's database is lost and comes back from the stream: the same people, links, badges, lists and figures.

Shows I1, I4, I8, I10, I12 after a loss, in a house of its own: its clock is moved to two days before the opening.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import nats
import pytest

from deploy.children import await_until
from deploy.lost import check_whole
from deploy.programs import Missing
from deploy.provision import provision_nats
from deploy.topology import SUBSCRIPTIONS
from shared.broker import durable
from shared.outbox import STREAM
from tests.faults.losing import administration, admissions, beside, differing, drop, known, manage
from tests.faults.town import EDITION, FEW, OTHER, Town, few_places, opening
from tests.health.reading import said
from tests.house import running_house
from tests.journeys.story import an_application, eventually
from tests.journeys.test_selfservice import a_form

PEOPLE = ("ana", "bryn", "carmen", "ewan", "fatou", "gita", "jo", "ko", "mia")
ORDER = ("registration", "notifications", "badges", "programme")
"""The one that is lost under way comes first: whoever reads of it signs in, and accounts are in no fact."""


@pytest.fixture(scope="module")
def town(scratch: Path) -> Iterator[Town]:
    with running_house(scratch / "rebuild", CHANGE_QUIET_SECONDS="1") as house:
        story = Town(house)
        few_places(story)
        people_come(story)
        days_pass(story)
        much_happens(story)
        story.settle()
        yield story
        story.close()


def people_come(town: Town) -> None:
    town.registers("ana", sessions=[FEW])
    town.registers("bryn", waiting=[FEW])
    town.registers("carmen", waiting=[FEW])
    town.registers("ewan", sessions=[OTHER])
    town.registers("fatou", sessions=[OTHER])
    town.registers("gita", sessions=[OTHER])
    town.registers("jo", category="presse")
    town.registers("ko", category="presse", wait=True, sessions=[OTHER])
    town.mail["mia"] = town.mail["ewan"]  # two people of one address
    town.registers("mia")
    for name in PEOPLE:
        town.await_mail(town.mail[name])
        if name != "ko":
            town.people[name]["token"] = town.badge(town.people[name]["id"])["token"]


def days_pass(town: Town) -> None:
    """The reminder of the edition leaves to everybody with a place."""
    ahead = opening(town.house) - timedelta(days=2) - datetime.now(UTC)
    town.house.pass_time(seconds=ahead.total_seconds() + 2)
    for name in set(PEOPLE) - {"ko"}:
        town.house.await_mails(town.mail[name], 2, limit=60)


def much_happens(town: Town) -> None:
    """Somebody cancels, so that somebody else is offered the place; one hands over; two come in, one by mistake."""
    town.cancel(town.people["ana"]["id"])
    town.await_mail(town.mail["bryn"], "une place vous est proposée")
    town.mail["hana"] = f"hana-{uuid4().hex[:6]}@rebuild.example"
    page = urlsplit(town.people["gita"]["manage_url"]).path
    handed = a_form(an_application(given_name="Hana", email=town.mail["hana"]), privacy="yes", confirmed="yes")
    assert town.http.post(f"{page}/transmettre", data=handed).is_success
    town.await_mail(town.mail["hana"])
    assert town.check_in(town.people["ewan"]["token"])["result"] == "admitted"
    assert town.check_in(town.people["fatou"]["token"], nonce="mistake")["result"] == "admitted"
    town.api.post("/api/badges/v1/check-ins/mistake/undo").raise_for_status()


@contextmanager
def at_rest(town: Town, service: str) -> Iterator[str]:
    """The database is lost while its service is down. Answers why the house would not start."""
    with town.house.without(service):
        drop(town.house, service)
        yield "is empty, but the stream holds its facts"


@contextmanager
def under_way(town: Town, service: str) -> Iterator[str]:
    """The database is lost under its service, which says so to whoever asks, and answers nobody from an empty one."""
    process = town.house.pid(service)
    with town.house.visitor() as technician:
        technician.post(
            "/equipe/connexion", data={"email": town.house.staff_email, "password": town.house.staff_password}
        )
        drop(town.house, service)
        eventually(lambda: "a été perdue" in said(technician, service), "the loss on the health page")
        assert f"python -m deploy.manage rebuild {service}" in said(technician, service)
        assert "database was lost" in said(technician, service, "en")
        assert "a été perdue" not in said(technician, "programme")
        assert not town.house.is_ready(service)
        page = technician.get("/inscription")
        assert (page.status_code, "arrêtée pour le moment" in page.text) == (503, True)
    yield "was lost while it ran"
    town.house.await_restart(service, process)


@pytest.mark.parametrize("service", ORDER)
def test_a_lost_database_comes_back_from_the_stream(town: Town, service: str):
    before, admitted, mails = known(town.house, service), admissions(town.house), town.counts()
    with under_way(town, service) if service == ORDER[0] else at_rest(town, service) as why:
        with pytest.raises(Missing, match=f"The database of {service} {why}"):
            check_whole(administration(town.house))

        told = manage(town.house, "rebuild", service)

        assert f"{service} is rebuilt from {len(before['outbox'])} facts of its own" in told
        assert differing(before, known(town.house, service)) == []
        assert sorted((*one[:1], *one[2:]) for one in admissions(town.house)) == sorted(
            (*one[:1], *one[2:]) for one in admitted
        )
        check_whole(administration(town.house))
    town.settle()
    assert town.counts() == mails
    assert known(town.house, service)["outbox"] == before["outbox"]
    code, report, _ = beside(town.house.var, "verify")
    assert (code, f"before the journal of {service} begins" in report) == (0, service != "notifications"), report


def test_a_rebuild_that_dies_is_done_again_and_its_service_waits_for_it(town: Town):
    before, mails = known(town.house, "notifications"), town.counts()
    process = town.house.pid("notifications")
    assert "is not empty: --over deletes it first" in manage(town.house, "rebuild", "notifications", refused=True)
    town.house.arm("", "rebuild-written")
    manage(town.house, "rebuild", "notifications", "--over", died=True)

    await_until(lambda: town.house.pid("notifications") not in {0, process}, "the next process", limit=60)
    assert not town.house.is_ready("notifications")
    with pytest.raises(Missing, match="was being put back, and is not whole"):
        check_whole(administration(town.house))

    for again in ([], ["--over"]):
        manage(town.house, "rebuild", "notifications", *again)
        assert differing(before, known(town.house, "notifications")) == []
    town.settle()
    assert town.counts() == mails


def test_life_goes_on_after_every_database_was_rebuilt(town: Town):
    """The list is served, a second scan says so, a release tells exactly those concerned, and mail leaves."""
    assert "Bryn" in town.page("bryn")
    assert town.check_in(town.people["ewan"]["token"])["result"] == "already"
    assert town.check_in(town.people["fatou"]["token"])["result"] == "admitted"
    assert town.check_in(town.people["gita"]["token"])["result"] == "revoked"
    assert town.http.get(urlsplit(town.people["gita"]["manage_url"]).path).status_code == 410
    before = town.counts()
    town.comes("nina", sessions=[OTHER])

    address = f"/api/programme/v1/editions/{EDITION}"
    draft = town.api.get(f"{address}/draft").json()
    for session in draft["sessions"]:
        session["room"] = "monge" if session["id"] == FEW else session["room"]
    town.api.put(address, json=draft).raise_for_status()
    town.api.post("/api/programme/v1/releases", json={"edition": EDITION}).raise_for_status()
    for name in ("bryn", "carmen"):
        town.await_mail(town.mail[name], "le programme change")
    town.cancel(town.people["bryn"]["id"])
    town.await_mail(town.mail["carmen"], "une place vous est proposée")
    town.cancel(town.people["jo"]["id"])
    town.await_mail(town.mail["ko"], "une place")
    town.settle()

    more = {name: count - before[name] for name, count in town.counts().items() if name != "nina"}
    assert {name: count for name, count in more.items() if count} == {"bryn": 2, "carmen": 2, "jo": 1, "ko": 1}


def test_what_is_learnt_while_the_base_is_lost_mails_as_ever_and_what_may_have_left_waits_for_a_person(town: Town):
    """One mail had left, but its fact was lost with the base: held. Somebody came meanwhile: they are written to."""
    town.comes("olga")
    town.settle()
    with town.house.without("notifications"):
        drop(town.house, "notifications")
        asyncio.run(forget(administration(town.house).nats_url, town.people["olga"]["id"]))
        town.mail["pia"] = f"pia-{uuid4().hex[:6]}@rebuild.example"
        town.people["pia"] = town.register(an_application(given_name="Pia", email=town.mail["pia"], sessions=[]))
        manage(town.house, "rebuild", "notifications")
    town.await_mail(town.mail["pia"], "confirmée")
    town.settle()

    held = town.api.get("/api/notifications/v1/deliveries", params={"recipient": town.mail["olga"]}).json()["items"]
    assert [(one["template"], one["state"]) for one in held] == [("confirmation", "unknown")]
    assert town.counts()["olga"] == 1
    with town.house.visitor() as staff:
        form = {"email": town.house.staff_email, "password": town.house.staff_password}
        with_words = "on ne sait pas si ce message est parti"
        said = manage(
            town.house, "create-staff", "--email", "staff@rebuild.example", "--name", "S", "--role", "admin"
        ).split()
        staff.post("/equipe/connexion", data={**form, "email": said[0], "password": said[1]})
        assert with_words in staff.get(f"/equipe/messages/{held[0]['id']}").text
    town.api.post(f"/api/notifications/v1/deliveries/{held[0]['id']}/retry").raise_for_status()
    eventually(lambda: town.counts()["olga"] == 2, "the mail, because somebody asked for it")


def test_without_a_rebuild_everybody_would_be_written_to_again(town: Town):
    """The negative control: the same loss, with effects left on."""
    before = town.counts()
    with town.house.without("notifications"):
        drop(town.house, "notifications")
        asyncio.run(from_the_beginning(administration(town.house).nats_url, "notifications"))

    eventually(lambda: town.counts()["ewan"] > before["ewan"], "mails to people who were told before")


async def forget(url: str, registration: str) -> None:
    """The stream loses what was told of this person's mails."""
    client = await nats.connect(url)
    await client.jetstream().purge_stream(STREAM, subject=f"rencontres.notifications.*.*.{registration}")
    await client.close()


async def from_the_beginning(url: str, service: str) -> None:
    """The service is given every fact again."""
    client = await nats.connect(url)
    for publisher in SUBSCRIPTIONS[service]:
        await client.jetstream().delete_consumer(STREAM, durable(service, publisher))
    await client.close()
    await provision_nats(url)
