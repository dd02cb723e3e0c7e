"""The released programme for other programs: calendars, the schedule of c3voc and frab, the feed of its changes."""

from services.programme.feeds.calendars import calendar
from services.programme.feeds.changes import History, atom
from services.programme.feeds.feed import Feed, pick
from services.programme.feeds.schedule import schedule, schedule_xml
from services.programme.feeds.table import table

__all__ = ["Feed", "History", "atom", "calendar", "pick", "schedule", "schedule_xml", "table"]
