"""What is left of somebody who was erased is found, alone, on what a real house holds."""

from datetime import timedelta

import pytest

from deploy.verify.erasures import BY_FIELD, BY_ID, check_erasures


@pytest.fixture
def erased(seen):
    (id,) = seen.erased
    return id


def found(seen):
    return [(finding.where, finding.what) for finding in check_erasures(seen).findings]


LEFT = "is still there after the erasure"


@pytest.mark.parametrize(
    ("service", "collection"), [(service, name) for service, names in BY_ID.items() for name in names]
)
def test_document_of_the_person_is_found(seen, erased, service, collection):
    seen.of(service, collection).append({"_id": f"{erased}:1" if collection == "badge_files" else erased})

    assert found(seen) == [(f"{service}, {collection} of {erased}", LEFT)]


@pytest.mark.parametrize(
    ("service", "collection"), [(service, name) for service, fields in BY_FIELD.items() for name, _ in fields]
)
def test_document_about_the_person_is_found(seen, erased, service, collection):
    seen.of(service, collection).append({"_id": "another", "registration": erased})

    assert found(seen) == [(f"{service}, {collection} of {erased}", LEFT)]


def test_answer_letter_and_fact_of_the_person_are_found(seen, erased):
    seen.of("registration", "requests").append({"_id": "key", "answer": {"id": erased}})
    seen.of("badges", "dead_letters").append({"_id": "letter", "key": erased})
    fact = next(one for one in seen.entries["badges"] if one.name == "issued")
    vars(fact)["key"] = erased

    assert {where for where, _ in found(seen)} == {
        f"registration, answer to a request of {erased}",
        f"badges, dead letter of {erased}",
        f"badges, fact {fact.id} of {erased}",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [("state", "active"), ("code", "0000000000"), ("entries", [{}]), ("name", "Hal"), ("words", ["hal"])],
)
def test_badge_of_the_person_that_still_says_something_is_found(seen, erased, field, value):
    (badge,) = [one for one in seen.of("badges", "badges") if one["registration"] == erased]
    badge[field] = value

    assert [where for where, _ in found(seen)] == [f"badges, badge {badge['_id']}"]


def test_message_about_the_person_in_the_stream_is_found(seen, erased):
    seen.subjects["badges:x:1"] = f"rencontres.badges.issued.v1.{erased}"

    assert [where for where, _ in found(seen)] == ["stream, badges:x:1"]


def test_erasure_that_never_ends_is_found(seen, erased):
    (stone,) = seen.of("badges", "erasures")
    stone["open"] = True

    assert found(seen) == [(f"badges, {erased}", "its erasure has not come to its end")]


def test_last_mail_that_waits_is_said_until_its_time_is_over(seen):
    (stone,) = seen.of("notifications", "erasures")
    stone.update(open=True, until=seen.at + timedelta(hours=1))
    assert (found(seen), len(check_erasures(seen).notes)) == ([], 1)

    stone["until"] = seen.at - timedelta(hours=1)
    assert len(found(seen)) == 1


def test_service_that_has_not_heard_is_found(seen, erased):
    seen.of("notifications", "erasures").clear()

    assert found(seen) == [(f"notifications, {erased}", "has not heard that this person is to be erased")]


def test_word_that_registration_has_not_heard_is_found(seen, erased):
    del seen.of("registration", "erasures")[0]["there"]["badges"]

    assert found(seen) == [(f"registration, {erased}", "has not heard that badges has forgotten them")]
