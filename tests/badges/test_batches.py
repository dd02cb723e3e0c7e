"""Badges printed in batches: chosen, counted, recorded, and what the paper says of what changed since."""

import asyncio
import re
from typing import Any

import httpx
import pymupdf
import pytest

from services.badges import actions
from services.badges.exporting import export
from shared.events.registration import Erased
from tests.badges.factories import (
    BASE,
    amended,
    cancelled,
    confirmed,
    edition_changed,
    envelope,
    signed_in,
    tell,
    transferred,
)

PAGE = "/equipe/badges/tirages"
PEOPLE = {
    "r1": ("Solène", "Kervadec-Diallo", "Montreuil", "elu"),
    "r2": ("Awa", "Diédhiou", "Région Bretagne", "agent"),
    "r3": ("", "Tovonay", "Région Haute Matsiatra", "delegation"),
    "r4": ("Élodie", "Éboué", "Montreuil", "agent"),
    "r5": ("Zoé", "Ebert", "Ville de Lyon", "elu"),
}


def person(registration: str, **changes: Any) -> dict[str, Any]:
    """The facts about one of these people, with changes."""
    given, family, organisation, category = PEOPLE[registration]
    named = {"given_name": given, "family_name": family, **changes.pop("person", {})}
    place = confirmed().organisation.model_copy(update={"name": organisation})
    labels = {"elu": "Élue ou élu", "agent": "Agent", "delegation": "Délégation"}
    return {
        "person": named,
        "organisation": place,
        "category": category,
        "category_label": {"fr": labels[category]},
        **changes,
    }


@pytest.fixture
async def team(site, store, workshop) -> httpx.AsyncClient:
    """Somebody in the role `registrations`, and five people with badges."""
    await tell(store, edition_changed(), 1)
    for registration in PEOPLE:
        await tell(store, confirmed(registration, **person(registration)), 1)
    await drawn(store, workshop)
    return signed_in(site, "registrations")


async def drawn(store, workshop) -> None:
    while await actions.issue_due(store, workshop):
        pass


def button(page: str) -> dict[str, str]:
    """The fields behind the button that prints, and its words."""
    form = re.search(r'<form[^>]*method="post" action="/equipe/badges/tirages">(.*?)</form>', page, re.DOTALL)
    if form is None:
        return {}
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))
    return {**fields, "word": " ".join(re.sub(r"<[^>]+>", " ", form[1].split("<button")[1].split(">", 1)[1]).split())}


async def press(team: httpx.AsyncClient, fields: dict[str, str]) -> httpx.Response:
    return await team.post(PAGE, data=fields, headers={"Origin": BASE})


