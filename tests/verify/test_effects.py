"""Each violation of I6, I8, I9 and I10 is found, alone, on what a real house holds."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from deploy.verify.badges import check_badges
from deploy.verify.mails import check_calls, check_deliveries, check_told
from services.notifications.domain.deliveries import delivery_id


def found(check, seen):
    return [(finding.where, finding.what) for finding in check(seen).findings]


def places(check, seen):
    return [where for where, _ in found(check, seen)]


def delivery(seen, **wanted):
    """A delivery of the house with these values."""
    all_of_them = seen.of("notifications", "deliveries")
    return next(one for one in all_of_them if all(one[name] == value for name, value in wanted.items()))


def holder(seen, name):
    (one,) = [one for one in seen.of("badges", "holders") if one["given_name"] == name]
    return one


def badge(seen, registration, **wanted):
    found = [one for one in seen.of("badges", "badges") if one["registration"] == registration]
    return next(one for one in found if all(one[name] == value for name, value in wanted.items()))


def test_mail_that_was_never_queued_is_found(seen):
    lost = delivery(seen, template="cancellation")
    seen.of("notifications", "deliveries").remove(lost)

    ((where, what),) = found(check_calls, seen)
    assert where == f"delivery {lost['_id']}"
    assert what.endswith(":2 calls for the mail cancellation, and there is none")


def test_mail_that_no_fact_calls_for_is_found(seen):
    known = delivery(seen, template="confirmation")
    cause = f"{known['registration']}/amended/99"
    made = {**known, "cause": cause, "template": "data-changed"}
    made["_id"] = delivery_id(cause, made["recipient"], "data-changed")
    seen.of("notifications", "deliveries").append(made)

    assert found(check_calls, seen) == [(f"delivery {made['_id']}", "no fact calls for this mail data-changed")]


def test_mail_under_another_id_is_found(seen):
    made = {**delivery(seen, template="confirmation"), "_id": "another"}
    seen.of("notifications", "deliveries").append(made)

    assert places(check_calls, seen) == ["delivery another"]


def test_mail_that_left_twice_is_found(seen):
    sent = delivery(seen, template="confirmation", state="sent")
    seen.of("notifications", "deliveries").append({**sent, "_id": "another", "recipient": "x@example.org"})

    assert found(check_deliveries, seen) == [(f"{sent['cause']}, confirmation", "2 mails left for one cause")]


@pytest.mark.parametrize(
    ("state", "due", "changed", "words"),
    [
        ("queued", None, 0, "nobody will ever try it"),
        ("retry", None, 0, "nobody will ever try it"),
        ("sending", None, -16, "its sender is gone"),
        ("queued", -11, 0, "is still queued"),
        ("unknown", -11, 0, "is still unknown"),
    ],
)
def test_forgotten_mail_is_found(seen, state, due, changed, words):
    one = delivery(seen, template="confirmation")
    minutes = {"due": due, "changed": changed}
    moments = {name: seen.at + timedelta(minutes=by) for name, by in minutes.items() if by is not None}
    one.update({"state": state, "due": None, **moments})

    ((where, what),) = found(check_deliveries, seen)
    assert (where, words in what) == (f"delivery {one['_id']}", True)


def test_mail_on_its_way_is_no_violation(seen):
    one = delivery(seen, template="confirmation")
    one.update(state="sending", due=None, changed=seen.at - timedelta(minutes=1))

    assert found(check_deliveries, seen) == []


def test_mail_that_may_have_come_twice_is_said(seen):
    delivery(seen, state="sent")["doubts"] = 1
    delivery(seen, state="sent", doubts=0).update(state="unknown", due=None, doubts=3)

    assert (found(check_deliveries, seen), check_deliveries(seen).notes) == (
        [],
        (
            "1 mail may have arrived twice, each flagged, with one Message-ID",
            "1 mail held, of unknown outcome: somebody of the team is to decide on /equipe/messages?etat=retenu",
        ),
    )


def test_confirmed_person_without_a_valid_badge_is_found(seen):
    one = badge(seen, holder(seen, "Bo")["_id"])
    one["state"] = "revoked"

    assert found(check_badges, seen) == [
        (f"registration {one['registration']}", "is confirmed with badge 1; valid: none")
    ]


def test_badge_of_the_person_before_that_still_opens_is_found(seen):
    one = badge(seen, holder(seen, "Gwenn")["_id"], generation=1)
    one["state"] = "active"

    assert [what for _, what in found(check_badges, seen)] == ["is confirmed with badge 2; valid: [1, 2]"]


def test_badge_that_is_never_drawn_is_found(seen):
    one = holder(seen, "Bo")
    one["due"] = True

    assert found(check_badges, seen) == [(f"registration {one['_id']}", "its badge is still to be drawn")]


@pytest.mark.parametrize("field", ["id", "code"])
def test_badge_that_is_not_ours_is_found(seen, field):
    one = badge(seen, holder(seen, "Bo")["_id"])
    one[field] = "0" * len(one[field])

    assert found(check_badges, seen) == [(f"badge {one['_id']}", "its id or its code is not ours")]


def test_admission_with_a_void_badge_is_found(seen):
    told = seen.entries["badges"]
    admitted = next(one for one in told if one.name == "checked-in" and one.key == holder(seen, "Fay")["_id"])
    issued = next(one for one in told if one.name == "issued" and one.key == admitted.key)
    revoked = {**issued.body, "reason": "cancelled"}
    between = replace(issued, subject=issued.subject.replace("issued", "revoked"), body=revoked, sequence=1.5)
    told.insert(told.index(admitted), between)

    ((where, what),) = found(check_badges, seen)
    assert (where, what.endswith("without a valid badge")) == (f"registration {admitted.key}", True)


def test_admission_that_was_lost_is_found(seen):
    one = badge(seen, holder(seen, "Fay")["_id"])
    one["entries"].clear()

    assert found(check_badges, seen) == [
        (f"registration {one['registration']}, entries", "1 admission told, 0 entries on its badges")
    ]


def test_badge_admitted_twice_on_a_day_is_found(seen):
    one = badge(seen, holder(seen, "Fay")["_id"])
    one["entries"] *= 2

    assert [what for _, what in found(check_badges, seen)] == [
        "1 admission told, 2 entries on its badges",
        "was admitted 2 times on one day",
    ]


@pytest.fixture
def out_of_date(seen):
    """Somebody whose last mail said another hour than the newest release, and whom no mail tells."""
    told = next(one for one in seen.of("notifications", "told") if one["live"] and one["said"])
    told["said"][0]["place"]["start"] -= timedelta(hours=1)
    for one in seen.of("notifications", "deliveries"):
        if one["registration"] == told["registration"]:
            one["due"] = None
    return told


def test_somebody_who_knows_an_old_hour_is_found(seen, out_of_date):
    ((where, what),) = found(check_told, seen)

    assert where == f"registration {out_of_date['registration']}"
    assert out_of_date["said"][0]["id"] in what


def test_somebody_who_is_about_to_be_told_is_no_violation(seen, out_of_date):
    one = delivery(seen, registration=out_of_date["registration"], template="confirmation")
    one["due"] = seen.at

    assert found(check_told, seen) == []


def test_somebody_who_cannot_be_told_is_counted(seen, out_of_date):
    newest = max(one["release"] for one in seen.of("notifications", "releases"))
    one = delivery(seen, registration=out_of_date["registration"], template="confirmation")
    tried = {**one, "_id": "x", "template": "programme-changed", "release": newest, "state": "refused"}
    seen.of("notifications", "deliveries").append(tried)

    assert (found(check_told, seen), check_told(seen).notes) == (
        [],
        ("1 person could not be told: their mail server refused",),
    )


HELD = {"state": "unknown", "reason": "database-lost", "doubts": 1}


def tried(seen, told, **changes):
    """The mail that was to tell this person of the newest release, as `changes` say."""
    newest = max(one["release"] for one in seen.of("notifications", "releases"))
    one = delivery(seen, registration=told["registration"], template="confirmation")
    made = {**one, "_id": "x", "template": "programme-changed", "release": newest, "changed": seen.at, **changes}
    seen.of("notifications", "deliveries").append(made)


def test_somebody_whose_mail_is_held_is_said_once(seen, out_of_date):
    tried(seen, out_of_date, **HELD)

    assert (found(check_told, seen), check_told(seen).notes) == ([], ())
    assert check_deliveries(seen).notes == (
        "1 mail held, of unknown outcome: somebody of the team is to decide on /equipe/messages?etat=retenu",
    )


@pytest.mark.parametrize("state", ["unknown", "expired"])
def test_somebody_whose_mail_the_team_stopped_is_counted(seen, out_of_date, state):
    tried(seen, out_of_date, **{**HELD, "state": state, "reason": "stopped-by-team"})

    assert (found(check_told, seen), check_told(seen).notes, check_deliveries(seen).notes) == (
        [],
        ("1 person was not told of the newest release, since the team stopped their mail",),
        (),
    )


@pytest.mark.parametrize("reason", ["database-lost", "stopped-by-team"])
def test_a_mail_that_ended_before_the_newest_release_excuses_nobody(seen, out_of_date, reason):
    released = max(one["fact"]["released_at"] for one in seen.of("notifications", "releases"))
    before = datetime.fromisoformat(released) - timedelta(seconds=1)
    tried(seen, out_of_date, **{**HELD, "reason": reason, "release": 1, "changed": before})

    assert [where for where, _ in found(check_told, seen)] == [f"registration {out_of_date['registration']}"]
