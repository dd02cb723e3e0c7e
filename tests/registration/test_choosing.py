"""Choosing other sessions: all of it or nothing, exactly one last place, and no place lost for one that is full."""

import asyncio
import re
from html import unescape

import pytest

from services.registration import actions
from services.registration.actions import By
from services.registration.domain import choosing, refusals
from services.registration.domain.choosing import Choice
from shared.errors import NotFound
from shared.events.registration import Amended, PlacesChanged
from shared.ids import new_id
from tests.registration.conftest import EDITION, a_category, a_session, an_application, manage_url, opened, ruled
from tests.registration.test_actions import facts, places, registering
from tests.registration.test_form import hidden

FULL = (
    a_session("a"),
    a_session("b", hour=15, capacity=1),
    a_session("c", hour=15),
    a_session("d", day=9),
    a_session("e", day=9, hour=13),
)


@pytest.fixture
async def mine(desk, store):
    """Somebody in workshops a and d; answers the id and the address of the page."""
    await opened(store, *FULL)
    application = an_application(sessions=("a", "d"))
    answer = await actions.register(store, application, id=new_id(), key=None, manage_url=desk.manage_url)
    return answer.id, f"/mon-inscription/{desk.links.make(answer.id, 1)}"


async def fill(store, session="b"):
    return (await registering(store, an_application(sessions=(session,)))).id


async def choosing_again(store, id, *sessions, waiting=(), by=None):
    one = await store.pages.registration(id)
    return await actions.choose(store, one, Choice(sessions, waiting), by or By(), manage_url=manage_url)


def ticked(page, name="sessions"):
    return re.findall(rf'name="{name}" value="([^"]+)" checked', page.text)


async def test_page_ticks_what_one_has_and_offers_to_wait_for_what_is_full(visitor, store, mine):
    await fill(store)
    page = await visitor.get(f"{mine[1]}/seances")
    assert ticked(page) == ["a", "d"]
    assert 'name="waiting" value="b"' in page.text
    assert 'name="sessions" value="b"' not in page.text
    assert 'name="sessions" value="c"' in page.text


async def test_a_new_choice_moves_all_counts_and_is_told_once(visitor, store, mine):
    form = {"version": hidden(await visitor.get(f"{mine[1]}/seances"), "version"), "sessions": ["a", "b"]}
    for _ in range(2):
        sent = await visitor.post(f"{mine[1]}/seances", data=form)
        assert (sent.status_code, sent.headers["location"]) == (303, f"{mine[1]}?fait=seances")
    (fact,) = await facts(store, Amended, mine[0])
    assert (fact.changed, [one.session for one in fact.enrolments]) == (("sessions",), ["a", "b"])
    counted = await places(store)
    assert {id: count for id, count in counted["sessions"].items() if count} == {"a": 1, "b": 1}
    assert [(one.session, one.taken) for one in (await facts(store, PlacesChanged))[-1].sessions if one.taken] == [
        ("a", 1),
        ("b", 1),
    ]
    assert "Vos séances sont à jour" in (await visitor.get(sent.headers["location"])).text


async def test_sent_back_unchanged_it_tells_nothing(visitor, store, mine):
    page = await visitor.get(f"{mine[1]}/seances")
    form = {"version": hidden(page, "version"), "sessions": ticked(page)}
    assert (await visitor.post(f"{mine[1]}/seances", data=form)).status_code == 303
    assert await facts(store, Amended) == []


async def test_what_was_held_is_kept_when_the_new_one_is_full(visitor, store, mine):
    version = hidden(await visitor.get(f"{mine[1]}/seances"), "version")
    await fill(store)
    page = await visitor.post(f"{mine[1]}/seances", data={"version": version, "sessions": ["b", "d"]})
    text = unescape(page.text)
    assert page.status_code == 422
    assert "Cet atelier est désormais complet" in text
    assert '<a href="#s-b">' in text
    assert 'id="s-b"' in text
    assert (await store.pages.registration(mine[0])).sessions == ("a", "d")
    assert (await places(store))["sessions"]["a"] == 1