async def printed(team: httpx.AsyncClient, **choice: str) -> str:
    """Choose, print; the address of the batch."""
    fields = button((await team.get(PAGE, params=choice)).text)
    answer = await press(team, fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def paper(team: httpx.AsyncClient, batch: str) -> list[str]:
    """The family names on a batch's pages, in their order."""
    answer = await team.get(f"{batch}/badges.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    texts = [page.get_text() for page in pymupdf.open(stream=answer.content)]
    family = {names[1].casefold().split("-")[0]: key for key, names in PEOPLE.items()}
    return [family[word] for text in texts for word in re.findall(r"\w+", text.casefold()) if word in family]


async def test_all_badges_are_printed_in_the_order_of_french_names(team):
    batch = await printed(team, lesquels="all", format="one")
    assert await paper(team, batch) == ["r2", "r5", "r4", "r1", "r3"]


@pytest.mark.parametrize(
    ("order", "found"),
    [("organisation", ["r4", "r1", "r2", "r3", "r5"]), ("category", ["r2", "r4", "r3", "r5", "r1"])],
)
async def test_badges_are_sorted_by_what_is_asked_then_by_name(team, order, found):
    assert await paper(team, await printed(team, lesquels="all", format="one", ordre=order)) == found


@pytest.mark.parametrize(
    ("choice", "count"),
    [
        ({}, "5 badges"),
        ({"categorie": "agent"}, "2 badges"),
        ({"structure": "région"}, "2 badges"),
        ({"structure": "montr", "categorie": "elu"}, "1 badge"),
        ({"lesquels": "never"}, "5 badges"),
    ],
    ids=str,
)
async def test_button_says_how_many_badges_it_prints(team, choice, count):
    page = (await team.get(PAGE, params=choice)).text
    assert button(page)["word"].startswith(f"Imprimer {count}")
    fields = button(page)
    batch = (await press(team, fields)).headers["location"]
    assert f"{count}, par Claire Morvan" in (await team.get(batch)).text


async def test_only_what_is_new_or_changed_is_printed_next(team, store, workshop):
    await printed(team)
    page = (await team.get(PAGE)).text
    assert button(page) == {}
    assert "Rien à imprimer" in page
    await tell(store, amended("r2", **person("r2", person={"function": "Directrice"})), 2)
    await tell(store, amended("r4", **person("r4", category="elu", category_label={"fr": "Élue ou élu"})), 2)
    await tell(store, amended("r5", **person("r5")), 2)
    await tell(store, confirmed("r6", **person("r1", person={"given_name": "Ann", "family_name": "Ebert"})), 1)
    await drawn(store, workshop)
    assert button((await team.get(PAGE, params={"lesquels": "changed"})).text)["nombre"] == "2"
    assert button((await team.get(PAGE, params={"lesquels": "never"})).text)["nombre"] == "1"
    batch = await printed(team, format="one")
    assert await paper(team, batch) == ["r2", "r5", "r4"]  # Ann Ebert, of r6, has the name of r5
    replaced = (await team.get(batch)).text.split("À remplacer")[1].split("</section>")[0]
    assert re.findall(r"/equipe/inscriptions/(r\d)", replaced) == ["r2", "r4"]


@pytest.mark.parametrize("change", ["function", "given_name", "family_name"])
async def test_change_of_what_stands_on_it_makes_a_badge_changed(team, store, change):
    await printed(team)
    await tell(store, amended("r1", **person("r1", person={change: "Autre"})), 2)
    assert button((await team.get(PAGE)).text)["nombre"] == "1"


async def test_changed_back_is_not_changed(team, store):
    await printed(team)
    await tell(store, amended("r1", **person("r1", person={"function": "Autre"})), 2)
    await tell(store, amended("r1", **person("r1")), 3)
    assert button((await team.get(PAGE)).text) == {}


async def test_what_stands_on_no_badge_changes_none(team, store):
    await printed(team)
    await tell(store, amended("r1", **person("r1", person={"email": "other@example.org"})), 2)
    assert button((await team.get(PAGE)).text) == {}


async def test_batch_never_differs_from_its_record(team, store, workshop):
    batch = await printed(team, format="one")
    await tell(store, amended("r2", **person("r2", person={"function": "Directrice"})), 2)
    await tell(store, cancelled("r3", **person("r3")), 2)
    await drawn(store, workshop)
    assert await paper(team, batch) == ["r5", "r4", "r1"]
    page = (await team.get(batch)).text
    assert "1 badge a changé depuis" in page
    assert "1 badge n’est plus valable" in page
    again = button(page)
    assert again["word"].startswith("Imprimer encore ces 4 badges")
    second = (await press(team, again)).headers["location"]
    assert await paper(team, second) == ["r2", "r5", "r4", "r1"]
    assert button((await team.get(PAGE)).text) == {}


async def test_revoked_badge_is_not_printed_and_is_to_be_destroyed_if_it_was(team, store, workshop):
    await printed(team, categorie="elu")
    await tell(store, cancelled("r1", **person("r1")), 2)
    await tell(store, cancelled("r2", **person("r2")), 2)
    await tell(
        store, transferred("r5", **{**person("r5"), "person": {"given_name": "Maëlle", "family_name": "Autret"}}), 2
    )
    await drawn(store, workshop)
    page = (await team.get(PAGE, params={"lesquels": "all"})).text
    void = page.split("À détruire</h2>")[1].split("</section>")[0]
    assert sorted(re.findall(r"<bdi>(.*?)</bdi>", void)) == ["Solène Kervadec-Diallo", "Zoé Ebert"]
    assert "Inscription annulée" in void
    assert "Transmis" in void
    assert button(page)["nombre"] == "3"
    assert "Maëlle" not in void


async def test_nothing_is_printed_where_nothing_answers(team, store):
    page = (await team.get(PAGE, params={"structure": "nulle part"})).text
    assert "Aucun badge ne répond à ce choix" in page
    assert button(page) == {}
    answer = await press(team, {"structure": "nulle part", "nombre": "0"})
    assert answer.status_code == 422
    assert "rien n’a été imprimé" in answer.text
    assert await store.batches("raict-2026") == []


async def test_badges_that_are_still_being_made_are_counted_apart(team, store):
    await tell(store, confirmed("r6", **person("r1")), 1)
    await tell(
        store, amended("r2", **person("r2", person={"function": "Directrice"})), 2
    )  # drawn again: printed as it is
    page = (await team.get(PAGE)).text
    assert "1 badge est encore en préparation" in page
    assert button(page)["nombre"] == "5"


async def test_page_without_any_badge_says_so(site, store):
    await tell(store, edition_changed(), 1)
    assert "Aucun badge encore" in (await signed_in(site, "registrations").get(PAGE)).text


async def test_number_that_changed_is_told_before_anything_is_printed(team, store, workshop):
    fields = button((await team.get(PAGE)).text)
    await tell(store, confirmed("r6", **person("r1")), 1)
    await drawn(store, workshop)
    answer = await press(team, fields)
    assert answer.status_code == 409
    assert "le nombre de badges a changé" in answer.text
    assert button(answer.text)["nombre"] == "6"
    assert await store.batches("raict-2026") == []


async def test_button_pressed_twice_makes_one_batch_and_one_entry_in_the_journal(team, store):
    fields = button((await team.get(PAGE)).text)
    answers = await asyncio.gather(*(press(team, fields) for _ in range(3)))
    assert len({answer.headers["location"] for answer in answers}) == 1
    (batch,) = await store.batches("raict-2026")
    entries = await store.database["audit"].find({"action": "batch.print"}).to_list(None)
    assert [(one["actor"], one["subject"]) for one in entries] == [("staff:a1", batch.id)]


async def test_batch_that_never_became_paper_is_forgotten(team, store):
    batch = await printed(team)
    answer = await team.post(f"{batch}/ecarter", headers={"Origin": BASE})
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert button((await team.get(PAGE)).text)["nombre"] == "5"
    assert (await team.get(batch)).status_code == 404
    actions_noted = [one["action"] for one in await store.database["audit"].find().sort("at", 1).to_list(None)]
    assert actions_noted == ["batch.print", "batch.discard"]


async def test_erased_person_is_in_no_batch(team, store):
    await printed(team)
    assert [one["generation"] for one in (await export(store, "r1"))["prints"]] == [1]
    fact = Erased(registration="r1", edition="raict-2026", at=confirmed().registered_at)
    await actions.erase(store, envelope(fact, 2), fact)
    await actions.erasing(store).step()
    (batch,) = await store.batches("raict-2026")
    whole = await store.batch(batch.id)
    assert (whole.count, sorted(one.registration for one in whole.prints)) == (5, ["r2", "r3", "r4", "r5"])
    assert "1 badge n’est plus valable" in (await team.get(f"{PAGE}/{batch.id}")).text


async def test_four_on_a_sheet_are_in_order_when_the_pile_is_cut_and_stacked(team):
    answer = await team.get(f"{await printed(team, lesquels='all', format='four')}/badges.pdf")
    pages = pymupdf.open(stream=answer.content)
    assert len(pages) == 2
    assert [round(side / 72 * 25.4) for side in pages[0].rect[2:]] == [210, 297]
    order = ["DIÉDHIOU", "EBERT", "ÉBOUÉ", "KERVADEC-", "TOVONAY"]
    places = {}
    for number, page in enumerate(pages):
        for x, y, _, _, word, *_ in page.get_text("words"):
            if word in order:
                quarter = (y > page.rect.height / 2) * 2 + (x > page.rect.width / 2)
                places[word] = (quarter, number)
    assert sorted(order, key=places.__getitem__) == order
    assert len(places) == 5


@pytest.mark.parametrize("lang", ["fr", "en", "es"])
async def test_pages_speak_three_languages(team, lang):
    team.headers["Accept-Language"] = lang
    batch = await printed(team)
    word = {"fr": "Tirage du", "en": "Batch of", "es": "Tirada del"}[lang]
    assert word in (await team.get(batch)).text
    title = pymupdf.open(stream=(await team.get(f"{batch}/badges.pdf")).content).metadata["title"]
    begins = {
        "fr": "Badges, RAICT 2026\u00a0: tirage du",
        "en": "Badges, RAICT 2026: batch of",
        "es": "Acreditaciones, RAICT 2026: tirada del",
    }
    assert title.startswith(begins[lang])


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/x", f"{PAGE}/x/badges.pdf"])
async def test_printing_is_for_who_manages_registrations(site, team, path):
    assert (await signed_in(site, "desk").get(path)).status_code == 403
    assert (await signed_in(site, "registrations").get(path)).status_code in {200, 404}
