"""The editor's form: what one types is kept, refused by field, or saved; the list says what has changed."""

import httpx
import pytest

from services.programme.web.context import Desk
from tests.programme.forms import fields, words
from tests.programme.test_api import release

LIST = "/equipe/programme"
FORM = f"{LIST}/seances/2026-01"


@pytest.fixture
async def released(editor: httpx.AsyncClient) -> None:
    """The sample is released."""
    await release(editor)


async def draft(editor: httpx.AsyncClient, id: str = "2026-01") -> dict[str, object]:
    answer = await editor.get(f"/api/programme/v1/editions/raict-2026/draft/sessions/{id}")
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


async def change(client: httpx.AsyncClient, path: str = FORM, **changes: str) -> httpx.Response:
    return await client.post(path, data={**fields(await client.get(path), path), **changes})


@pytest.mark.usefixtures("released")
async def test_untouched_form_changes_nothing(claire: httpx.AsyncClient, editor: httpx.AsyncClient):
    before = [await draft(editor, f"2026-{n:02}") for n in (1, 3, 14)]
    for n in (1, 3, 14):
        answer = await change(claire, f"{LIST}/seances/2026-{n:02}")
        assert answer.status_code == 303
    assert [await draft(editor, f"2026-{n:02}") for n in (1, 3, 14)] == before
    assert "Aucun changement à publier" in words(await claire.get(LIST))


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize(
    ("lang", "start", "end"),
    [("fr", "15h", "16 h 30"), ("fr", "15:00", "16h30"), ("en", "3 pm", "4:30 pm"), ("es", "15.00", "16.30")],
)
async def test_times_are_read_as_people_write_them(
    claire: httpx.AsyncClient, editor: httpx.AsyncClient, lang: str, start: str, end: str
):
    claire.headers["accept-language"] = lang
    assert (await change(claire, start=start, end=end)).status_code == 303
    saved = await draft(editor)
    assert (saved["start"], saved["end"]) == ("15:00:00", "16:30:00")


@pytest.mark.usefixtures("released")
async def test_changed_session_is_on_the_list_and_not_yet_public(
    claire: httpx.AsyncClient, editor: httpx.AsyncClient, visitor: httpx.AsyncClient
):
    answer = await change(
        claire, title_fr="Un autre titre", title_es="", room="", capacity="1 200", access="invitation"
    )
    assert answer.headers["location"] == f"{LIST}?fait=seance&seance=2026-01"
    page = words(await claire.get(answer.headers["location"]))
    for said in (
        "La séance est enregistrée dans le brouillon.",
        "Modifiée depuis la version 1",
        "n’est pas traduit (ES)",
        "1 changement à publier",
        "Publier la version 2…",
    ):
        assert said in page
    assert page.count("le temps manque pour aller") == 1, "beside the closing alone, not beside what it follows too"
    saved = await draft(editor)
    assert (saved["title"]["fr"], "es" in saved["title"]) == ("Un autre titre", False)
    assert (saved["room"], saved["capacity"], saved["access"]) == (None, 1200, "invitation")
    assert "Un autre titre" not in (await visitor.get("/programme")).text


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title_fr": " "}, "title_fr", "Titre en français : écrivez-le"),
        ({"title_en": "A" * 301}, "title_en", "300 signes au plus, il y en a 301."),
        ({"start": "midi"}, "start", "Début : écrivez une heure"),
        ({"start": "25h"}, "start", "Début : écrivez une heure"),
        ({"end": ""}, "end", "Fin : écrivez une heure"),
        ({"start": "16h", "end": "15h"}, "end", "Fin : elle doit venir après le début."),
        ({"date": "2026-07-10"}, "date", "Jour : choisissez un jour de cette édition."),
        ({"room": "ailleurs"}, "room", "Salle : celle-ci n’existe plus."),
        ({"kind": ""}, "kind", "Format : choisissez celui de la séance."),
        ({"capacity": "beaucoup"}, "capacity", "Jauge : écrivez un nombre de 1 à 100 000"),
        ({"capacity": "0"}, "capacity", "Jauge : écrivez un nombre de 1 à 100 000"),
        ({"capacity": "100001"}, "capacity", "Jauge : écrivez un nombre de 1 à 100 000"),
        ({"access": "secret"}, "access", "Valeurs possibles"),
        ({"name_0": "", "function_0": "Maire"}, "name_0", "Ligne 1 : écrivez aussi le nom"),
        ({"name_0": "A" * 201}, "name_0", "200 signes au plus"),
        ({"description_en": "a\x07b"}, "description_en", "un signe invisible (U+0007)"),
    ],
)
async def test_mistake_is_named_by_field_and_nothing_typed_is_lost(
    claire: httpx.AsyncClient, editor: httpx.AsyncClient, changes: dict[str, str], field: str, sentence: str
):
    before = await draft(editor)
    typed = {"title_en": "Kept as typed", "name_1": "Ada", "function_1": "Mayor", **changes}
    answer = await change(claire, FORM, **typed)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    again = fields(answer, FORM)
    assert again["title_en"] == typed["title_en"]
    assert "Ada" in again.values()
    kept = {name: value for name, value in changes.items() if name in {"title_fr", "start", "end", "capacity"}}
    assert {name: again[name] for name in kept} == kept
    assert await draft(editor) == before