async def test_the_last_place_goes_to_exactly_one_and_nobody_loses_theirs(store, mine):
    others = [(await registering(store, an_application(sessions=("c",)))).id for _ in range(20)]
    results = await asyncio.gather(*(choosing_again(store, id, "b") for id in others), return_exceptions=True)
    won = [one for one in results if not isinstance(one, Exception)]
    assert [one.sessions for one in won] == [("b",)]
    assert {type(one) for one in results if isinstance(one, Exception)} == {refusals.Invalid}
    counted = (await places(store))["sessions"]
    assert (counted["b"], counted["c"]) == (1, 19)
    kept = [(await store.pages.registration(id)).sessions for id in others]
    assert sorted(kept) == [("b",), *[("c",)] * 19]


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("fr", "deux ateliers en même temps"), ("en", "two workshops at the same time"), ("es", "dos talleres a la vez")],
)
async def test_two_at_once_are_refused_as_on_the_form(visitor, store, mine, lang, sentence):
    version = hidden(await visitor.get(f"{mine[1]}/seances"), "version")
    form = {"version": version, "sessions": ["b", "c", "a"]}
    page = await visitor.post(f"{mine[1]}/seances?lang={lang}", data=form)
    text = unescape(page.text)
    assert page.status_code == 422
    assert sentence in text
    assert sorted(ticked(page)) == ["a", "b", "c"]
    for link in re.findall(r'<li><a href="#([^"]+)">', text):
        assert f'id="{link}"' in text
    assert (await store.pages.registration(mine[0])).sessions == ("a", "d")


async def test_one_joins_and_leaves_a_waiting_list(visitor, store, mine):
    await fill(store)
    page = await visitor.get(f"{mine[1]}/seances")
    form = {"version": hidden(page, "version"), "sessions": ["a", "d"], "waiting": ["b"]}
    await visitor.post(f"{mine[1]}/seances", data=form)
    (fact,) = await facts(store, Amended, mine[0])
    assert [(one.session, one.position) for one in fact.waiting] == [("b", 1)]
    assert (await places(store))["waiting"] == {"b": 1}
    page = await visitor.get(f"{mine[1]}/seances")
    assert "Vous êtes sur la liste d’attente" in unescape(page.text)
    assert ticked(page, "waiting") == ["b"]
    await visitor.post(f"{mine[1]}/seances", data={"version": hidden(page, "version"), "sessions": ["a", "d"]})
    assert [len(one.waiting) for one in await facts(store, Amended, mine[0])] == [1, 0]
    assert (await places(store))["waiting"] == {"b": 0}


async def test_a_newcomer_does_not_overtake_who_waits(store, mine):
    holder = await fill(store)
    await choosing_again(store, mine[0], "a", "d", waiting=("b",))
    await actions.cancel(store, holder, manage_url=manage_url)
    other = await registering(store)
    with pytest.raises(refusals.Invalid) as refused:
        await choosing_again(store, other.id, "b")
    assert [one.code for one in refused.value.mistakes] == ["session-full"]


async def test_who_saved_first_is_told_with_both_versions(visitor, store, mine):
    version = hidden(await visitor.get(f"{mine[1]}/seances"), "version")
    await choosing_again(store, mine[0], "a", "e")
    form = {"version": version, "sessions": ["a", "c"]}
    page = await visitor.post(f"{mine[1]}/seances", data=form)
    text = unescape(page.text)
    assert page.status_code == 409
    for part in ("Voici les deux versions", "Atelier e", "Pas choisie", "Choisie"):
        assert part in text
    assert ticked(page) == ["a", "c"]
    assert (await store.pages.registration(mine[0])).sessions == ("a", "e")
    again = await visitor.post(f"{mine[1]}/seances", data={**form, "version": hidden(page, "version")})
    assert again.status_code == 303
    assert (await store.pages.registration(mine[0])).sessions == ("a", "c")


async def test_changing_the_language_keeps_the_ticks(visitor, store, mine):
    await fill(store)
    form = {"sessions": ["a", "c"], "waiting": ["b"], "change_language": "es", "version": "x"}
    page = await visitor.post(f"{mine[1]}/seances?lang=es", data=form)
    assert 'lang="es"' in page.text
    assert (sorted(ticked(page)), ticked(page, "waiting")) == (["a", "c"], ["b"])
    assert hidden(page, "version") == "x"
    assert await facts(store, Amended) == []


