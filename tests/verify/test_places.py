"""Each violation of I2, I3 and I4 is found, alone: the checks' own negative controls, on what a real house holds."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from deploy.verify.places import check_places, check_requests
from deploy.verify.seen import NEVER
from deploy.verify.turns import turns
from deploy.verify.waiting import check_lists
from tests.verify.conftest import ATELIER, EDITION, rebuilt


def only(seen, collection, **wanted):
    """The one document of registration's that has these values."""
    found = seen.of("registration", collection)
    (one,) = [each for each in found if all(each[name] == value for name, value in wanted.items())]
    return one


def person(seen, name):
    (one,) = [one for one in seen.of("registration", "registrations") if one["person"]["given_name"] == name]
    return one


def found(check, seen):
    return [(finding.where, finding.what) for finding in check(seen).findings]


def tell_places(seen, at=None, **changed):
    """One more fact about the edition's places."""
    entries = seen.entries["registration"]
    last = max((one for one in entries if one.name == "places-changed"), key=lambda one: one.sequence)
    body = {**last.body, **changed}
    entries.append(replace(last, sequence=last.sequence + 1, at=at or last.at + timedelta(minutes=1), body=body))


def test_two_keys_of_one_registration_are_found(seen):
    requests = seen.of("registration", "requests")
    requests.append({**requests[0], "_id": "another"})

    assert found(check_requests, seen) == [
        (f"registration {requests[0]['answer']['id']}", "two idempotency keys were answered with it")
    ]


def test_key_of_a_lost_registration_is_found(seen):
    lost = seen.of("registration", "requests")[0]["answer"]["id"]
    kept = seen.collections["registration", "registrations"]
    kept[:] = [one for one in kept if one["_id"] != lost]

    assert [where for where, _ in found(check_requests, seen)] == [f"registration {lost}"]


def test_two_lines_of_one_registration_are_found(seen):
    registration = seen.of("registration", "registrations")[0]["_id"]
    lines = [{"_id": id, "state": "done", "registration": registration} for id in ("list:2", "list:3")]
    seen.of("registration", "import_lines").extend(lines)

    assert [where for where, _ in found(check_requests, seen)] == [f"registration {registration}"]


@pytest.mark.parametrize("counter", ["taken", "offered", "pending", "refused", "cancelled"])
def test_wrong_number_is_found(seen, counter):
    places = only(seen, "places", _id=EDITION)
    places[counter] += 1

    what = f"the counter says {places[counter]}, the registrations {places[counter] - 1}"
    assert found(check_places, seen) == [(f"{EDITION}, {counter}", what)]


@pytest.mark.parametrize(
    ("counter", "id"),
    [("categories", "elu"), ("sessions", ATELIER), ("queued", "partenaire"), ("waiting", ATELIER), ("both", "a b")],
)
def test_wrong_count_of_one_quota_is_found(seen, counter, id):
    places = only(seen, "places", _id=EDITION)
    places[counter] = {**places[counter], id: places[counter].get(id, 0) + 1}

    assert [where for where, _ in found(check_places, seen)] == [f"{EDITION}, {counter} {id}"]


def test_registration_that_took_no_place_is_found(seen):
    person(seen, "Ewa")["status"] = "confirmed"

    assert {where for where, _ in found(check_places, seen)} == {
        *(f"{EDITION}, taken", f"{EDITION}, categories partenaire", f"{EDITION}, queued partenaire")
    }


def test_wrong_count_of_an_address_is_found(seen):
    seen.of("registration", "addresses")[0]["count"] += 1

    assert [what for _, what in found(check_places, seen)] == ["the counter says 2 registrations use it, they are 1"]


def test_place_given_twice_is_found_at_its_moment(seen):
    tell_places(seen, taken=6)
    tell_places(seen, taken=5)  # somebody cancelled since: it was wrong all the same

    ((where, what),) = found(check_places, seen)
    assert (where, what[:25]) == (EDITION, "6 people had 5 places at ")


def test_session_given_twice_is_found(seen):
    tell_places(seen, sessions=[{"session": ATELIER, "quota": 1, "taken": 2, "waiting": 0}])

    assert [where for where, _ in found(check_places, seen)] == [f"{EDITION}, session {ATELIER}"]


def test_lowered_quota_is_no_violation(seen):
    tell_places(seen, quota=3)
    tell_places(seen, quota=3, taken=4)

    assert found(check_places, seen) == []


def test_place_beyond_the_quota_is_excused_at_the_desk_alone(seen):
    tell_places(seen, taken=6)
    at = max(one.at for one in seen.entries["registration"] if one.name == "places-changed")
    walk_in = {"_id": "w", "at": at, "actor": "x", "subject": "somebody", "fields": ["beyond-quota"]}
    seen.of("registration", "audit").append({**walk_in, "action": "registration.walk-in"})

    assert found(check_places, seen) == []


