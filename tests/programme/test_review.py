"""What the next release would change, as the team reads it beforehand."""

from dataclasses import replace

import pytest

from services.programme.domain.releases import Release, release
from services.programme.domain.review import Review, review
from tests.programme.factories import LAPLACE, MONGE, NOW, a_draft, a_session, an_edition, at


def planned(previous: Release | None, *sessions, rooms=(MONGE, LAPLACE)) -> Release:
    return release(an_edition(), a_draft(*sessions, rooms=rooms), previous, {}, NOW)


def standings(found: Review) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {line.after.id: (line.standing, line.differences) for line in found.lines}


def test_first_release_is_all_new():
    found = review(None, planned(None, a_session("a"), a_session("b")))
    assert standings(found) == {"a": ("new", ("new",)), "b": ("new", ("new",))}
    assert found.count == 2


def test_each_session_stands_as_it_will_be_found():
    first = planned(None, *(a_session(id) for id in ("same", "moved", "access", "removed")))
    second = planned(
        first,
        a_session("same"),
        a_session("moved", start=at(15), room="laplace"),
        a_session("access", access="open"),
        a_session("new"),
    )
    found = review(first, second)
    assert standings(found) == {
        "same": ("same", ()),
        "moved": ("changed", ("moved", "room", "access")),  # Laplace holds fewer
        "access": ("changed", ("access",)),
        "new": ("new", ("new",)),
        "removed": ("removed", ("cancelled",)),
    }
    assert found.count == 4
    third = review(second, planned(second, a_session("same")))
    assert standings(third)["removed"] == ("gone", ())


def test_session_that_comes_back_is_new():
    first = planned(None, a_session())
    cancelled = planned(first)
    assert standings(review(cancelled, planned(cancelled, a_session()))) == {"s-1": ("new", ("new",))}


@pytest.mark.parametrize("rooms", [(MONGE,), (replace(MONGE, name="Grand salon"), LAPLACE)])
def test_changed_rooms_count_once(rooms):
    first = planned(None, a_session())
    found = review(first, planned(first, a_session(), rooms=rooms))
    assert (found.rooms, found.count, found.changed) == (True, 1, ())


def test_unchanged_draft_has_nothing_to_release():
    first = planned(None, a_session())
    assert review(first, planned(first, a_session())).count == 0
