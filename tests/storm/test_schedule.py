"""The same number gives the same storm, and a long one leaves no fault out."""

from collections import Counter

from tests.storm.schedule import DECK, RARE, schedule


def test_schedule_is_the_same_for_the_same_number():
    assert schedule(7, 60) == schedule(7, 60)
    assert schedule(7, 60) != schedule(8, 60)


def test_schedule_of_a_quarter_of_an_hour_has_every_fault_and_more_than_three_hundred():
    for seed in range(5):
        faults = schedule(seed, 900)

        assert Counter(one.kind for one in faults).keys() == {*DECK, *RARE}
        assert len(faults) >= 350
        assert [one.at for one in faults] == sorted(one.at for one in faults)
