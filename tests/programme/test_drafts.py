"""Editing the draft one thing at a time: versions, conflicts, and what may leave."""

from dataclasses import replace

import pytest

from services.programme.domain import drafts
from services.programme.domain.drafts import (
    ANY,
    ChangedMeanwhile,
    KindInUse,
    RemovedMeanwhile,
    RoomInUse,
    Stamp,
    Stamps,
)
from services.programme.domain.editions import Draft, EndsBeforeItStarts, Kind, MissingFrench, Room
from shared.errors import NotFound
from tests.programme.factories import KINDS, LAPLACE, MONGE, NOW, a_draft, a_session, an_edition, at

INES = Stamps(4, {"s-1": Stamp(3, "Inès", NOW)})


def test_session_saved_on_its_own_version_replaces_only_itself():
    draft = a_draft(a_session(), a_session("s-2"))
    after = drafts.save_session(an_edition(), draft, INES, a_session(room="laplace"), 3)
    assert after == a_draft(a_session(room="laplace"), a_session("s-2"))


def test_new_session_comes_last():
    after = drafts.save_session(an_edition(), a_draft(a_session()), INES, a_session("s-2"), None)
    assert [session.id for session in after.sessions] == ["s-1", "s-2"]


@pytest.mark.parametrize("expected", [2, 4, 0, None, -2])
def test_session_saved_on_another_version_is_a_conflict_that_shows_what_is_there(expected: int | None):
    with pytest.raises(ChangedMeanwhile) as refused:
        drafts.save_session(an_edition(), a_draft(a_session()), INES, a_session(room="laplace"), expected)
    assert (refused.value.current, refused.value.stamp.version) == (a_session(), 3)
    assert refused.value.params == {"by": "Inès"}


def test_any_version_will_do_when_asked_for():
    after = drafts.save_session(an_edition(), a_draft(a_session()), INES, a_session(room="laplace"), ANY)
    assert after.sessions[0].room == "laplace"


def test_same_words_sent_twice_are_no_conflict():
    draft = a_draft(a_session())
    assert drafts.save_session(an_edition(), draft, INES, a_session(), 2) is draft


def test_session_taken_away_meanwhile_is_a_conflict_and_can_be_put_back():
    with pytest.raises(RemovedMeanwhile):
        drafts.save_session(an_edition(), a_draft(), INES, a_session(), 2)
    assert drafts.save_session(an_edition(), a_draft(), INES, a_session(), 3) == a_draft(a_session())


def test_session_that_contradicts_the_edition_is_refused():
    with pytest.raises(EndsBeforeItStarts):
        drafts.save_session(an_edition(), a_draft(a_session()), INES, a_session(end=at(14)), 3)


def test_removal_needs_the_version_too_and_happens_once():
    draft = a_draft(a_session(), a_session("s-2"))
    with pytest.raises(ChangedMeanwhile):
        drafts.remove_session(draft, INES, "s-1", 2)
    after = drafts.remove_session(draft, INES, "s-1", 3)
    assert after == a_draft(a_session("s-2"))
    assert drafts.remove_session(after, INES, "s-1", 3) is after
    with pytest.raises(NotFound):
        drafts.remove_session(after, INES, "s-9", 0)


def test_stamps_count_what_differs_and_outlive_a_session():
    before = a_draft(a_session(), a_session("s-2"), a_session("s-3"))
    after = a_draft(a_session(room="laplace"), a_session("s-3"), a_session("s-4"))
    stamps = drafts.stamped(INES, before, after, "Claire", NOW)
    assert stamps.whole == 5
    assert {id: (stamp.version, stamp.by) for id, stamp in stamps.sessions.items()} == {
        "s-1": (4, "Claire"),
        "s-2": (1, "Claire"),
        "s-4": (1, "Claire"),
    }


def test_room_is_added_renamed_and_removed_once_empty():
    draft = drafts.save_room(a_draft(a_session()), Room("stands", "Stands"))
    assert draft.rooms == (MONGE, LAPLACE, Room("stands", "Stands"))
    assert drafts.save_room(draft, replace(MONGE, capacity=80)).rooms[0].capacity == 80
    assert drafts.remove_room(draft, "stands").rooms == (MONGE, LAPLACE)
    with pytest.raises(RoomInUse) as refused:
        drafts.remove_room(draft, "monge")
    assert refused.value.params == {"room": "Salle Monge", "session": "Atelier s-1"}


def test_format_is_added_renamed_and_removed_once_unused():
    cafe = Kind("cafe", {"fr": "Café"}, "cafe")
    draft = drafts.save_kind(an_edition(), a_draft(a_session()), cafe)
    assert draft.kinds == (*KINDS, cafe)
    assert drafts.save_kind(an_edition(), draft, replace(cafe, tone="b2b")).kinds[2].tone == "b2b"
    assert drafts.remove_kind(draft, "cafe").kinds == KINDS
    with pytest.raises(KindInUse):
        drafts.remove_kind(draft, "atelier")
    with pytest.raises(MissingFrench):
        drafts.save_kind(an_edition(), draft, replace(cafe, label={"en": "Coffee"}))


def test_changed_fields_are_named():
    assert drafts.changed_fields(a_session(), a_session(room=None, end=at(17))) == ["end", "room"]
    assert drafts.changed_fields(None, a_session()) == ["kind", "title", "start", "end", "room", "access"]
    assert drafts.find(Draft(), "s-1") is None
