"""A list that the team sends is judged line by line before anybody is registered."""

import csv
import io
from html import unescape

import pytest

from services.registration import actions
from services.registration.web.lines import READ
from shared import tables
from shared.events.registration import Confirmed
from shared.ids import new_id
from shared.web import staff_cookie_name
from tests.registration.conftest import (
    EDITION,
    a_category,
    a_session,
    a_word,
    an_application,
    manage_url,
    opened,
)
from tests.registration.lists import PATH, YES, a_csv, a_line, carry_out, imported, sent, shown, states, told
from tests.registration.test_actions import facts
from tests.registration.test_exports import exported
from tests.registration.test_staff import a_person
from tests.shared.test_tables import an_xlsx


async def test_nobody_is_registered_by_sending_a_list(team, store):
    page = await shown(team, await sent(team, a_line(), a_line("Goff")))
    assert "Importer 2 lignes" in page
    assert await store.database.registrations.count_documents({}) == 0
    assert await facts(store, Confirmed) == []


async def test_each_mistake_names_line_column_value_and_what_is_right(team, store):
    await opened(store, categories=(a_category(), a_category("presse", label={"fr": "Presse", "en": "Press"})))
    lines = (
        a_line("Bon"),
        a_line("Un", **{"Adresse électronique": "un.mairie.example"}),
        a_line("Deux", Catégorie="Roi", Fonction=""),
        a_line("Trois", Pays="Atlantide", Langue="breton", **{"Accord pour l’image": "peut-être"}),
        a_line("x" * 61, Séances="Atelier 2026-01 ; Rien", Accueil="Caviar"),
        a_line("Cinq\u200b", **{"Adresse électronique": "cinq@x.example", "Téléphone mobile": "non"}),
    )
    address = await sent(team, *lines)
    assert told(await shown(team, address)) == [
        ("3", "Adresse électronique", "un.mairie.example", "Adresse électronique : il manque le signe @."),
        ("4", "Fonction", "vide", "Fonction : écrivez-la comme vous la dites."),
        ("4", "Catégorie", "Roi", "Catégorie : écrivez l’une de celles-ci : Élue ou élu, Presse."),
        ("5", "Pays", "Atlantide", "Pays : écrivez son nom en entier, ou son code de deux lettres."),
        ("5", "Langue", "breton", "Langue : écrivez français, anglais ou espagnol, ou fr, en, es."),
        ("5", "Accord pour l’image", "peut-être", "Écrivez oui ou non."),
        ("6", "Nom", "x" * 61, "Nom : 60 signes au plus, il y en a 61."),
        (
            "6",
            "Séances",
            "Atelier 2026-01 ; Rien",
            "Séances : « Rien » n’est pas au programme sur inscription. Écrivez le titre exact, ou l’identifiant.",
        ),
        ("6", "Accueil", "Caviar", "Accueil : « Caviar » n’est pas proposé. Écrivez-le dans « Autre besoin »."),
        ("7", "Nom", "Cinq\u200b", "Nom : il contient un signe invisible (U+200B). Retapez-le au clavier."),
        (
            "7",
            "Téléphone mobile",
            "non",
            "Téléphone mobile : écrivez des chiffres, avec l’indicatif du pays, par exemple +33 6 12 34 56 78.",
        ),
    ]
    english = told(await shown(team, address, "en"))
    assert english[2][1:] == ("Catégorie", "Roi", "Category: write one of these: Elected, Press.")
    assert told(await shown(team, address, "es"))[0][3] == "Correo electrónico: falta el signo @."


async def test_longest_name_is_told_as_it_was_typed(team):
    longest = {"Prénom": "x" * 60, "Adresse électronique": "x"}
    assert f"{'x' * 60} {'y' * 60}" in await shown(team, await sent(team, a_line("y" * 60, **longest)))


async def test_cell_of_a_hundred_thousand_signs_is_told_in_few(team, store):
    line = a_line("x" * 100_000, Fonction="y" * 100_000, **{"Adresse électronique": "x@y.example", "z" * 100_000: "w"})
    page = await shown(team, await sent(team, line))
    assert [(row[1], row[2]) for row in told(page)] == [("Nom", f"{'x' * 79}…"), ("Fonction", f"{'y' * 79}…")]
    assert len(page) < 20_000
    assert len(str(await store.database.import_lines.find_one({}))) < 2000


