"""The list as a file for spreadsheets: what the list shows, nothing more, and the journal knows who has it."""

import asyncio
import csv
import gc
import io
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import httpx
import pytest

from services.registration import actions
from services.registration.domain.registrations import Consents, Organisation, Person
from services.registration.store import documents
from services.registration.store.pages import Search
from services.registration.web import exports
from services.registration.web.columns import HEADINGS, Words
from services.registration.web.exports import Wanted
from shared import tables
from shared.ids import new_id
from shared.web import Staff, staff_cookie_name
from tests.registration.conftest import EDITION, a_category, a_session, a_word, an_application, manage_url, opened
from tests.registration.test_staff import a_person

PATH = "/equipe/inscriptions/exporter"
API = "/api/registration/v1/exports"


async def exported(team: httpx.AsyncClient, lang: str = "fr", **form: str) -> list[dict[str, str]]:
    """The lines of the file as a spreadsheet would hold them."""
    answer = await team.post(f"{PATH}?lang={lang}", data={"format": "csv", **form})
    assert answer.status_code == 200
    return lines(answer, tables.separator(lang))


def lines(answer: httpx.Response, between: str) -> list[dict[str, str]]:
    text = answer.content.decode("utf-8-sig")
    return [*csv.DictReader(io.StringIO(text, newline=""), delimiter=between)]


async def test_file_says_of_a_person_what_the_card_does(team, store):
    await opened(store, a_session(), a_session("2026-02", hour=15))
    person = Person("Solène", "Kervadec", "solene@mairie.example", "es", "=1+1")
    application = an_application(
        person=person,
        phone="+33 6 12 34 56 78",
        sessions=("2026-01", "2026-02"),
        consents=Consents(image=True),
        organisation=Organisation("Ville de Pécs", "other", "HU"),
    )
    answer = await actions.register(store, application, id=new_id(), key=None, manage_url=manage_url)
    (line,) = await exported(team)
    assert line.pop("Reçue")[:4] == str(datetime.now(UTC).year)
    assert line == {
        "Nom": "Kervadec",
        "Prénom": "Solène",
        "Fonction": "'=1+1",
        "Structure": "Ville de Pécs",
        "Pays": "Hongrie",
        "Genre de structure": "other",
        "Code de structure": "",
        "Catégorie": "Élue ou élu",
        "État": "Confirmée",
        "Adresse électronique": "solene@mairie.example",
        "Téléphone mobile": "'+33 6 12 34 56 78",
        "Langue": "Espagnol",
        "Séances": "Atelier 2026-01 | Atelier 2026-02",
        "Séances attendues": "",
        "Accord pour la liste": "Non",
        "Accord pour l’image": "Oui",
        "Annulée le": "",
        "Identifiant": answer.id,
        "Référence externe": "",
    }


@pytest.mark.parametrize(("lang", "heading", "country"), [("en", "Surname", "Hungary"), ("es", "Apellido", "Hungría")])
async def test_headings_and_values_are_in_the_language_of_who_asks(team, store, lang, heading, country):
    await a_person(store, organisation=Organisation("Ville de Pécs", "other", "HU"))
    (line,) = await exported(team, lang)
    assert line[heading] == "Kervadec"
    assert country in line.values()
    assert len(line) == len(HEADINGS)


async def test_file_has_what_the_list_shows_in_its_order_and_no_more(team, store):
    await opened(store, categories=(a_category(), a_category("presse")))
    for name in ("Éluard", "Zola", "Abel"):
        await a_person(store, name)
    await a_person(store, "Presse", category="presse")
    gone = await a_person(store, "Partie")
    await actions.cancel(store, gone, manage_url=manage_url)
    for form, names in (
        ({}, ["Abel", "Éluard", "Partie", "Presse", "Zola"]),
        ({"etat": "annulee"}, ["Partie"]),
        ({"categorie": "presse"}, ["Presse"]),
        ({"q": "zol"}, ["Zola"]),
        ({"q": "zzz"}, []),
    ):
        assert [line["Nom"] for line in await exported(team, **form)] == names
        page = unescape((await team.get(PATH, params=form)).text)
        assert f"Télécharger {len(names)} ligne" in page
        for name, value in form.items():
            assert f'name="{name}" value="{value}"' in page


async def test_list_leads_to_the_file_of_what_it_shows(team, store):
    await a_person(store)
    page = unescape((await team.get("/equipe/inscriptions", params={"q": "ker", "etat": "confirmee"})).text)
    assert f'href="{PATH}?q=ker&categorie=&etat=confirmee"' in page


async def test_needs_leave_only_when_they_are_asked_for(team, store):
    await a_person(store, needs=("lsf", "vegetarian"), needs_other="Kanarineed")
    await a_person(store, "Autre")
    for line in await exported(team):
        assert {"Accueil", "Autre besoin"} & {*line} == set()
        assert "Kanarineed" not in line.values()
    other, line = await exported(team, needs="yes")
    assert line["Accueil"] == "Interprétation en langue des signes française | Repas végétarien"
    assert (line["Autre besoin"], other["Accueil"], other["Autre besoin"]) == ("Kanarineed", "", "")