@pytest.mark.parametrize("nonsense", ["zzz", "", "{$ne:1}", "\x00", "x" * 5000, "../a"])
async def test_a_session_that_is_not_there_is_refused(visitor, store, mine, nonsense):
    version = hidden(await visitor.get(f"{mine[1]}/seances"), "version")
    for name in ("sessions", "waiting"):
        page = await visitor.post(f"{mine[1]}/seances", data={"version": version, name: nonsense})
        assert page.status_code == 422
    assert (await store.pages.registration(mine[0])).sessions == ("a", "d")


async def test_a_session_that_is_over_or_cancelled_stays(store, mine):
    await opened(store, a_session("a", status="cancelled"), *FULL[1:])
    after = await choosing_again(store, mine[0], "c")
    assert after.sessions == ("a", "c")


async def test_after_the_day_set_the_page_says_whom_to_call(visitor, store, mine):
    version = hidden(await visitor.get(f"{mine[1]}/seances"), "version")
    await ruled(store, freezes={"sessions": 40})
    for answer in (
        await visitor.get(f"{mine[1]}/seances"),
        await visitor.post(f"{mine[1]}/seances", data={"version": version, "sessions": "a"}),
    ):
        assert answer.status_code == 409
        assert "Appelez-nous" in answer.text
    assert f"{mine[1]}/seances" not in (await visitor.get(mine[1])).text
    after = await choosing_again(store, mine[0], "a", by=By(actor="staff:claire"))
    assert after.sessions == ("a",)
    (entry,) = await store.database.audit.find({"action": "registration.amend"}).to_list(None)
    assert entry["fields"] == ["sessions"]


async def test_who_waits_to_be_approved_changes_wishes(visitor, store, desk, mine):
    await opened(store, *FULL, categories=(a_category(approval=True),))
    one = await actions.register(
        store, an_application(sessions=("a",)), id=new_id(), key=None, manage_url=desk.manage_url
    )
    address = f"/mon-inscription/{desk.links.make(one.id, 1)}/seances"
    page = await visitor.get(address)
    assert ticked(page) == ["a"]
    await visitor.post(address, data={"version": hidden(page, "version"), "sessions": ["c"]})
    kept = await store.pages.registration(one.id)
    assert (kept.status, kept.wishes, kept.sessions) == ("pending", ("c",), ())
    assert (await places(store))["sessions"].get("c", 0) == 0


async def test_an_offered_place_is_answered_on_its_own_page(visitor, store, mine):
    holder = await fill(store)
    await choosing_again(store, mine[0], "a", "d", waiting=("b",))
    await actions.cancel(store, holder, manage_url=manage_url)
    await actions.promote(store, EDITION, ["b"], manage_url=manage_url)
    page = await visitor.get(f"{mine[1]}/seances")
    assert f'href="{mine[1]}/offre/b"' in page.text
    assert 'value="b"' not in page.text
    form = {"version": hidden(page, "version"), "sessions": ["b", "d"]}
    assert (await visitor.post(f"{mine[1]}/seances", data=form)).status_code == 303
    kept = await store.pages.registration(mine[0])
    assert (kept.sessions, bool(kept.wish("b").offered_until)) == (("d",), True)


async def test_a_link_of_another_generation_chooses_nothing(store, mine):
    with pytest.raises(NotFound):
        await choosing_again(store, mine[0], "a", by=By(generation=2))


async def test_two_sessions_the_team_allowed_stay_together(store, mine):
    house = (await store.pages.shown()).programme
    both = choosing.Choice(("b", "c"))
    kept = await store.pages.registration(mine[0])
    assert house.sessions["b"].start == house.sessions["c"].start
    await store.database.registrations.update_one({"_id": kept.id}, {"$set": {"sessions": ["b", "c"]}})
    await store.database.places.update_one(
        {"_id": EDITION}, {"$set": {"sessions": {"b": 1, "c": 1}, "both": {"b c": 1}}}
    )
    after = await choosing_again(store, mine[0], *both.sessions, "d")
    assert after.sessions == ("b", "c", "d")
