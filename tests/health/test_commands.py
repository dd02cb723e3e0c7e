"""What an operator types when messages were set aside, or when a person asks for what is held about them."""

import asyncio
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deploy.layout import Layout
from shared.deadletters import DeadLetters, reference
from shared.mongo import connect
from tests.health.conftest import Run
from tests.health.reading import TOLD, is_quiet, poison, says, words
from tests.house import House
from tests.journeys.story import Story, an_application, eventually

READERS = {"badges_registration", "notifications_registration"}


def waiting(run: Run) -> dict[str, str]:
    """The lines of `letters` about messages, by the name that each begins with."""
    code, printed, _ = run("letters")
    assert code == 0
    return {line.split()[0]: line for line in printed.splitlines() if TOLD in line}


def put_away(run: Run) -> None:
    """Dismiss everything that waits."""
    for ref in waiting(run):
        assert run("dismiss-letter", ref, "--why", "un essai") == (0, f"{ref} is put away.", "")


def beside_provisioning(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that `docker compose run provision` has."""
    monkeypatch.setenv("MONGO_ADMIN", "provision")
    monkeypatch.setenv("MONGO_ADMIN_PASSWORD", layout.keys.password("mongo_admin"))
    monkeypatch.setenv("MONGO_ADMIN_URL", layout.mongo_admin_url)
    monkeypatch.setenv("NATS_ADMIN_URL", layout.nats_admin_url)


def test_a_message_set_aside_is_listed_replayed_and_put_away(
    run: Run, layout: Layout, technician: httpx.Client, monkeypatch: pytest.MonkeyPatch
):
    assert run("letters")[1].startswith("No message waits, and no reading is paused: badges, notifications")
    poison(layout.nats_admin_url, "{half a fact")
    letters = eventually(lambda: len(found := waiting(run)) == 2 and found, "a letter in each of its readers")
    assert letters
    assert {line.split()[4] for line in letters.values()} == READERS
    assert all(re.search(r" 1 attempt: unreadable: \w+$", line) for line in letters.values())
    assert "half a fact" not in str(letters)
    ref, *_ = letters
    assert run("replay-letter", ref)[:2] == (
        0,
        f"{ref} will be replayed within seconds; if it fails again, `letters` says why.",
    )
    eventually(lambda: "  2 attempts: unreadable" in waiting(run)[ref], "the second failure")
    with monkeypatch.context() as there:
        beside_provisioning(layout, there)
        assert set(waiting(run)) == set(letters)
        put_away(run)
    assert waiting(run) == {}
    assert "un essai" in words(technician.get("/equipe/sante/badges").text)
    assert run("replay-letter", ref)[::2] == (
        1,
        "This message no longer waits: it was already replayed or put away, or is about to be.",
    )
    assert run("dismiss-letter", "0" * 16, "--why", "x")[::2] == (1, f"No letter {'0' * 16}: `letters` lists them.")
    is_quiet(technician, "badges", "notifications")


def test_a_message_whose_cause_is_mended_goes_through_when_it_is_replayed(run: Run, layout: Layout, story: Story):
    made = story.register(application := an_application())
    story.await_mail(application["email"])
    ref = asyncio.run(_set_aside(layout, made["id"]))
    assert ref in waiting(run)
    assert run("replay-letter", ref)[0] == 0
    eventually(lambda: ref not in waiting(run), "the letter went through")
    assert len(story.mails(application["email"])) == 1


async def _set_aside(layout: Layout, registration: str) -> str:
    """A good fact among notifications' letters, as if it had failed for good."""
    told, kept = (connect(layout.service_environment(name)["MONGO_URL"]) for name in ("registration", "notifications"))
    fact = await told["registration"]["outbox"].find_one({"key": registration})
    assert fact is not None
    id = f"notifications_registration:{fact['_id']}"
    await DeadLetters(kept["notifications"]).park(
        id,
        subject=fact["subject"],
        headers=fact["headers"],
        body=fact["body"].encode(),
        reason="RuntimeError",
        attempts=10,
    )
    told.close()
    kept.close()
    return reference(id)


def test_a_reading_that_pauses_is_named_and_goes_on_when_it_is_told_to(
    run: Run, layout: Layout, story: Story, technician: httpx.Client
):
    poison(layout.nats_admin_url, *(f"{{row {number}" for number in range(5)))
    eventually(lambda: run("letters")[1].count(" is paused since ") == len(READERS), "both readers pause")
    says(technician, "badges", "La lecture des nouvelles de « Inscriptions » est en pause", "puis « Reprendre »")
    assert "est en pause" in words(technician.get("/equipe/sante/badges").text)
    for consumer in sorted(READERS):
        assert run("resume", consumer) == (0, f"{consumer} reads again.", "")
    assert "paused" not in run("letters")[1]
    assert run("resume", "badges_registration")[::2] == (1, "This reading is not paused.")
    assert "belongs to no service" in run("resume", "nobody_registration")[2]
    put_away(run)
    story.register(application := an_application())
    story.await_mail(application["email"])
    is_quiet(technician, "badges", "notifications")


def test_nobody_is_erased_before_it_was_confirmed(run: Run, story: Story, monkeypatch: pytest.MonkeyPatch):
    made = story.register(application := an_application())
    email, page = application["email"], f"/api/registration/v1/registrations/{made['id']}"
    with Path(os.devnull).open() as nobody, monkeypatch.context() as there:
        there.setattr("sys.stdin", nobody)
        assert run("erase", email)[::2] == (
            1,
            f"Nothing was erased: it cannot be undone. Say --yes to erase what is held about {email}.",
        )
    for answer, code, left in (("no", 1, httpx.codes.OK), ("yes", 0, httpx.codes.NOT_FOUND)):
        with typed(answer, monkeypatch):
            ended, said, _ = run("erase", email)
        assert f"{application['given_name']} {application['family_name']}, {email}: raict-2026, confirmed" in said
        assert (ended, story.api.get(page).status_code) == (code, left)
    assert run("erase", made["id"])[:2] == (0, f"{said.splitlines()[0]}\n{made['id']} was erased before.")


@contextmanager
def typed(answer: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody sits at a terminal, and types this."""
    ours, theirs = os.openpty()
    with os.fdopen(theirs) as terminal, monkeypatch.context() as there:
        there.setattr("sys.stdin", terminal)
        os.write(ours, f"{answer}\n".encode())
        yield
    os.close(ours)


def test_everything_held_about_a_person_is_one_file_that_says_what_is_missing(
    run: Run, house: House, layout: Layout, story: Story, monkeypatch: pytest.MonkeyPatch
):
    made = story.register(application := an_application())
    story.await_mail(application["email"])
    code, printed, complaint = run("export", application["email"])
    assert (code, complaint) == (0, "")
    (held,) = json.loads(printed).values()
    assert held["registration"]["registration"]["person"]["email"] == application["email"]
    assert [mail["template"] for mail in held["notifications"]["mails"]] == ["confirmation"]
    assert held["badges"]["badges"][0]["registration"] == made["id"]
    assert run("export", "personne@mairie.example")[::2] == (1, "Nobody is registered with personne@mairie.example.")
    for name, value in layout.service_environment("registration").items():
        monkeypatch.setenv(name, value)
    code, printed, complaint = run("export", made["id"])
    assert (code, [*json.loads(printed)[made["id"]]]) == (0, ["registration"])
    assert complaint == "Not in this file, out of reach from here: what notifications and badges hold."