@pytest.mark.usefixtures("released")
async def test_mistake_is_said_in_the_person_s_language(claire: httpx.AsyncClient):
    answer = await claire.post(f"{FORM}?lang=es", data=fields(await claire.get(FORM), FORM) | {"end": "?"})
    assert "Fin: escriba una hora, por ejemplo 14.30" not in words(answer)
    assert "Fin: escriba una hora, por ejemplo 16.00" in words(answer)


@pytest.mark.usefixtures("released")
async def test_people_are_added_and_removed_without_scripts(claire: httpx.AsyncClient, editor: httpx.AsyncClient):
    await change(claire, FORM, name_0="Ada Quell", function_0="Maire", role_0="chair", name_2="Bob", role_2="moderator")
    saved = await draft(editor)
    assert saved["speakers"] == [
        {"name": "Ada Quell", "function": "Maire", "role": "chair"},
        {"name": "Bob", "function": "", "role": "moderator"},
    ]
    again = fields(await claire.get(FORM), FORM)
    assert sum(name.startswith("name_") for name in again) == 5
    await change(claire, FORM, name_0="", function_0="")
    assert [one["name"] for one in (await draft(editor))["speakers"]] == ["Bob"]


@pytest.mark.usefixtures("released")
async def test_new_session_is_added_once_however_often_it_is_sent(claire: httpx.AsyncClient, desk: Desk):
    page = await claire.get(f"{LIST}/seances/nouvelle?jour=2026-07-09")
    (action,) = [part.split('"')[0] for part in page.text.split('action="')[1:] if "/seances/" in part.split('"')[0]]
    typed = fields(page, action)
    assert typed["date"] == "2026-07-09"
    typed |= {"title_fr": "Atelier neuf", "start": "9h", "end": "10h", "kind": "atelier"}
    for _ in range(2):
        assert (await claire.post(action, data=typed)).status_code == 303
    page = words(await claire.get(LIST))
    assert "Atelier neuf" in page
    assert "Nouvelle" in page
    saved = await desk.store.saved("raict-2026")
    assert len(saved.draft.sessions) == 16


@pytest.mark.usefixtures("released")
async def test_copy_is_kept_only_once_it_is_saved(claire: httpx.AsyncClient, desk: Desk):
    page = await claire.get(f"{LIST}/seances/nouvelle?de=2026-01")
    assert "Rien n’est gardé avant l’enregistrement." in words(page)
    assert len((await desk.store.saved("raict-2026")).draft.sessions) == 15
    (action,) = [part.split('"')[0] for part in page.text.split('action="')[1:] if "/seances/" in part.split('"')[0]]
    assert action != FORM
    assert (await claire.post(action, data=fields(page, action))).status_code == 303
    assert len((await desk.store.saved("raict-2026")).draft.sessions) == 16


@pytest.mark.usefixtures("released")
async def test_removal_asks_first_and_can_be_undone(claire: httpx.AsyncClient, editor: httpx.AsyncClient):
    before = await draft(editor)
    ask = f"{FORM}/retirer"
    page = await claire.get(ask)
    assert "Le public la verra annulée à la prochaine version" in words(page)
    assert await draft(editor) == before
    for _ in range(2):
        assert (await claire.post(ask, data=fields(page, ask))).status_code == 303
    assert "Retirée, sera annulée" in words(await claire.get(LIST))
    assert (await claire.get(ask)).status_code == 404
    form = await claire.get(FORM)
    assert "Cette séance est retirée du brouillon." in words(form)
    assert (await claire.post(FORM, data=fields(form, FORM))).status_code == 303
    assert await draft(editor) == before
    assert "Aucun changement à publier" in words(await claire.get(LIST))


