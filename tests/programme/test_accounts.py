"""Accounts, and what failed sign-ins cost."""

from datetime import timedelta

import pytest

from services.programme.domain import accounts
from services.programme.domain.accounts import Tries, reserve_try
from services.programme.domain.places import Places, Use
from tests.programme.factories import NOW


def an_account() -> accounts.Account:
    return accounts.open_account("a1", " Ines@Example.ORG ", "Inès", ("admin",), "hash")


def test_account_is_known_by_one_spelling_of_its_address():
    assert an_account().email == "ines@example.org"


def test_unknown_role_is_refused():
    with pytest.raises(accounts.UnknownRole):
        accounts.open_account("a1", "ines@example.org", "Inès", ("emperor",), "hash")


def test_text_that_is_no_address_is_refused():
    with pytest.raises(accounts.NotAnAddress):
        accounts.open_account("a1", "ines", "Inès", ("admin",), "hash")


def test_token_has_known_scopes_only():
    with pytest.raises(accounts.UnknownRole):
        accounts.open_token("t1", "import", ("everything",), NOW)


def test_changed_account_withdraws_what_was_signed_before():
    changed, fact = accounts.change_account(an_account(), "Inès B.", ("programme",), "other")
    assert (changed.roles, changed.password_hash, changed.generation) == (("programme",), "other", 2)
    assert (fact.account, fact.generation, changed.sequence) == ("a1", 2, 1)


def waits(count: int) -> list[float]:
    """Seconds that tries sent at the same moment have to wait."""
    tries, found = Tries(), []
    for _ in range(count):
        tries, wait = reserve_try(tries, NOW)
        found.append(wait)
    return found


def test_first_tries_cost_nothing_then_each_waits_longer():
    assert waits(6) == [0, 0, 0, 1, 3, 7]


def test_tries_sent_together_queue_up_and_are_refused_in_the_end():
    with pytest.raises(accounts.TooManyTries) as refused:
        waits(20)
    assert refused.value.params["seconds"] > 30


def test_patient_person_is_never_refused():
    tries, moment = Tries(), NOW
    for _ in range(50):
        tries, wait = reserve_try(tries, moment)
        assert wait <= 16
        moment += timedelta(seconds=wait + 1)


def test_failures_are_forgotten_after_an_hour():
    tries = Tries(failures=9, next_at=NOW)
    later = NOW + timedelta(hours=1, seconds=1)
    assert reserve_try(tries, later) == (Tries(1, later), 0)


def test_place_that_somebody_waits_for_is_not_free():
    assert (Use(60, 59, waiting=1).level, Use(60, 59, waiting=1).left) == ("full", 0)


@pytest.mark.parametrize(
    ("taken", "level", "left"), [(0, "free", 60), (44, "free", 16), (45, "soon", 15), (60, "full", 0), (61, "full", 0)]
)
def test_places_are_named_by_how_full_they_are(taken: int, level: str, left: int):
    use = Use(60, taken)
    assert (use.level, use.left) == (level, left)


def test_session_without_limit_is_never_full():
    assert (Use(None, 900).level, Use(None, 900).left) == ("free", None)


def test_untold_places_are_all_free():
    assert Places("raict-2026").of("s-1", 60) == Use(60, 0)