async def test_one_reference_twice_in_a_list_is_to_be_mended(team):
    lines = [a_line("Un", **{"Référence externe": "A"}), a_line("Deux", **{"Référence externe": "A"})]
    page = await shown(team, await sent(team, *lines))
    assert told(page) == [("3", "Référence externe", "A", "La ligne 2 a la même référence : gardez l’une des deux.")]


async def test_two_sessions_at_one_time_are_to_be_mended(team, store):
    await opened(store, a_session(), a_session("2026-02"))
    ((_, column, _, right),) = told(await shown(team, await sent(team, a_line(Séances="2026-01|2026-02"))))
    assert (column, "deux ateliers en même temps, gardez-en un" in right) == ("Séances", True)


@pytest.mark.parametrize("lang", ["fr", "en", "es"])
async def test_export_comes_back_and_knows_everybody(team, store, lang):
    await opened(store, a_session(), a_session("2026-02", hour=15))
    await imported(team, store, a_line(Séances="2026-01 2026-02", **{"Référence externe": "7", "Fonction": "=1+1"}))
    await a_person(store, "Partie")
    answer = await team.post(f"/equipe/inscriptions/exporter?lang={lang}", data={"format": "xlsx", "needs": "yes"})
    address = await sent(team, content=answer.content, lang=lang)
    assert list((await states(store)).values()).count("known") == 2
    assert "Colonnes d’un export que l’import ne lit pas" in await shown(team, address)


@pytest.mark.parametrize("lang", ["fr", "en", "es"])
async def test_export_of_one_edition_registers_the_same_people_in_another(team, store, lang):
    await opened(store, a_session(), a_session("2026-02", hour=15))
    first = an_application(
        sessions=("2026-01", "2026-02"), phone="+33 6 12 34 56 78", needs=("lsf",), needs_other="noix"
    )
    made = await actions.register(store, first, id=new_id(), key=None, manage_url=manage_url)
    before = await exported(team, lang, needs="yes")
    answer = await team.post(f"/equipe/inscriptions/exporter?lang={lang}", data={"format": "csv", "needs": "yes"})
    await actions.erase(store, made.id)
    await team.post(await sent(team, content=answer.content, lang=lang), data=YES)
    await carry_out(store)
    after = await exported(team, lang, needs="yes")
    moving = [heading for heading in before[0] if before[0][heading] != after[0][heading]]
    assert len(moving) <= 2  # its id, and perhaps the minute it came in