@pytest.mark.usefixtures("released")
async def test_reader_of_the_team_sees_the_draft_and_changes_nothing(
    staff: httpx.AsyncClient, editor: httpx.AsyncClient, claire: httpx.AsyncClient
):
    form = fields(await claire.get(FORM), FORM)
    page = await staff.get(LIST)
    assert "Publier la version" not in words(page)
    assert "/seances/" not in page.text
    paths = (FORM, f"{FORM}/retirer", f"{LIST}/salles", f"{LIST}/publier")
    assert [(await staff.get(path)).status_code for path in (*paths, f"{LIST}/seances/nouvelle")] == [403] * 5
    posts = (FORM, f"{FORM}/retirer", f"{LIST}/salles/nouvelle", f"{LIST}/formats/nouvelle", f"{LIST}/publier")
    assert [(await staff.post(path, data=form)).status_code for path in posts] == [403] * 5


async def test_editor_without_an_edition_says_so(claire: httpx.AsyncClient):
    assert "Aucune édition n’est enregistrée." in words(await claire.get(LIST))
    assert (await claire.get(f"{LIST}/publier")).status_code == 404


@pytest.mark.usefixtures("released")
async def test_day_is_chosen_from_tabs(claire: httpx.AsyncClient):
    everything, second = await claire.get(LIST), await claire.get(f"{LIST}?jour=2026-07-09")
    assert everything.text.count('role="rowheader"') == 15
    assert 0 < second.text.count('role="rowheader"') < 15
    assert (await claire.get(f"{LIST}?jour=never")).text.count('role="rowheader"') == 15


@pytest.mark.usefixtures("released")
async def test_rooms_are_added_renamed_and_removed_when_unused(claire: httpx.AsyncClient, desk: Desk):
    page = f"{LIST}/salles"
    added = await claire.post(f"{page}/nouvelle", data={"name": "Grand salon", "capacity": "1 200"})
    assert added.headers["location"] == f"{page}?fait=salle"
    room = (await desk.store.saved("raict-2026")).draft.rooms[-1]
    assert (room.id, room.name, room.capacity) == ("grand-salon", "Grand salon", 1200)
    await claire.post(f"{page}/grand-salon", data={"name": "Petit salon", "capacity": "", "action": "save"})
    room = (await desk.store.saved("raict-2026")).draft.rooms[-1]
    assert (room.id, room.name, room.capacity) == ("grand-salon", "Petit salon", None)
    used = (await desk.store.saved("raict-2026")).draft.rooms[0]
    refused = await claire.post(f"{page}/{used.id}", data={"name": used.name, "action": "remove"})
    assert refused.status_code == 422
    assert "sert encore à" in words(refused)
    assert (await claire.post(f"{page}/grand-salon", data={"action": "remove"})).status_code == 303
    assert len((await desk.store.saved("raict-2026")).draft.rooms) == 3
    for wrong, at in (({"name": ""}, "nouvelle"), ({"name": "Salon", "capacity": "beaucoup"}, "nouvelle-places")):
        answer = await claire.post(f"{page}/nouvelle", data=wrong)
        assert answer.status_code == 422
        assert f'id="salle-{at}-error"' in answer.text


@pytest.mark.usefixtures("released")
async def test_formats_are_added_renamed_and_removed_when_unused(claire: httpx.AsyncClient, desk: Desk):
    page = f"{LIST}/formats"
    body = {"label_fr": "Table ronde", "label_en": "Round table", "label_es": "", "tone": "meeting"}
    assert (await claire.post(f"{page}/nouvelle", data=body)).status_code == 303
    kind = (await desk.store.saved("raict-2026")).draft.kinds[-1]
    assert (kind.id, kind.label) == ("table-ronde", {"fr": "Table ronde", "en": "Round table"})
    assert (await claire.post(f"{page}/nouvelle", data={**body, "label_fr": ""})).status_code == 422
    assert (await claire.post(f"{page}/nouvelle", data={**body, "tone": "vif"})).status_code == 422
    assert (await claire.post(f"{page}/atelier", data={"action": "remove"})).status_code == 422
    assert (await claire.post(f"{page}/table-ronde", data={"action": "remove"})).status_code == 303


@pytest.mark.usefixtures("released")
async def test_journal_says_who_saved_which_fields(claire: httpx.AsyncClient, desk: Desk):
    await change(claire, title_en="Another", end="17h")
    (entry,) = await desk.store.database["audit"].find({"action": "session.save"}).to_list(None)
    assert (entry["subject"], entry["fields"]) == ("raict-2026/2026-01", ["title", "end"])
    assert entry["actor"].startswith("staff:")
