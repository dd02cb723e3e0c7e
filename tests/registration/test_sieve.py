"""What keeps automates away, and lets an office of 200 pass."""

import pytest

from services.registration.domain.refusals import LooksAutomatic, TooManyAtOnce
from services.registration.web.sieve import WINDOW, Allowance, Sieve


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_an_office_of_200_passes_behind_one_address(settings):
    sieve = Sieve(settings)
    for _ in range(200):
        sieve.admit("192.0.2.1")


def test_a_thousand_from_one_address_do_not(settings):
    sieve = Sieve(settings)
    for _ in range(300):
        sieve.admit("192.0.2.1")
    with pytest.raises(TooManyAtOnce):
        sieve.admit("192.0.2.1")
    sieve.admit("192.0.2.2")


def test_a_mailbox_is_not_flooded_from_many_addresses(settings):
    sieve = Sieve(settings)
    for _ in range(60):
        sieve.spare("cible@mairie.example")
    with pytest.raises(TooManyAtOnce):
        sieve.spare(" Cible@Mairie.example")
    with pytest.raises(TooManyAtOnce):
        sieve.spare("cible@ｍａｉｒｉｅ.example")
    sieve.spare("autre@mairie.example")


def test_an_allowance_comes_back_evenly():
    clock = Clock()
    allowance = Allowance(10, clock)
    assert [allowance.take("a") for _ in range(11)] == [True] * 10 + [False]
    clock.now += WINDOW / 10
    assert [allowance.take("a") for _ in range(2)] == [True, False]
    clock.now += WINDOW * 5
    assert [allowance.take("a") for _ in range(11)] == [True] * 10 + [False]


def test_a_filled_trap_is_refused(settings):
    with pytest.raises(LooksAutomatic):
        Sieve(settings).admit_form("192.0.2.1", "", "http://spam.example")


@pytest.mark.parametrize("mark", ["", "forged", "1690000000000.0.aaaaaaaaaaaaaaaaaaaaaaaa"])
def test_forms_without_a_true_mark_have_a_small_allowance(settings, mark):
    sieve = Sieve(settings.model_copy(update={"hasty_per_address": 2}))
    for _ in range(2):
        sieve.admit_form("192.0.2.1", mark, "")
    with pytest.raises(TooManyAtOnce):
        sieve.admit_form("192.0.2.1", mark, "")


def test_forms_sent_at_human_speed_have_the_large_one(settings):
    sieve = Sieve(settings.model_copy(update={"hasty_per_address": 0, "hasty_seconds": 0}))
    sieve.admit_form("192.0.2.1", sieve.mark(), "")
    hasty = Sieve(settings.model_copy(update={"hasty_per_address": 0, "hasty_seconds": 60}))
    with pytest.raises(TooManyAtOnce):
        hasty.admit_form("192.0.2.1", hasty.mark(), "")
