"""The programme for spreadsheets, read back as they would."""

import csv
from io import StringIO

import httpx
import pytest

from services.programme.domain.editions import Room, Speaker
from services.programme.domain.releases import release
from services.programme.feeds import Feed, table
from tests.programme.factories import NOW, a_draft, a_session, an_edition, at
from tests.programme.test_api import PATH, RELEASES, a_body


def rows(feed: Feed, separator: str = ";") -> list[list[str]]:
    body = table(feed)
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(body.decode("utf-8-sig"), newline=""), delimiter=separator))


def test_table_has_a_row_for_every_session_in_order_of_time():
    first = release(an_edition(), a_draft(a_session("gone"), a_session("b", start=at(17), end=at(18))), None, {}, NOW)
    speakers = (Speaker("Ada Bo"), Speaker("Élie Ce"))
    kept = a_draft(a_session("b", start=at(17), end=at(18), speakers=speakers))
    made = Feed(an_edition(), release(an_edition(), kept, first, {}, NOW), "fr", "https://x.org")
    assert [row[:3] + row[5:10] for row in rows(made)[1:]] == [
        ["2026-07-08", "14:30", "16:00", "Salle Monge", "Sur inscription", "60", "", "Annulée"],
        ["2026-07-08", "17:00", "18:00", "Salle Monge", "Sur inscription", "60", "Ada Bo, Élie Ce", ""],
    ]


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@x"])
def test_no_cell_is_a_formula(text: str):
    session = a_session(title={"fr": text}, room="r", speakers=(Speaker(text),))
    made = release(an_edition(), a_draft(session, rooms=(Room("r", text),)), None, {}, NOW)
    row = rows(Feed(an_edition(), made, "fr", "https://x.org"))[1]
    assert (row[3], row[5], row[8]) == (f"'{text}", f"'{text}", f"'{text}")


def test_separators_and_quotes_in_texts_stay_in_their_cell():
    title = 'Élus ; "agents",\nensemble'
    made = release(an_edition(), a_draft(a_session(title={"fr": title})), None, {}, NOW)
    for lang, separator in (("fr", ";"), ("en", ","), ("es", ";")):
        assert rows(Feed(an_edition(), made, lang, "https://x.org"), separator)[1][3] == title


async def test_table_is_downloaded_under_the_edition_s_name(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    (await editor.put(PATH, json=a_body())).raise_for_status()
    (await editor.post(RELEASES, json={"edition": "raict-2026"})).raise_for_status()
    answer = await visitor.get("/programme.csv?lang=en")
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["content-disposition"] == 'attachment; filename="raict-2026.csv"'
    assert answer.text.removeprefix("\ufeff").startswith("Day,Start,End,Title,Format,Room,Access,Places")
