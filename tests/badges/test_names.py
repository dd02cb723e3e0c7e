"""Names are found however they are typed, and listed by family name."""

import pytest

from services.badges.domain import names
from tests.badges.factories import confirmed, edition_changed, signed_in, tell

PEOPLE = [
    ("Solène", "Kervadec-Diallo", "Montreuil"),
    ("", "Tovonay", "Cœur d’Ostrevent"),
    ("Łukasz", "Ørsted", "Wrocław"),
    ("José", "Núñez", "Alcaldía de Pereira"),
    ("Awa", "Diédhiou", "Ziguinchor"),
]


@pytest.fixture
async def crowd(store):
    """Five people, heard of in no particular order."""
    await tell(store, edition_changed(), 1)
    for number, (given, family, organisation) in enumerate(PEOPLE):
        fact = confirmed(f"p{number}", person={"given_name": given, "family_name": family})
        fact = fact.model_copy(update={"organisation": fact.organisation.model_copy(update={"name": organisation})})
        await tell(store, fact, 1)


def test_words_have_no_accents_ligatures_capitals_or_punctuation():
    assert names.words("Kervadec-Diallo, CŒUR d’Ostrevent, Straße, Ørsted") == (
        ["kervadec", "diallo", "coeur", "d", "ostrevent", "strasse", "orsted"]
    )
    assert names.words("東京 محمد Ελένη") == ["東京", "محمد", "ελενη"]
    assert names.words(".*$ <>") == []


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("diedhiou", ["p4"]),
        ("DIALLO sol", ["p0"]),
        ("sol kerv", ["p0"]),
        ("coeur", ["p1"]),
        ("lukasz", ["p2"]),
        ("orst wroc", ["p2"]),
        ("nunez", ["p3"]),
        ("d", ["p4", "p0", "p3", "p1"]),
        ("", ["p4", "p0", "p3", "p2", "p1"]),
        ("edhiou", []),
        ("…", []),
    ],
)
async def test_search_takes_beginnings_of_words_and_answers_by_family_name(store, crowd, sought, found):
    answer = await store.search("raict-2026", sought, None, 0, 10)
    assert [holder.registration for holder, _ in answer] == found


async def test_people_stored_before_names_were_indexed_are_found(store, crowd):
    await store.database.holders.update_many({}, {"$unset": {"words": 1, "place": 1}})
    assert await store.search("raict-2026", "nunez", None, 0, 10) == []
    assert await store.index_names() is False
    ((holder, _),) = await store.search("raict-2026", "nunez", None, 0, 10)
    assert holder.registration == "p3"


async def test_list_is_in_the_order_of_family_names(site, crowd):
    page = (await signed_in(site, "desk").get("/equipe/badges")).text
    shown = [page.index(family) for family in ("Diédhiou", "Kervadec", "Núñez", "Ørsted", "Tovonay")]
    assert shown == sorted(shown)
