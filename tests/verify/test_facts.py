"""Each violation of I5, I7, I11, I14 and I16 is found, alone, on what a real house holds."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from deploy.verify.facts import check_facts
from deploy.verify.journal import check_journal, check_letters
from deploy.verify.projections import _PROJECTIONS, check_projections
from deploy.verify.seen import NEVER
from deploy.verify.stream import check_stream
from tests.verify.conftest import EDITION, rebuilt


def found(check, seen):
    return [(finding.where, finding.what) for finding in check(seen).findings]


def places(check, seen):
    return [where for where, _ in found(check, seen)]


def facts(seen, service, name):
    return [one for one in seen.entries[service] if one.name == name]


def without(seen, entry):
    seen.entries[entry.publisher].remove(entry)


def test_lost_fact_is_found(seen):
    amended = facts(seen, "registration", "places-changed")[1]
    without(seen, amended)

    ((where, what),) = found(check_facts, seen)
    assert (where, what[:28]) == (f"registration, facts of {EDITION}", "the sequence has gaps: [2] o")


def test_change_that_was_told_to_nobody_is_found(seen):
    one = seen.of("registration", "registrations")[0]
    one["sequence"] += 1

    told = one["sequence"] - 1
    assert found(check_facts, seen) == [
        (
            f"registration, registration {one['_id']}",
            f"its state is number {told + 1}, its last fact number {told}",
        )
    ]


def test_fact_of_nothing_is_found(seen):
    kept = seen.of("registration", "registrations")
    lost = kept.pop()

    assert places(check_facts, seen) == [f"registration, registration {lost['_id']}"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("status", "pending"), ("category", "presse"), ("badge", 9), ("release", 99), ("sessions", ["x"])),
        *(("consents", {}), ("same_address", True), ("organisation", {}), ("person", {"given_name": "Somebody else"})),
    ],
)
def test_state_that_is_not_the_one_told_is_found(seen, field, value):
    one = seen.of("registration", "registrations")[0]
    one[field] = value

    ((where, what),) = found(check_facts, seen)
    assert where == f"registration, registration {one['_id']}"
    assert what.removeprefix("what is stored is not what was told last: ") == field


def test_places_that_are_not_those_told_are_found(seen):
    seen.of("registration", "places")[0]["taken"] += 1

    assert places(check_facts, seen) == [f"registration, places of {EDITION}"]


def test_rules_that_are_not_those_told_are_found(seen):
    edition = seen.of("registration", "editions")[0]
    edition["rules"]["offer_hours"] += 1
    assert places(check_facts, seen) == [f"registration, edition {EDITION}.rules"]

    edition["told"] += 1
    assert len(places(check_facts, seen)) == 2


def test_release_that_nobody_was_told_is_found(seen):
    seen.of("programme", "editions")[0]["release"] += 1

    assert places(check_facts, seen) == [f"programme, edition {EDITION}"]


def test_withdrawn_account_that_nobody_was_told_of_is_found(seen):
    account = seen.of("programme", "accounts")[0]
    account["sequence"] += 1

    assert places(check_facts, seen) == [f"programme, account {account['_id']}"]


def test_mail_that_ended_in_silence_is_found(seen):
    sent = facts(seen, "notifications", "email-sent")[0]
    without(seen, sent)
    delivery = seen.by_id("notifications", "deliveries")[sent.aggregate]

    assert {*places(check_facts, seen)} == {f"notifications, delivery {delivery['_id']}"}


def test_mail_that_ended_otherwise_is_found(seen):
    delivery = next(one for one in seen.of("notifications", "deliveries") if one["state"] == "sent")
    delivery["state"] = "refused"

    assert found(check_facts, seen) == [
        (f"notifications, delivery {delivery['_id']}", "ended as refused, and its last fact is email-sent")
    ]


def test_badge_revoked_in_silence_is_found(seen):
    badge = next(one for one in seen.of("badges", "badges") if one["state"] == "active")
    badge["state"] = "revoked"

    ((where, what),) = found(check_facts, seen)
    assert where.startswith(f"badges, badge {badge['registration']}, ")
    assert what == "it is revoked, and its last fact is issued"


PROJECTIONS = [
    (reader, projection.collection)
    for (reader, _), projections in _PROJECTIONS.items()
    for projection in projections
    if projection.collection != "access"  # nobody was withdrawn in this house
]


@pytest.mark.parametrize(("service", "collection"), PROJECTIONS)
def test_projection_that_missed_a_fact_is_found(seen, service, collection):
    lost = seen.of(service, collection).pop()

    assert f"{service}, {collection} {lost['_id']}" in places(check_projections, seen)


@pytest.mark.parametrize(("service", "collection"), PROJECTIONS)
def test_projection_of_no_fact_is_found(seen, service, collection):
    known = seen.of(service, collection)
    known.append({**known[0], "_id": "nothing"})

    assert found(check_projections, seen) == [
        (f"{service}, {collection} nothing", "is known here, and no fact told of it")
    ]


OTHERWISE = {
    ("registration", "identities"): {"fact.short": "RAICT 1999"},
    ("registration", "releases"): {"fact.release": 99},
    ("registration", "badges"): {"code": "0000000000"},
    ("programme", "places"): {"whole.taken": 99},
    ("notifications", "registrations"): {"fact.person.family_name": "Somebody-Else"},
    ("notifications", "editions"): {"fact.short": "RAICT 1999"},
    ("notifications", "programmes"): {"fact.release": 99},
    ("notifications", "releases"): {"fact.note": {"fr": "Rien"}},
    ("notifications", "badges"): {"link": "https://elsewhere.example"},
    ("notifications", "badge_files"): {"pdf": b"another"},
    ("badges", "holders"): {"family_name": "Somebody-Else"},
    ("badges", "editions"): {"short": "RAICT 1999"},
}


@pytest.mark.parametrize(("service", "collection"), PROJECTIONS)
def test_projection_that_says_something_else_is_found(seen, service, collection):
    document = next(one for one in seen.of(service, collection) if not one.get("revoked"))
    ((path, value),) = OTHERWISE[service, collection].items()
    *within, name = path.split(".")
    inner = document
    for step in within:
        inner = inner[step]
    inner[name] = value

    ((where, what),) = found(check_projections, seen)
    assert where == f"{service}, {collection} {document['_id']}"
    assert what.startswith("what is kept is not what ")


def test_projection_behind_its_facts_is_found(seen):
    holder = seen.of("badges", "holders")[0]
    holder["sequence"] -= 1

    assert places(check_projections, seen) == [f"badges, holders {holder['_id']}"]


def test_projection_of_a_withdrawn_account_is_compared(seen):
    released = facts(seen, "programme", "released")[0]
    subject = "rencontres.programme.access-changed.v1.somebody"
    body = {"account": "somebody", "generation": 2}
    withdrawn = replace(released, id="x", aggregate="somebody", key="somebody", sequence=1, subject=subject, body=body)
    seen.entries["programme"].append(withdrawn)

    assert places(check_projections, seen) == [
        f"{service}, access somebody" for service in ("registration", "notifications", "badges")
    ]


def test_cancellation_that_mails_do_not_know_is_found(seen):
    one = next(one for one in seen.of("notifications", "registrations") if one["cancelled"])
    one["cancelled"] = False

    assert places(check_projections, seen) == [f"notifications, registrations {one['_id']}"]


def test_dead_letter_without_a_reason_is_found_and_others_are_listed(seen):
    letter = {"_id": "x", "subject": "rencontres.badges.issued.v1.somebody", "body": b"", "replayed_at": None}
    seen.of("registration", "dead_letters").append({**letter, "reason": "KeyError"})
    assert (found(check_letters, seen), check_letters(seen).notes) == (
        [],
        ("1 waiting for a person: registration, rencontres.badges.issued.v1: KeyError",),
    )

    seen.of("registration", "dead_letters").append({**letter, "_id": "y", "reason": ""})
    assert places(check_letters, seen) == ["registration, dead letter y"]


def test_fact_that_the_stream_lost_is_found(seen):
    lost = seen.entries["badges"][0]
    del seen.stream[lost.id]

    ((where, what),) = found(check_stream, seen)
    assert (where, "manage replay" in what) == (f"fact {lost.id}", True)


def test_fact_with_another_byte_in_the_stream_is_found(seen):
    changed = seen.entries["badges"][0]
    seen.stream[changed.id].append(b"another")

    assert found(check_stream, seen) == [(f"fact {changed.id}", "is another one in the stream than in its outbox")]


def test_fact_that_only_the_stream_knows_is_found(seen):
    seen.stream["badges:nobody:1"] = [b""]

    assert places(check_stream, seen) == ["fact badges:nobody:1"]


def test_fact_of_an_erased_person_that_the_janitor_has_not_reached_is_no_violation(seen):
    """Mails are told by their delivery: only the subject says whose they were."""
    (erased,) = seen.erased
    seen.stream["notifications:gone:1"] = [b""]
    seen.subjects["notifications:gone:1"] = f"rencontres.notifications.email-sent.v1.{erased}"

    assert found(check_stream, seen) == []


def test_fact_told_again_is_no_violation(seen):
    again = seen.entries["badges"][0]
    seen.stream[again.id] *= 2

    assert (found(check_stream, seen), check_stream(seen).notes) == (
        [],
        ("I12: 1 fact told more than once, each copy the same",),
    )


def test_fact_that_is_never_told_is_found(seen):
    seen.entries["badges"][0] = replace(seen.entries["badges"][0], pending=True)
    seen.waiting["badges’s outbox"] = 1

    assert places(check_stream, seen) == ["badges’s outbox"]


@pytest.mark.parametrize(
    ("service", "action"),
    [
        ("registration", "registration.cancel"),
        ("programme", "programme.release"),
        ("badges", "check-in"),
        ("badges", "batch.print"),
    ],
)
@pytest.mark.parametrize("times", [0, 2])
def test_act_of_the_team_without_one_entry_is_found(seen, service, action, times):
    journal = seen.of(service, "audit")
    entry = next(one for one in journal if one["action"] == action)
    journal.remove(entry)
    journal += [entry] * times

    ((_, what),) = found(check_journal, seen)
    acts, entries = map(int, re.findall(r"\d+", what))
    assert entries - acts == times - 1


@pytest.mark.parametrize("service", ["registration", "programme", "badges"])
def test_journal_that_was_lost_with_its_database_is_counted(seen, service):
    rebuilt(seen, service)

    (note,) = check_journal(seen).notes
    assert found(check_journal, seen) == []
    assert re.match(rf"[1-9]\d* acts? before the journal of {service} begins: lost with its database", note)


def test_act_whose_entry_was_deleted_when_its_time_was_over_is_no_violation(seen):
    """Releases are kept for good, the journal for a year. An entry that the hourly job has not reached is gone too."""
    old = seen.at - timedelta(days=370)
    first, *_, last = releases = sorted(seen.of("programme", "releases"), key=lambda one: one["released_at"])
    journal = seen.of("programme", "audit")
    for release in (first, last):
        release["released_at"] = old
    journal[:] = [one for one in journal if one["subject"] != first["_id"]]
    next(one for one in journal if one["subject"] == last["_id"])["at"] = old

    assert (len(releases) > 2, found(check_journal, seen)) == (True, [])
    assert check_journal(seen).notes[0].startswith("2 acts before the journal of programme begins")


def test_check_in_without_an_entry_is_found_in_a_rebuilt_database_too(seen):
    rebuilt(seen, "badges")
    (one, *_) = seen.of("badges", "check_ins")
    one["actor"] = "staff:somebody"

    assert found(check_journal, seen) == [
        ("check-ins at staff:somebody", "1 act of the team, 0 entries in the journal")
    ]


@pytest.mark.parametrize("service", ["registration", "programme"])
def test_act_after_a_rebuild_without_an_entry_is_found(seen, service):
    rebuilt(seen, service, at=NEVER)

    assert found(check_journal, seen) != []
