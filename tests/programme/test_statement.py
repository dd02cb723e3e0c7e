"""The accessibility statement: what RGAA asks for, and the results as they were written down, also the bad ones."""

import json

import httpx
import pytest

from services.programme.web import statement
from tests.journeys.addresses import visited_pages
from tests.programme.test_api import release
from tests.statement import LOOKS

LAW = (
    "article 47 de la loi",
    "http://127.0.0.1:8080",
    "Non conforme : aucun audit",
    "Établie le",
    "HTML, CSS, ARIA, SVG, JavaScript, PDF",
    "Environnement de test",
    "mailto:coop-dec@cites-unies-france.org",
    "https://formulaire.defenseurdesdroits.fr/",
    "Libre réponse 71120",
)
"""Of the parts that a statement must have, what is said in each."""


async def shown(visitor: httpx.AsyncClient, lang: str = "fr") -> str:
    answer = await visitor.get("/accessibilite", headers={"Accept-Language": lang})
    assert answer.status_code == 200
    return answer.text.replace("\u00a0", " ")


async def test_statement_has_the_parts_that_the_law_asks_for(editor: httpx.AsyncClient, visitor: httpx.AsyncClient):
    await release(editor)
    page = await shown(visitor)
    assert [words for words in LAW if words not in page] == []


BAD = ["test_page[/programme]", "test_page[/]"]


@pytest.mark.parametrize(
    ("lang", "failed", "said"),
    [
        ("fr", [], "Aucune vérification n’a échoué."),
        ("fr", BAD, "2 vérifications ont échoué."),
        ("en", [], "No check failed."),
        ("en", BAD, "2 checks failed."),
        ("es", [], "Ninguna comprobación falló."),
        ("es", BAD, "2 comprobaciones fallaron."),
    ],
)
async def test_statement_says_what_failed(visitor: httpx.AsyncClient, monkeypatch, tmp_path, lang, failed, said):
    kept = json.loads(statement.RESULTS.read_text())
    for name, look in kept["looks"].items():
        look.update(done=7, failed=failed if name == "pages" else [])
    monkeypatch.setattr(statement, "RESULTS", tmp_path / "results.json")
    statement.RESULTS.write_text(json.dumps(kept))
    page = await shown(visitor, lang)
    assert said in page
    assert ", ".join(failed) in page


def test_results_are_as_new_as_the_list_of_pages():
    """`make accessibility` writes them down again."""
    kept = json.loads(statement.RESULTS.read_text())
    assert kept["pages"] == visited_pages()
    assert [name for name, look in kept["looks"].items() if not look["done"]] == []
    assert list(kept["looks"]) == list(statement.LOOKS) == list(LOOKS)