async def test_who_cancelled_is_not_brought_back_by_an_export(team, store):
    await actions.cancel(store, await a_person(store), manage_url=manage_url)
    answer = await team.post("/equipe/inscriptions/exporter", data={"format": "csv"})
    lines = [*csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")]
    page = await shown(team, await sent(team, {**lines[0], "Identifiant": ""}))
    assert told(page) == [
        ("2", "État", "Annulée", "Cette personne ne vient plus : enlevez la ligne, ou videz son état.")
    ]


async def test_local_authorities_are_recognised_as_on_the_form(team, store):
    await opened(store, categories=(a_category(authorities=True),))
    codes = {"Genre de structure": "commune", "Code de structure": "30239"}
    lines = [a_line("Un", Structure="Montrouge"), a_line("Deux", Structure="Sainte-Colombe")]
    lines += [
        a_line("Trois", Structure="Sainte-Colombe", **codes),
        a_line("Quatre", Structure="Montrouge", Pays="Canada"),
    ]
    address = await imported(team, store, *lines)
    found = {one["person"]["family_name"]: one["organisation"] async for one in store.database.registrations.find()}
    assert {name: (one["kind"], one["code"]) for name, one in found.items()} == {
        "Un": ("commune", "92049"),
        "Trois": ("commune", "30239"),
        "Quatre": ("other", None),
    }
    ((line, column, value, right),) = told(await shown(team, address))
    assert (line, column, value) == ("3", "Structure", "Sainte-Colombe")
    assert "précisez son genre et son code" in right


@pytest.mark.parametrize("between", [";", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
async def test_csv_is_read_as_french_spreadsheets_write_it(team, store, between, encoding):
    await sent(team, content=a_csv(a_line("Éluard"), between=between, encoding=encoding))
    (line,) = await store.database.import_lines.find().to_list(None)
    assert (line["state"], line["name"]) == ("ready", "Solène Éluard")


async def test_workbook_is_read_and_says_which_sheet(team, store):
    line = a_line()
    page = await shown(team, await sent(team, content=await an_xlsx([*line], [[*line.values()]])))
    assert "Feuille lue : Feuille" in page
    assert await states(store) == {2: "ready"}


async def test_unknown_columns_are_named_and_the_rest_is_read(team):
    page = await shown(team, await sent(team, a_line(Machin="1", **{"Reçue": "2026-01-01", "<b>": "x"})))
    assert "2 colonnes ne sont pas connues" in page
    assert "« Machin », « <b> »" in page
    assert "Colonnes d’un export que l’import ne lit pas : Reçue." in page


@pytest.mark.parametrize("headings", [READ, ("Surname", "Role", "Organization", "Category", "Email")])
async def test_headings_are_understood_by_several_names(team, store, headings):
    cells = {
        "category": "elu",
        "email": "a@b.example",
        "Category": "elu",
        "Email": "a@b.example",
        "needs": "",
        "language": "",
    }
    cells |= dict.fromkeys(("organisation_country", "organisation_kind", "phone", "sessions", "waiting", "image"), "")
    cells |= dict.fromkeys(("participants_list", "organisation_code"), "")
    await sent(team, {heading: cells.get(heading, "Texte") for heading in headings})
    assert await states(store) == {2: "ready"}


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("fr", "Colonnes introuvables : Fonction, Adresse électronique. La première ligne"),
        ("en", "Columns not found: Role, Email address. The first row"),
        ("es", "Columnas no encontradas: Cargo, Correo electrónico. La primera fila"),
    ],
)
async def test_missing_columns_are_named(team, store, lang, words):
    line = {key: value for key, value in a_line().items() if key not in {"Fonction", "Adresse électronique"}}
    answer = await team.post(f"{PATH}?lang={lang}", files={"file": ("x.csv", a_csv(line))})
    assert answer.status_code == 422
    assert words in unescape(answer.text).replace("\xa0", " ")
    assert await store.database.imports.count_documents({}) == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Choisissez le fichier"),
        (b"\x89PNG\x00", "ni un CSV"),
        (b"Nom\n", "aucune ligne"),
        (b'Nom;"Pr\nA;B', "un guillemet n’est pas fermé"),
        (b"Nom\n" + b"x\n" * 5001, "plus de 5000 lignes"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "mot de passe"),
    ],
)
async def test_what_is_no_list_is_refused_in_words_on_the_same_page(team, store, content, words):
    answer = await team.post(PATH, files={"file": ("x.csv" if content else "", content)})
    assert answer.status_code == 422
    assert words in unescape(answer.text).replace("\xa0", " ").replace("\u202f", "")
    assert await store.database.import_lines.count_documents({}) == 0


async def test_file_of_five_megabytes_is_taken_and_a_larger_one_is_not(team):
    answer = await team.post(PATH, files={"file": ("x.csv", b"Nom\n" + (b"x" * 999 + b"\n") * 4900)})
    assert (answer.status_code, "Colonnes introuvables" in unescape(answer.text)) == (422, True)
    answer = await team.post(PATH, files={"file": ("x.csv", b"x" * 5_200_000)})
    assert answer.status_code == 413
    assert "5 Mo au plus" in unescape(answer.text).replace("\xa0", " ")
    other = await team.post("/equipe/inscriptions/nouvelle", data={"x": "x" * 1_000_001})
    assert "1 Mo au plus" in unescape(other.text).replace("\xa0", " ")


async def test_template_has_the_columns_that_are_read_and_no_line(team):
    for kind in ("csv", "xlsx"):
        answer = await team.get(f"{PATH}/modele.{kind}")
        with pytest.raises(tables.EmptyTable):
            await tables.read(answer.content, 10)
        filled = (
            [*csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")] if kind == "csv" else [READ]
        )
        assert len(filled[0]) == len(READ)
        assert answer.headers["content-disposition"] == f'attachment; filename="{EDITION}-import.{kind}"'
    assert (await team.get(f"{PATH}/modele.pdf")).status_code == 404


@pytest.mark.parametrize("role", ["programme", "desk", "messages"])
async def test_lists_take_the_role(visitor, store, signer, role, team):
    address = await sent(team, a_line())
    visitor.cookies.set(staff_cookie_name(False), a_word(signer, role, kind="staff"))
    for path in (PATH, f"{PATH}/modele.csv", address):
        assert (await visitor.get(path)).status_code == 403
    for path in (PATH, address, f"{address}/effacer"):
        assert (await visitor.post(path, data=YES)).status_code == 403
    assert await store.database.imports.count_documents({}) == 1
