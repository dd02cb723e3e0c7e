"""Accounts and tokens: what they may become, and what that withdraws."""

from datetime import timedelta
from typing import Any

import pytest

from services.programme import credentials
from services.programme.domain import accounts, tokens
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


def test_changed_account_withdraws_what_was_signed_before():
    changed, fact = accounts.change_account(an_account(), "Inès B.", ("programme",), "other")
    assert (changed.roles, changed.password_hash, changed.generation) == (("programme",), "other", 2)
    assert (fact.account, fact.generation, changed.sequence) == ("a1", 2, 1)


def test_withdrawn_account_rules_nothing_until_it_has_another_password():
    account = an_account()
    withdrawn, fact = accounts.withdraw(account, NOW)
    assert (account.rules, withdrawn.rules, withdrawn.open) == (True, False, False)
    assert (fact.generation, withdrawn.has(2, "s")) == (2, False)
    again, fact = accounts.set_password(withdrawn, "other")
    assert (again.open, again.generation, fact.generation, again.sequence) == (True, 3, 3, 2)


def test_name_alone_withdraws_no_cookie_and_other_roles_do():
    renamed, nothing = accounts.correct(an_account(), "Inès B.", ("admin",))
    assert (renamed.name, renamed.generation, nothing) == ("Inès B.", 1, None)
    changed, fact = accounts.correct(an_account(), "Inès", ("press", "desk"))
    assert (changed.roles, changed.generation, fact and fact.generation) == (("press", "desk"), 2, 2)


def test_withdrawn_account_is_opened_before_it_is_changed():
    withdrawn, _ = accounts.withdraw(an_account(), NOW)
    with pytest.raises(accounts.AccountWithdrawn):
        accounts.correct(withdrawn, "Inès", ("admin",))


def test_account_without_a_name_is_refused():
    with pytest.raises(accounts.NameMissing):
        accounts.open_account("a1", "ines@example.org", "  ", ("admin",), "hash")


def test_left_sign_in_ends_alone_until_its_last_cookie_expires():
    left, fact = accounts.leave(an_account(), "phone", NOW)
    assert (left.generation, left.has(1, "phone"), left.has(1, "desk")) == (1, False, True)
    assert [one.sid for one in fact.ended] == ["phone"]
    assert fact.ended[0].until - NOW > accounts.COOKIE_LASTS
    later, fact = accounts.leave(left, "desk", NOW + timedelta(hours=2))
    assert [one.sid for one in fact.ended] == ["desk"]
    assert later.sequence == 2


def test_cookie_without_a_sign_in_of_its_own_ends_them_all():
    left, fact = accounts.leave(an_account(), "", NOW)
    assert (left.generation, fact.generation, left.ended) == (2, 2, ())


def test_many_sign_ins_left_within_the_hour_end_them_all():
    account, kept = an_account(), []
    for number in range(21):
        account, fact = accounts.leave(account, f"s{number}", NOW)
        kept.append(len(fact.ended))
    assert (max(kept), kept[-1], account.generation) == (20, 0, 2)


@pytest.mark.parametrize(
    ("password", "again", "refusal"),
    [
        ("onze signes", "onze signes", accounts.PasswordTooShort),
        ("x" * 1001, "x" * 1001, accounts.PasswordTooShort),
        ("douze signes", "douze signe", accounts.PasswordsDiffer),
    ],
)
def test_password_that_is_too_short_or_typed_in_two_ways_is_refused(password: str, again: str, refusal: type):
    with pytest.raises(refusal):
        accounts.check_password(password, again)


def test_phrase_is_a_password():
    accounts.check_password("douze signes", "douze signes")


def test_an_unknown_address_costs_as_much_as_a_known_one():
    assert not credentials._hasher.check_needs_rehash(credentials._NOBODY)
    assert credentials._hasher.check_needs_rehash(credentials._NOBODY.replace("m=65536", "m=1024"))


def a_token(**changes: Any) -> tokens.Token:
    given = {"name": " sample ", "scopes": ("import",), "life": timedelta(days=1), **changes}
    return tokens.open_token("t1", given["name"], given["scopes"], given["life"], (NOW, "manage"))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"scopes": ("everything",)}, accounts.UnknownRole),
        ({"scopes": ()}, tokens.ScopeMissing),
        ({"name": " "}, tokens.TokenNameMissing),
        ({"life": timedelta()}, tokens.LifeOutOfRange),
        ({"life": timedelta(days=401)}, tokens.LifeOutOfRange),
    ],
)
def test_token_without_sense_is_refused(changes: dict[str, Any], refusal: type):
    with pytest.raises(refusal):
        a_token(**changes)


def test_token_ends_by_itself_or_is_withdrawn():
    token = a_token()
    withdrawn, fact = tokens.withdraw(token, NOW)
    assert (token.name, token.state(NOW), token.state(NOW + timedelta(days=1))) == ("sample", "open", "expired")
    assert (withdrawn.state(NOW), fact.account, fact.generation, withdrawn.sequence) == ("withdrawn", "t1", 2, 1)


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
