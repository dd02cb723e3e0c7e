"""The programme for other programs: calendars read back, schedule.json held against the format."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar

from services.programme.domain.editions import Speaker
from services.programme.domain.releases import Release, release
from services.programme.feeds import Feed, calendar, schedule
from tests.programme.factories import NOW, a_draft, a_session, an_edition, at


def a_release() -> Release:
    """A workshop, a break, and a plenary-like session on the second day; one session was cancelled since."""
    break_ = a_session("pause", kind="pause-cafe", title={"fr": "Pause-café"}, room=None, start=at(16), end=at(16, 30))
    second = a_session("day-2", start=at(9, day=9), end=at(10, 30, day=9), speakers=(Speaker("Ada", "Maire"),))
    first = release(an_edition(), a_draft(a_session(), break_, second, a_session("gone")), None, {}, NOW)
    return release(an_edition(), a_draft(a_session(), break_, second), first, {}, NOW + timedelta(hours=1))


def feed(lang: str = "fr") -> Feed:
    return Feed(an_edition(), a_release(), lang, "http://127.0.0.1:8080")


def test_calendar_has_every_session_and_marks_the_cancelled():
    made = feed()
    events = icalendar.Calendar.from_ical(calendar(made, made.release.sessions)).walk("VEVENT")
    assert {str(event["UID"]).split(".")[0]: str(event["STATUS"]) for event in events} == {
        "s-1": "CONFIRMED",
        "pause": "CONFIRMED",
        "day-2": "CONFIRMED",
        "gone": "CANCELLED",
    }
    assert {event["SEQUENCE"] for event in events if event["STATUS"] == "CANCELLED"} == {1}


def test_calendar_speaks_the_language_asked_for_or_french():
    made = feed("en")
    events = icalendar.Calendar.from_ical(calendar(made, made.release.sessions)).walk("VEVENT")
    assert {"Workshop s-1", "Pause-café"} <= {str(event["SUMMARY"]) for event in events}


def test_calendar_says_where():
    made = feed()
    places = {
        str(event["UID"]).split(".")[0]: str(event["LOCATION"])
        for event in icalendar.Calendar.from_ical(calendar(made, made.release.sessions)).walk("VEVENT")
    }
    venue = "Hôtel des Arts et Métiers, 9bis avenue d’Iéna, 75116 Paris"
    assert (places["s-1"], places["pause"]) == (f"Salle Monge, {venue}", venue)


def test_calendar_of_a_release_never_changes():
    made = feed()
    assert calendar(made, made.release.sessions) == calendar(made, made.release.sessions)


def test_schedule_lists_days_rooms_and_events():
    conference = schedule(feed())["schedule"]["conference"]
    assert (conference["daysCount"], conference["start"], conference["end"]) == (2, "2026-07-08", "2026-07-09")
    assert [list(day["rooms"]) for day in conference["days"]] == [
        ["Salle Monge", "Hôtel des Arts et Métiers"],
        ["Salle Monge"],
    ]
    first = conference["days"][0]
    assert (first["index"], first["date"]) == (1, "2026-07-08")
    assert first["day_start"] == "2026-07-08T14:30:00+02:00"
    assert first["day_end"] == "2026-07-08T16:30:00+02:00"


def test_schedule_leaves_cancelled_sessions_out():
    assert "atelier-gone" not in json.dumps(schedule(feed()))


def test_event_has_what_the_format_requires():
    event = schedule(feed())["schedule"]["conference"]["days"][1]["rooms"]["Salle Monge"][0]
    required = {"id", "guid", "date", "start", "duration", "room", "slug", "title", "type", "language", "persons"}
    assert required <= set(event)
    assert isinstance(event["id"], int)
    assert UUID(event["guid"])
    assert (event["start"], event["duration"]) == ("09:00", "01:30")
    assert datetime.fromisoformat(event["date"]).astimezone(UTC) == datetime(2026, 7, 9, 7, tzinfo=UTC)
    assert [person["name"] for person in event["persons"]] == ["Ada"]
    assert event["url"] == "http://127.0.0.1:8080/programme/seances/atelier-day-2"


def test_days_follow_the_clocks_of_the_edition():
    edition = an_edition(timezone="Asia/Tokyo")
    late = a_session(start=datetime(2026, 7, 9, 0, 30, tzinfo=ZoneInfo("Asia/Tokyo")), end=at(18))
    made = Feed(edition, release(edition, a_draft(late), None, {}, NOW), "fr", "http://x")
    assert [day["date"] for day in schedule(made)["schedule"]["conference"]["days"] if day["rooms"]] == ["2026-07-09"]
