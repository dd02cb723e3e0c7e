"""Releases on the real MongoDB: whoever is concerned is written to once, however many they are and whatever dies."""

import asyncio
from datetime import UTC, datetime, timedelta

import icalendar
import pytest

import shared.clock
from services.notifications.actions import learning, reviewing, sending
from services.notifications.composing import Composer
from services.notifications.domain import plans
from services.notifications.domain.attempts import Outcome, Verdict
from services.notifications.domain.deliveries import State, Template
from services.notifications.following import Follower
from services.notifications.store import REGISTRATIONS, TOLD, Store
from services.notifications.web import make_pages
from services.notifications.writing import Writer
from shared import inbox
from shared.clock import now
from shared.events.registration import Amended, Cancelled, Confirmed, LinkRequested, Submitted, Transferred
from tests.notifications.factories import (
    EDITION,
    NOW,
    PATIENCE,
    a_fact,
    a_person,
    a_released,
    a_session,
    an_edition,
    an_envelope,
    an_issued,
    moved,
    waits_for,
)

QUIET = timedelta(minutes=10)
PEOPLE, SESSIONS = 650, 60


class Office:
    """The service without its loops: it learns, looks, and sends when told to."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.writer = Writer(store, Composer(make_pages(), "https://rencontres.example"))
        self.follower = Follower(store, self.writer, QUIET)
        self._told = 0

    async def learn(self, fact, sequence=1):
        await learning.registration(self.store, an_envelope(fact, sequence), fact, PATIENCE)

    async def issue(self, registration, generation=1):
        fact = an_issued(registration=registration, generation=generation)
        await learning.issued(self.store, an_envelope(fact, generation), fact)

    async def edition(self):
        fact = an_edition()
        await learning.edition_changed(self.store, an_envelope(fact, 1), fact)

    async def release(self, released):
        await learning.released(self.store, an_envelope(released, released.release + 1), released)

    async def look(self):
        self.writer._read = 0.0
        while await self.follower.step():
            pass

    async def send(self, *, later=timedelta(0), verdict=Verdict.ACCEPTED):
        """Everything due by `later` leaves; what was written, by registration and template."""
        past = {"due": {"$ne": None, "$lte": now() + later}}
        await self.store.database["deliveries"].update_many(past, {"$set": {"due": now()}, "$inc": {"rev": 1}})
        self.writer._read = 0.0
        written = {}
        while due := await self.store.due(now(), await self.writer.refresh(), 50):
            await asyncio.gather(*(self._send(delivery, verdict, written) for delivery in due))
        return written

    async def _send(self, delivery, verdict, written):
        errand = await sending.take(self.store, delivery, "me", self.writer.programme(delivery.edition))
        if errand:
            made = self.writer.write(errand, await self.writer.papers([errand.delivery]))
            await sending.settle(self.store, errand.delivery, Outcome(verdict), made, "me")
            written[delivery.registration, errand.delivery.template] = made.content


@pytest.fixture(autouse=True)
def a_month_before(monkeypatch, tmp_path):
    """What is over by now is told to nobody: live in the June before these sessions."""
    ahead = tmp_path / "ahead"
    ahead.write_text(str((NOW - datetime.now(UTC)).total_seconds()))
    monkeypatch.setattr(shared.clock, "_AHEAD", str(ahead))


@pytest.fixture
async def office(store):
    made = Office(store)
    await made.edition()
    return made


async def confirmed(office, registration, sequence=1, **changes):
    await office.learn(a_fact(Confirmed, registration=registration, **changes), sequence)
    await office.issue(registration)


def calendar(content):
    (file,) = [one for one in content.attachments if one.media_type.startswith("text/calendar")]
    assert "method=PUBLISH" in file.media_type
    made = icalendar.Calendar.from_ical(file.content)
    assert made["METHOD"] == "PUBLISH"
    return {str(one["UID"]): one for one in made.walk("VEVENT")}


def hour(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-07-08T{clock}:00+02:00")


def a_programme(count=SESSIONS):
    """This many sessions that need a place, one after the other, and one open to all."""
    chosen = (a_session(f"s{i:02}", 8 + i % 2, "14:30", "16:00", f"Atelier {i}") for i in range(count))
    return a_released(sessions=(*chosen, a_session("all", 8, "09:00", "10:00", "Ouverture", access="open")))


async def test_one_move_among_sixty_sessions_and_650_people_reaches_exactly_those_enrolled(office, store):
    """B1. Each person has two sessions; the people of one of them are the expected set."""
    released = a_programme()
    await office.release(released)
    chosen = {f"r{i:04}": (f"s{i % SESSIONS:02}", f"s{(i * 7 + 1) % SESSIONS:02}") for i in range(PEOPLE)}
    await asyncio.gather(
        *(confirmed(office, id, sessions=tuple({*two}), email=f"{id}@mairie.example") for id, two in chosen.items())
    )
    assert len(await office.send()) == PEOPLE
    await office.look()
    second = moved(released, "s07", start=hour("15:00"), end=hour("16:30"))
    holders, known = await store.holders(EDITION), (await store.editions({}))[EDITION].programme
    announced = plans.concerned(holders, plans.programme(known, second), now())
    await office.release(second)

    await office.look()
    written = await office.send(later=QUIET)

    expected = {(id, Template.PROGRAMME_CHANGED) for id, two in chosen.items() if "s07" in two}
    assert len(expected) > 20
    assert set(written) == expected
    assert {one.registration for one in announced} == {id for id, _ in expected}
    await office.look()
    assert await office.send(later=QUIET) == {}
    assert await store.unreviewed(EDITION, 2, 10) == []


async def test_everybody_is_queued_in_batches_that_a_dead_process_leaves_to_the_next(office, store):
    released = a_programme(3)
    await office.release(released)
    people = [f"r{i:03}" for i in range(300)]
    await asyncio.gather(*(confirmed(office, id, sessions=("s00",), email=f"{id}@mairie.example") for id in people))
    await office.send()
    await office.look()
    await office.release(moved(released, "all", room=None))
    programme = (await store.editions({}))[EDITION].programme

    assert await reviewing.review(store, EDITION, programme, QUIET)  # and then the process dies
    queued = await store.database["deliveries"].count_documents({"template": "programme-changed"})
    assert 0 < queued < len(people)
    await office.look()

    assert set(await office.send(later=QUIET)) == {(id, Template.PROGRAMME_CHANGED) for id in people}


async def test_a_message_says_before_and_after_and_updates_the_calendar(office):
    await office.release(a_released())
    await confirmed(office, "r1", sessions=("2026-01", "2026-13"))
    before = calendar((await office.send())["r1", Template.CONFIRMATION])
    second = moved(a_released(), "2026-01", start=hour("15:00"), end=hour("16:30"), room=None)
    await office.release(moved(second, "2026-13", status="cancelled"))
    await office.look()

    content = (await office.send(later=QUIET))["r1", Template.PROGRAMME_CHANGED]

    nb = "\N{NO-BREAK SPACE}"
    for part in (content.text, content.html):
        assert f"mercredi 8 juillet, 14{nb}h{nb}30 – 16{nb}h{nb}00, Salle Monge" in part
        assert f"mercredi 8 juillet, 15{nb}h{nb}00 – 16{nb}h{nb}30" in part
        assert "séance annulée" in part
    after = calendar(content)
    one, gone, same = (f"{id}@rencontres.example" for id in ("2026-01", "2026-13", "2026-05"))
    assert after[one]["DTSTART"].dt == hour("15:00")
    assert after[one]["SEQUENCE"] > before[one]["SEQUENCE"]
    assert after[gone]["STATUS"] == "CANCELLED"
    assert after[gone]["SEQUENCE"] > before[gone]["SEQUENCE"]
    assert after[same]["SEQUENCE"] == before[same]["SEQUENCE"]
    assert {uid for uid, event in after.items() if event["STATUS"] == "CONFIRMED"} >= {one, same}


@pytest.mark.parametrize(
    ("language", "title", "words"),
    [
        ("fr", "le programme change pour vous", "séance annulée"),
        ("en", "the programme changes for you", "session cancelled"),
        ("es", "el programa cambia para usted", "sesión cancelada"),
        ("de", "le programme change pour vous", "séance annulée"),
    ],
)
async def test_a_message_speaks_the_language_of_the_person(office, language, title, words):
    await office.release(a_released())
    await confirmed(office, "r1", language=language)
    await office.send()
    await office.release(moved(a_released(), "2026-01", status="cancelled"))
    await office.look()
    content = (await office.send(later=QUIET))["r1", Template.PROGRAMME_CHANGED]
    assert title in content.title
    assert words in content.text


async def test_a_session_given_up_leaves_the_calendar_and_one_taken_again_comes_back(office):
    await office.release(a_released())
    await confirmed(office, "r1", sessions=("2026-01",))
    await office.send()
    uid, sequences = "2026-01@rencontres.example", []
    for sequence, sessions in enumerate([("2026-13",), ("2026-01",)], 2):
        await office.learn(a_fact(Amended, registration="r1", changed=("sessions",), sessions=sessions), sequence)
        event = calendar((await office.send())["r1", Template.SESSIONS_CHANGED])[uid]
        sequences.append((str(event["STATUS"]), event["SEQUENCE"]))
    assert sequences == [("CANCELLED", 3), ("CONFIRMED", 4)]


async def test_a_session_given_up_stays_in_a_mailbox_where_somebody_else_goes_there(office):
    await office.release(a_released())
    for registration in ("r1", "r2"):
        await confirmed(office, registration, sessions=("2026-01",))
    await office.send()
    await office.learn(a_fact(Amended, registration="r1", changed=("sessions",), sessions=("2026-13",)), 2)
    after = calendar((await office.send())["r1", Template.SESSIONS_CHANGED])
    assert "2026-01@rencontres.example" not in after


async def test_a_transfer_moves_the_calendar_from_one_mailbox_to_the_other(office):
    await office.release(a_released())
    await confirmed(office, "r1")
    await office.send()
    names = {"given_name": "Inès", "family_name": "Ouali"}
    new = a_fact(
        Transferred, registration="r1", generation=2, previous=a_person(), email="ines@mairie.example", **names
    )
    await office.learn(new, 2)
    await office.issue("r1", 2)
    written = await office.send()

    given, received = written["r1", Template.TRANSFER_GIVEN], written["r1", Template.TRANSFER_RECEIVED]
    (taken,) = [file for file in given.attachments if file.media_type.startswith("text/calendar")]
    assert icalendar.Calendar.from_ical(taken.content)["METHOD"] == "CANCEL"
    assert "Inès Ouali" in given.text
    assert "Solène Kervadec-Diallo" in given.text
    assert new.manage_url not in given.text + given.html
    assert "2026-01@rencontres.example" in calendar(received)
    assert "nous ont été donnés par Solène Kervadec-Diallo" in received.text
    assert [file.name for file in received.attachments] == ["badge-raict-2026.pdf", "raict-2026.ics"]


async def test_a_transfer_within_one_mailbox_takes_no_calendar_away(office):
    await office.release(a_released())
    await confirmed(office, "r1")
    await office.send()
    await office.learn(a_fact(Transferred, registration="r1", generation=2, previous=a_person(), given_name="Inès"), 2)
    await office.issue("r1", 2)
    assert (await office.send())["r1", Template.TRANSFER_GIVEN].attachments == ()


async def test_a_lost_link_lists_every_live_registration_of_the_address_once(office):
    await office.release(a_released())
    for number, (name, fact, status) in enumerate(
        [("Inès", Confirmed, "confirmed"), ("Bob", Cancelled, "cancelled"), ("Ali", Confirmed, "confirmed")]
    ):
        url = f"https://rencontres.example/mon-inscription/{name}"
        await office.learn(a_fact(fact, status, registration=f"r{number}", given_name=name, manage_url=url))
    asked = a_fact(LinkRequested, registration="r0", given_name="Inès", manage_url="https://rencontres.example/i")
    other = a_fact(Confirmed, registration="r9", given_name="Zoé", email="zoe@mairie.example")
    await office.learn(other)
    await office.learn(asked, 2)
    content = (await office.send())["r0", Template.LOST_LINK]
    assert "Inès" in content.text
    assert "https://rencontres.example/mon-inscription/Ali" in content.text
    assert not any(name in content.text for name in ("Bob", "Zoé"))


async def test_a_lost_link_of_an_address_without_registrations_is_not_sent(office, store):
    await office.release(a_released())
    await office.learn(a_fact(Cancelled, "cancelled", registration="r1"))
    await office.learn(a_fact(LinkRequested, registration="r1"), 2)
    assert ("r1", Template.LOST_LINK) not in await office.send()
    (lost,) = [one for one in await store.of_person("r1") if one.template is Template.LOST_LINK]
    assert (lost.state, lost.reason) == (State.EXPIRED, "nobody-left")


async def test_a_cancellation_speaks_of_the_badge_to_those_who_had_one(office):
    await office.release(a_released())
    await confirmed(office, "r1")
    await office.learn(a_fact(Submitted, "pending", registration="r2", email="other@mairie.example"))
    await office.send()
    for registration, address in (("r1", {}), ("r2", {"email": "other@mairie.example"})):
        await office.learn(a_fact(Cancelled, "cancelled", registration=registration, **address), 2)
    written = await office.send()
    said = {id: "votre badge n’ouvre plus l’entrée" in content.text for (id, _), content in written.items()}
    assert said == {"r1": True, "r2": False}


async def test_a_place_at_the_edition_that_was_not_answered_for_is_said_to_have_passed_on(office):
    await office.release(a_released())
    await office.learn(a_fact(Cancelled, "cancelled", registration="r1", reason="offer-expired"))
    ((key, content),) = (await office.send()).items()
    assert key == ("r1", Template.OFFER_EXPIRED)
    assert "Elle est passée à la personne suivante" in content.text


async def test_a_confirmation_names_the_sessions_waited_for(office):
    await office.release(a_released())
    await confirmed(office, "r1", waiting=(waits_for("2026-13", 4),))
    content = (await office.send())["r1", Template.CONFIRMATION]
    assert "SUR LISTE D’ATTENTE" in content.text
    assert "La ressource en eau au Maghreb" in content.text
    assert "rang 4" in content.text
    assert "2026-13@rencontres.example" not in calendar(content)


async def test_a_move_of_a_session_in_which_a_place_is_offered_is_told_once(office):
    await office.release(a_released())
    await confirmed(office, "r1", waiting=(waits_for("2026-13", until=NOW + timedelta(hours=9)),))
    await office.send()
    second = moved(a_released(), "2026-13", room=None)
    await office.release(second)
    await office.look()
    assert set(await office.send(later=QUIET)) == {("r1", Template.PROGRAMME_CHANGED)}

    await office.look()
    assert await office.send(later=QUIET) == {}
    await office.release(moved(second, "2026-03", room=None))
    await office.look()
    assert await office.send(later=QUIET) == {}


async def test_an_older_page_is_told_the_difference_without_another_release(office):
    await office.release(a_released())
    await office.release(moved(a_released(), "2026-01", room=None))
    await office.look()
    await confirmed(office, "r1", release=1)
    content = (await office.send())["r1", Template.CONFIRMATION]
    assert "CHANGÉ DEPUIS VOTRE INSCRIPTION" in content.text
    await office.look()
    assert await office.send(later=QUIET) == {}


async def test_a_release_known_late_is_what_the_page_showed(office):
    """Release 2 overtakes release 1; the confirmation waits for neither more than it must."""
    await office.release(moved(a_released(), "2026-01", room=None))
    await confirmed(office, "r1", release=1)
    await office.release(a_released())
    await office.look()
    content = (await office.send())["r1", Template.CONFIRMATION]
    assert "CHANGÉ DEPUIS VOTRE INSCRIPTION" in content.text


async def test_people_known_from_an_earlier_version_are_told_what_changed_since_their_page(office, store):
    await office.release(a_released())
    await confirmed(office, "r1")
    await office.send()
    await store.database[TOLD].delete_many({})
    await office.release(moved(a_released(), "2026-01", room=None))
    await office.look()
    assert set(await office.send(later=QUIET)) == {("r1", Template.PROGRAMME_CHANGED)}
    assert await store.untold() == []


async def test_the_whole_history_again_writes_to_nobody(office, store):
    async def history():
        await office.release(a_released())
        await confirmed(office, "r1")
        await office.release(moved(a_released(), "2026-01", room=None))
        await office.learn(a_fact(Amended, registration="r1", changed=("sessions",), sessions=("2026-13",)), 2)

    await office.release(a_released())
    await confirmed(office, "r1")
    await office.send()
    await history()
    await office.look()
    assert await office.send(later=QUIET) != {}
    before = await store.of_person("r1")
    await store.database[inbox.COLLECTION].delete_many({})
    await history()
    await office.look()
    assert await office.send(later=timedelta(days=1)) == {}
    assert await store.of_person("r1") == before


async def test_what_each_person_was_told_is_found_by_index(store):
    for query in ({"edition": EDITION, "live": True, "reviewed": {"$lt": 2}}, {"registration": "r1"}):
        plan = await store.database[TOLD].find(query).explain()
        assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])
    plan = await store.database[REGISTRATIONS].find({"email": "a@b.example"}).explain()
    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])