def test_crowded_category_is_found_unless_its_quota_was_lowered(seen):
    (category,) = [one for one in only(seen, "editions", _id=EDITION)["rules"]["categories"] if one["id"] == "elu"]
    category["quota"] = 1

    assert [where for where, _ in found(check_places, seen)] == [f"{EDITION}, category elu"]
    rule = {"_id": "r", "actor": "x", "action": "edition.set-rules", "subject": EDITION, "fields": ["elu.quota"]}
    seen.of("registration", "audit").append(rule)
    assert found(check_places, seen) == []


def test_somebody_who_fell_out_of_the_line_is_found(seen):
    only(seen, "queues", session="")["waiting"].clear()

    assert found(check_lists, seen) == [
        (f"waiting list of {EDITION}, {person(seen, 'Ewa')['_id']}", "waits, and does not stand in the line")
    ]


def test_somebody_who_waits_no_more_is_found_in_the_line(seen):
    queue = only(seen, "queues", session=ATELIER)
    queue["waiting"].append({"registration": "x", "category": "elu", "since": queue["offers"][0]["since"]})

    assert found(check_lists, seen) == [
        (
            f"waiting list of {EDITION}, session {ATELIER}, x",
            "stands in the line, and its registration does not wait for it",
        )
    ]


def test_line_out_of_order_and_standing_twice_are_found(seen):
    waiting = only(seen, "queues", session="")["waiting"]
    waiting.append({**waiting[0], "since": waiting[0]["since"] - timedelta(seconds=1)})

    assert Counter(what for _, what in found(check_lists, seen)) == {
        "stands in the line more than once": 1,
        "stands behind somebody who came later": 1,
    }


def test_offer_that_list_and_registration_date_differently_is_found(seen):
    only(seen, "queues", session=ATELIER)["offers"][0]["until"] += timedelta(hours=1)

    assert [where.rsplit(", ", 1)[1] for where, _ in found(check_lists, seen)] == [person(seen, "Dan")["_id"]]


def test_skip_without_a_reason_is_found(seen):
    only(seen, "queues", session="")["skips"].clear()

    fay, ewa = person(seen, "Fay")["_id"], person(seen, "Ewa")["_id"]
    assert found(check_lists, seen) == [
        (f"waiting list of {EDITION}, {ewa}", f"was passed over without a reason when {fay} was offered a place")
    ]


@pytest.mark.parametrize(("until", "findings"), [(None, 0), (NEVER, 1)])
def test_reason_of_a_skip_that_was_lost_with_the_database_is_not_missed(seen, until, findings):
    only(seen, "queues", session="")["skips"].clear()
    rebuilt(seen, "registration", at=until)

    assert len(found(check_lists, seen)) == findings


@pytest.mark.parametrize(("minutes", "findings"), [(0, 0), (2, 1)])
def test_walk_in_whose_entry_was_lost_with_the_database_is_not_missed(seen, minutes, findings):
    """The places are told a minute after the last time, before or after the rebuild."""
    last = max(one.at for one in seen.entries["registration"] if one.name == "places-changed")
    rebuilt(seen, "registration", at=last + timedelta(minutes=2 - minutes))
    tell_places(seen, taken=6)
    tell_places(seen, taken=5)

    assert len(found(check_places, seen)) == findings


def test_order_is_that_of_the_transactions_though_a_clock_was_off(seen):
    entries = seen.entries["registration"]
    joined = min(one.at for one in entries if one.aggregate == person(seen, "Dan")["_id"])
    ahead = [replace(one, at=one.at + timedelta(minutes=10)) if one.at < joined else one for one in entries]
    told = sorted((one for one in ahead if one.name == "places-changed"), key=lambda one: one.sequence)
    entries[:] = ahead

    turn = turns(seen)

    assert [one.at for one in told] != sorted(one.at for one in told)
    assert [turn(one.at) for one in told] == [one.sequence for one in told]
    assert found(check_lists, seen) == []


def test_place_taken_past_the_line_is_found(seen):
    dan, bo = person(seen, "Dan"), person(seen, "Bo")
    waited = next(one for one in seen.entries["registration"] if one.aggregate == dan["_id"])
    last = [one for one in seen.entries["registration"] if one.aggregate == bo["_id"]][-1]
    body = {**last.body, "enrolments": [{"session": ATELIER, "state": "enrolled"}]}
    at = waited.at + timedelta(milliseconds=1)
    seen.entries["registration"].append(replace(last, sequence=last.sequence + 1, at=at, body=body))

    assert found(check_lists, seen) == [
        (
            f"waiting list of {EDITION}, session {ATELIER}, {dan['_id']}",
            f"waited when {bo['_id']} took a place without waiting",
        )
    ]
