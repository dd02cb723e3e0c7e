"""How a release is laid out on a page: days, slots, filters, what changed."""

from datetime import date

from services.programme.domain.places import Places, Use
from services.programme.domain.releases import Release, release
from services.programme.store import Public
from services.programme.web.views import Card, Filter, after, cards, days
from tests.programme.factories import NOW, a_draft, a_session, an_edition, at

ZONE = "Europe/Paris"


def a_public(*drafts: tuple, uses: dict[str, Use] | None = None) -> Public:
    """What the public sees after these drafts were released one after the other."""
    previous: Release | None = None
    current: Release | None = None
    for sessions in drafts:
        previous, current = current, release(an_edition(), a_draft(*sessions), current, {}, NOW)
    return Public(an_edition(), current, previous, Places("raict-2026", 1, uses or {}))


def shown(public: Public) -> list[Card]:
    return cards(public, public.release, public.previous)


AFTERNOON = (
    a_session("a"),
    a_session("b", room="laplace"),
    a_session("pause", kind="pause-cafe", room=None, start=at(16), end=at(16, 30)),
    a_session("c", start=at(16, 45), end=at(18)),
    a_session("next-day", start=at(9, day=9), end=at(10, day=9)),
)


def layout(public: Public, chosen: Filter | None = None) -> list[list[list[str]]]:
    """Session ids by day and slot."""
    return [
        [[card.session.id for card in slot.cards] for slot in day.slots] for day in days(shown(public), ZONE, chosen)
    ]


def test_parallel_sessions_share_a_slot():
    assert layout(a_public(AFTERNOON)) == [[["a", "b"], ["pause"], ["c"]], [["next-day"]]]


def test_breaks_do_not_count_as_sessions():
    assert [day.sessions for day in days(shown(a_public(AFTERNOON)), ZONE)] == [3, 1]


def test_filters_narrow_what_is_shown():
    public = a_public(AFTERNOON)
    assert layout(public, Filter(day="2026-07-09")) == [[["next-day"]]]
    assert layout(public, Filter(room="laplace")) == [[["b"]]]
    assert layout(public, Filter(kind="pause-cafe", day="2026-07-08")) == [[["pause"]]]
    assert layout(public, Filter(day="2026-07-08", kind="atelier", room="monge")) == [[["a"], ["c"]]]
    assert layout(public, Filter(day="1999-01-01")) == []


def test_days_are_those_of_the_edition_s_clocks():
    late = a_session(start=at(23, 30), end=at(23, 59))
    assert [day.date for day in days(shown(a_public((late,))), ZONE)] == [date(2026, 7, 8)]


def test_card_knows_what_changed_and_what_was_before():
    public = a_public((a_session("a"),), (a_session("a", room="laplace"),))
    (card,) = shown(public)
    assert card.changes == ("room",)
    assert (card.room_before.name, card.room.name) == ("Salle Monge", "Salle Laplace")


def test_cancelled_session_stays_where_it_was():
    public = a_public((a_session("a"), a_session("b")), (a_session("b"),))
    assert [(card.session.id, card.session.status, card.changes) for card in shown(public)] == [
        ("a", "cancelled", ("cancelled",)),
        ("b", "scheduled", ()),
    ]
    assert days(shown(public), ZONE)[0].sessions == 1


def test_places_come_from_registration_once_it_has_told_them():
    public = a_public((a_session("a"), a_session("b")), uses={"a": Use(60, 59)})
    assert [card.use for card in shown(public)] == [Use(60, 59), Use(60, 0)]


def test_what_comes_next_is_the_next_slot_of_the_day_without_breaks():
    made = shown(a_public(AFTERNOON))
    by_id = {card.session.id: card for card in made}
    assert [card.session.id for card in after(made, by_id["a"], ZONE)] == ["c"]
    assert after(made, by_id["c"], ZONE) == ()
