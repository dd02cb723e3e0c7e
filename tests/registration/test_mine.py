"""What a manage link opens, and nothing else."""

from datetime import UTC, datetime
from html import unescape

import pytest
from icalendar import Calendar

from services.registration import actions
from shared.events.badges import Issued
from shared.ids import new_id
from shared.purposes import REGISTER
from tests.registration.conftest import (
    EDITION,
    a_session,
    an_application,
    an_envelope,
    opened,
    ruled,
)


@pytest.fixture
async def mine(desk, store):
    """A registration with a workshop beside an open plenary and a break; answers its id and the path of its page."""
    await opened(
        store,
        a_session(),
        a_session("plenary", hour=15, access="open", kind="reunion"),
        a_session("other", day=9),
    )
    application = an_application(sessions=("2026-01",), needs=("vegetarian",), needs_other="noix")
    answer = await actions.register(store, application, id=new_id(), key=None, manage_url=desk.manage_url)
    return answer.id, f"/mon-inscription/{desk.links.make(answer.id, 1)}"


async def test_page_shows_what_was_answered(visitor, mine):
    page = await visitor.get(mine[1])
    text = unescape(page.text)
    for part in ("Confirmée", "Solène Kervadec-Diallo", "Commune, Seine-Saint-Denis (93)", "Repas végétarien", "noix"):
        assert part in text
    assert "Badge en préparation" in text
    assert "Vous pouvez changer vos réponses et vos séances jusqu’au" in text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_page_shows_the_badge_once_it_is_told(visitor, store, mine):
    fact = Issued(
        registration=mine[0], edition=EDITION, generation=1, code="K4P7X2RMXA", link="http://x/badge/b.pdf", pdf=""
    )
    await actions.project_badge(store, an_envelope(fact), fact)
    page = await visitor.get(mine[1])
    assert "K4P7X-2RMXA" in page.text
    assert 'src="/badge/b.svg" alt="Code QR du badge"' in page.text
    assert 'href="http://x/badge/b.pdf"' in page.text


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "a", lambda t: t.replace(".1.", ".2."), lambda _: "x"]
)
async def test_a_link_we_did_not_make_opens_nothing(visitor, mine, change):
    token = mine[1].rpartition("/")[2]
    for tail in ("", "/merci", "/annuler", "/calendrier.ics"):
        assert (await visitor.get(f"/mon-inscription/{change(token)}{tail}")).status_code == 404
    assert (await visitor.post(f"/mon-inscription/{change(token)}/annuler")).status_code == 404


async def test_cancelling_asks_first_and_only_a_post_does_it(visitor, store, mine):
    for path in (mine[1], f"{mine[1]}/annuler", f"{mine[1]}/merci"):
        assert (await visitor.get(path)).status_code == 200
    assert await store.database.registrations.count_documents({"status": "cancelled"}) == 0
    done = await visitor.post(f"{mine[1]}/annuler")
    assert (done.status_code, done.headers["location"]) == (303, mine[1])
    page = unescape((await visitor.get(mine[1])).text)
    assert "Cette inscription est annulée" in page
    assert "Annuler mon inscription" not in page
    assert (await visitor.get(f"{mine[1]}/merci")).headers["location"] == mine[1]
    again = await visitor.post(f"{mine[1]}/annuler")
    assert again.status_code == 303
    assert (await store.database.places.find_one({"_id": EDITION}))["cancelled"] == 1


async def test_calendar_holds_chosen_and_open_sessions(visitor, mine):
    answer = await visitor.get(f"{mine[1]}/calendrier.ics", params={"lang": "en"})
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.text)
    assert calendar["METHOD"] == "PUBLISH"
    assert [str(one["SUMMARY"]) for one in calendar.walk("VEVENT")] == ["Workshop 2026-01", "Workshop plenary"]
    assert "Salle Monge (fictif)" in str(calendar.walk("VEVENT")[0]["LOCATION"])


async def test_calendar_of_a_cancelled_registration_takes_its_entries_back(visitor, mine):
    await visitor.post(f"{mine[1]}/annuler")
    calendar = Calendar.from_ical((await visitor.get(f"{mine[1]}/calendrier.ics")).text)
    assert calendar["METHOD"] == "CANCEL"
    assert {str(one["STATUS"]) for one in calendar.walk("VEVENT")} == {"CANCELLED"}
    assert {one["SEQUENCE"] for one in calendar.walk("VEVENT")} == {1}


async def test_page_of_a_cancelled_registration_offers_to_take_the_sessions_out_of_the_calendar(visitor, store, mine):
    fact = Issued(
        registration=mine[0], edition=EDITION, generation=1, code="K4P7X2RMXA", link="http://x/badge/b.pdf", pdf=""
    )
    await actions.project_badge(store, an_envelope(fact), fact)
    before = unescape((await visitor.get(mine[1])).text)
    await visitor.post(f"{mine[1]}/annuler")
    after = unescape((await visitor.get(mine[1])).text)
    assert ["Mon agenda" in page for page in (before, after)] == [True, False]
    assert ["Retirer de mon agenda" in page for page in (before, after)] == [False, True]
    assert "ce fichier les en retire" in after
    assert f'href="{mine[1]}/calendrier.ics"' in after


async def test_who_has_no_place_has_no_calendar(visitor, desk, store, mine):
    await ruled(store, quota=1)
    application = an_application(wait=True)
    waits = await actions.register(store, application, id=new_id(), key=None, manage_url=desk.manage_url)
    assert waits.status == "waitlisted"
    path = f"/mon-inscription/{desk.links.make(waits.id, 1)}"
    pages = [await visitor.get(f"{path}{tail}") for tail in ("", "/calendrier.ics")]
    assert ([page.status_code for page in pages], "calendrier.ics" in pages[0].text) == ([200, 404], False)


async def test_a_later_calendar_counts_as_later(visitor, mine, monkeypatch):
    stamps = []
    for moment in (datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)):
        monkeypatch.setattr("services.registration.web.mine.now", lambda moment=moment: moment)
        calendar = Calendar.from_ical((await visitor.get(f"{mine[1]}/calendrier.ics")).text)
        stamps.append({one["DTSTAMP"].dt for one in calendar.walk("VEVENT")})
    assert stamps == [{datetime(2026, 6, 1, tzinfo=UTC)}, {datetime(2026, 6, 2, tzinfo=UTC)}]


@pytest.mark.parametrize("lang", ["fr", "en", "es"])
async def test_privacy_notice_says_what_is_kept_and_how_long(visitor, lang):
    page = await visitor.get("/confidentialite", params={"lang": lang})
    assert page.status_code == 200
    assert page.text.count("<dt>") == 3 * len(REGISTER)
    assert "coop-dec@cites-unies-france.org" in page.text


async def test_privacy_notice_is_there_before_any_edition(visitor, store):
    await store.database.editions.delete_many({})
    store.pages.forget()
    assert (await visitor.get("/confidentialite")).status_code == 200
