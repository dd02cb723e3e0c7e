"""Two people at the same session: both versions are shown, nothing is lost, and one chooses."""

import httpx
import pytest

from tests.programme.forms import fields, words
from tests.programme.test_api import release
from tests.programme.test_editor import FORM, LIST, change, draft


@pytest.fixture
async def opened(editor: httpx.AsyncClient, claire: httpx.AsyncClient) -> dict[str, str]:
    """Claire has the form of a released session open."""
    await release(editor)
    return fields(await claire.get(FORM), FORM)


async def test_second_save_shows_both_versions_and_saves_the_chosen_fields(
    opened: dict[str, str], claire: httpx.AsyncClient, ines: httpx.AsyncClient, editor: httpx.AsyncClient
):
    await change(ines, room="", title_fr="Titre d’Inès", end="16h15")
    answer = await claire.post(FORM, data={**opened, "title_fr": "Titre de Claire", "capacity": "12"})
    assert answer.status_code == 409
    page = words(answer)
    assert "Inès Belkacem a modifié cette séance avant vous. Voici les deux versions, choisissez." in page
    for said in ("Titre d’Inès", "Titre de Claire", "sans salle", "16 h 15"):
        assert said in page
    assert (await draft(editor))["title"]["fr"] == "Titre d’Inès"

    form = fields(answer, FORM)
    chosen = {name[5:]: value for name, value in form.items() if name.startswith("keep_")}
    assert chosen == {"title_fr": "mine", "end": "theirs", "room": "theirs", "capacity": "mine"}
    assert (await claire.post(FORM, data=form)).status_code == 303
    saved = await draft(editor)
    assert (saved["title"]["fr"], saved["room"], saved["end"], saved["capacity"]) == (
        "Titre de Claire", None, "16:15:00", 12,
    )  # fmt: skip


async def test_third_save_meanwhile_is_a_conflict_again(
    opened: dict[str, str], claire: httpx.AsyncClient, ines: httpx.AsyncClient, editor: httpx.AsyncClient
):
    await change(ines, title_fr="Premier")
    first = await claire.post(FORM, data={**opened, "title_fr": "Le mien"})
    await change(ines, title_fr="Deuxième")
    second = await claire.post(FORM, data=fields(first, FORM))
    assert second.status_code == 409
    assert "Deuxième" in words(second)
    assert fields(second, FORM)["title_fr"] == "Le mien"


async def test_people_are_one_thing_to_choose(
    opened: dict[str, str], claire: httpx.AsyncClient, ines: httpx.AsyncClient, editor: httpx.AsyncClient
):
    await change(ines, name_0="Ada", function_0="Maire", role_0="chair")
    answer = await claire.post(FORM, data={**opened, "name_0": "Bob"})
    assert "Ada, Maire, présidence" in words(answer)
    form = fields(answer, FORM)
    assert (await claire.post(FORM, data={**form, "keep_people": "theirs"})).status_code == 303
    assert [one["name"] for one in (await draft(editor))["speakers"]] == ["Ada"]


async def test_session_removed_meanwhile_can_be_put_back_as_typed(
    opened: dict[str, str], claire: httpx.AsyncClient, ines: httpx.AsyncClient, editor: httpx.AsyncClient
):
    ask = f"{FORM}/retirer"
    await ines.post(ask, data=fields(await ines.get(ask), ask))
    answer = await claire.post(FORM, data={**opened, "title_fr": "Quand même"})
    assert answer.status_code == 409
    assert "Inès Belkacem a retiré cette séance avant vous." in words(answer)
    assert (await claire.post(FORM, data=fields(answer, FORM))).status_code == 303
    assert (await draft(editor))["title"]["fr"] == "Quand même"


async def test_removal_of_a_changed_session_asks_again(
    opened: dict[str, str], claire: httpx.AsyncClient, ines: httpx.AsyncClient, editor: httpx.AsyncClient
):
    ask = f"{FORM}/retirer"
    form = fields(await claire.get(ask), ask)
    await change(ines, title_fr="Tout autre chose")
    answer = await claire.post(ask, data=form)
    assert answer.status_code == 409
    assert "Tout autre chose" in words(answer)
    assert (await draft(editor))["title"]["fr"] == "Tout autre chose"
    assert (await claire.post(ask, data=fields(answer, ask))).status_code == 303


async def test_two_people_at_two_sessions_do_not_meet(
    opened: dict[str, str], claire: httpx.AsyncClient, ines: httpx.AsyncClient
):
    assert (await change(ines, f"{LIST}/seances/2026-02", title_fr="Autre")).status_code == 303
    assert (await claire.post(FORM, data={**opened, "title_fr": "Le mien"})).status_code == 303


async def test_nonsense_in_hidden_fields_breaks_nothing(
    opened: dict[str, str], claire: httpx.AsyncClient, ines: httpx.AsyncClient
):
    await change(ines, title_fr="Autre")
    for version, base in (("x", "{"), ("²", "[]"), ("-1", "[" * 5000), ("9" * 5000, "{}"), ("", "")):
        answer = await claire.post(FORM, data={**opened, "title_fr": "Mien", "version": version, "base": base})
        assert answer.status_code == 409