async def test_workbook_reads_back_with_real_dates_in_the_time_of_the_venue(team, store):
    id = await a_person(store)
    document = await store.database.registrations.find_one({"_id": id})
    at = datetime(2026, 6, 12, 22, 4, tzinfo=UTC)
    await store.database.registrations.replace_one({"_id": id}, {**document, "registered_at": at})
    answer = await team.post(PATH, data={"format": "xlsx"})
    assert answer.headers["content-type"] == tables.XLSX_TYPE
    read = await tables.read(answer.content, 10)
    assert (read.sheet, read.headings[0]) == ("Inscriptions", "Nom")
    line = dict(zip(read.headings, read.lines[0].cells, strict=True))
    assert (line["Nom"], line["Reçue"]) == ("Kervadec", "2026-06-13 00:04:00")


async def test_file_is_named_after_the_edition_and_kept_nowhere(team, store):
    for kind in ("csv", "xlsx"):
        answer = await team.post(PATH, data={"format": kind})
        named = f'attachment; filename="{EDITION}-inscriptions-{datetime.now(UTC).date()}.{kind}"'
        assert answer.headers["content-disposition"] == named
        assert answer.headers["cache-control"] == "no-store"


async def test_journal_knows_who_has_which_file_and_no_name_that_was_looked_for(team, store):
    await a_person(store, "Kanariname")
    await exported(team, q="Kanariname", etat="confirmee", categorie="elu", needs="yes")
    await team.post(PATH, data={"format": "xlsx"})
    entries = await store.database.audit.find({"action": "registrations.export"}).sort("at").to_list(None)
    assert [(one["actor"], one["subject"], one["fields"]) for one in entries] == [
        ("staff:claire", EDITION, ["format:csv", "status:confirmed", "category:elu", "q", "needs", "lines:1"]),
        ("staff:claire", EDITION, ["format:xlsx", "lines:1"]),
    ]


async def test_looking_at_the_page_hands_nothing_out(team, store):
    await team.get(PATH)
    assert await store.database.audit.count_documents({"action": "registrations.export"}) == 0


@pytest.mark.parametrize("role", ["programme", "desk", "messages"])
async def test_file_takes_the_role(visitor, signer, role):
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, role, kind="staff"))
    assert (await visitor.get(PATH)).status_code == 403
    assert (await visitor.post(PATH, data={"format": "csv"})).status_code == 403


async def test_program_gets_codes_and_no_needs(visitor, store, signer):
    await a_person(store, sessions=("2026-01",), needs=("lsf",))
    bearer = {"Authorization": f"Bearer {a_word(signer, 'registrations')}"}
    answer = await visitor.post(API, json={}, headers=bearer)
    (line,) = lines(answer, ",")
    assert [*line] == [*HEADINGS]
    said = [line[key] for key in ("category", "status", "organisation_country", "language", "sessions", "image")]
    assert said == ["elu", "confirmed", "FR", "fr", "2026-01", "false"]
    assert datetime.fromisoformat(line["registered_at"]).utcoffset() is not None
    book = await visitor.post(API, json={"format": "xlsx", "status": "cancelled"}, headers=bearer)
    with pytest.raises(tables.EmptyTable):
        await tables.read(book.content, 10)
    assert (await visitor.post(API, json={"format": "pdf"}, headers=bearer)).status_code == 422
    assert (await visitor.post(API, json={"edition": "raict-1999"}, headers=bearer)).status_code == 404
    assert (await visitor.post(API, json={})).status_code == 401


async def fill(store, count: int) -> None:
    """So many people straight in the database: registering them is not what is measured."""
    one = await store.pages.registration(await a_person(store))
    for start in range(0, count - 1, 5000):
        numbers = range(start, min(start + 5000, count - 1))
        people = (
            replace(one, id=new_id(), person=replace(one.person, family_name=f"Nom {n // 100:04}")) for n in numbers
        )
        await store.database.registrations.insert_many([documents.registration_document(each) for each in people])


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_others_are_answered_while_a_long_file_is_made(team, store, kind):
    await fill(store, 3000)
    await team.post(PATH, data={"format": kind, "q": "zzz"})  # what is worked out at the first request
    waits: list[float] = []

    async def tick() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            waits.append(time.thread_time() - before)

    gc.disable()  # what all tests before left behind is no part of this one
    ticking, began = asyncio.create_task(tick()), time.thread_time()
    answer = await team.post(PATH, data={"format": kind})
    whole = time.thread_time() - began
    ticking.cancel()
    gc.enable()
    assert len((await tables.read(answer.content, 5000)).lines) == 3000
    assert max(waits) < whole / 3


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_memory_does_not_grow_with_the_rows(desk, store, kind):
    await fill(store, 3000)
    shown = await store.pages.shown()
    peaks = []
    for q in ("0001", ""):  # a hundred people, then all
        answer = await exports.file(desk, Wanted(Search(q), Words(shown, "fr"), kind), Staff("a", "A", "a@x", ()))
        tracemalloc.start()
        size = sum([len(piece) async for piece in answer.body_iterator])
        peaks.append((size, tracemalloc.get_traced_memory()[1]))
        tracemalloc.stop()
    (small, before), (large, after) = peaks
    assert large > 10 * small or kind == "xlsx"
    assert after < before + 5_000_000  # the people alone are 17 MB
