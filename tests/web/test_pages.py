"""Pages and their frame: escaping, headers, the edition's names, what the header links to, form macros."""

import re
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from jinja2 import Environment

from shared.events.programme import EditionChanged, Venue
from shared.signing import Signer
from shared.web import Pages, Staff, staff
from tests.web.conftest import claims, visit

ROOT = Path(__file__).parents[2]
Make = Callable[..., FastAPI]

EDITION = EditionChanged(
    edition="raict-2026",
    number=17,
    title={"fr": "Rencontres de l’action internationale"},
    short="Rencontres 2026",
    theme={"fr": "Le nouvel ordre mondial", "en": "The new world order"},
    dates=(date(2026, 7, 8), date(2026, 7, 9)),
    timezone="Europe/Paris",
    venue=Venue(name="Salons", address="Paris"),
    organiser="Cités Unies France",
    contact_email="coop-dec@cites-unies-france.org",
    contact_phone="01 53 41 81 81",
)


def routes(pages: Pages) -> APIRouter:
    router = APIRouter()

    @router.get("/inscription")
    async def public(request: Request) -> Response:
        return pages.render(request, "public.html")

    @router.get("/equipe/messages")
    async def team(request: Request, _who: Staff = staff()) -> Response:
        return pages.render(request, "team.html")

    return router


class Links(HTMLParser):
    """Every address a page links to, and whether it has inline style or script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.addresses += [value for name in ("href", "src", "action", "hx-post") if (value := named.get(name))]
        self.inline += [name for name in named if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in named) else []


def test_what_a_person_typed_is_text(pages: Pages) -> None:
    typed = "<script>alert(1)</script>{{7*7}} \"'&"
    assert pages.text("fr", "plain.html", words=typed) == (
        "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}} &#34;&#39;&amp;"
    )


def test_forgotten_word_is_an_error_not_a_gap(pages: Pages) -> None:
    with pytest.raises(Exception, match="words"):
        pages.text("fr", "plain.html")


def test_counted_words_write_their_number_as_the_page_writes_all_others(pages: Pages) -> None:
    counted = [pages.text(lang, "counted.html", count=1270) for lang in ("fr", "en", "es")]
    assert counted == ["1\u00a0270 mots", "1,270 mots", "1.270 mots"]


async def test_public_page_names_the_edition_once_one_is_known(make_app: Make, pages: Pages) -> None:
    async with visit(make_app(routes(pages))) as client:
        assert "<b>Rencontres</b>" in (await client.get("/inscription")).text
        pages.edition = lambda: EDITION
        text = (await client.get("/inscription")).text
        assert "<b>Rencontres 2026</b>" in text
        assert 'href="tel:0153418181"' in text


async def test_public_header_leads_to_pages_that_exist_and_says_which_is_open(make_app: Make, pages: Pages) -> None:
    async with visit(make_app(routes(pages))) as client:
        text = (await client.get("/inscription?lang=en&a=1")).text
    found = Links(text)
    here = {address.split("?")[0].split("#")[0] for address in found.addresses if address.startswith("/")}
    assert here - {"/static/shared/rencontres.css", "/static/shared/lens.svg"} == {
        "/", "/programme", "/inscription", "/inscription/retrouver", "/accessibilite", "/confidentialite",
    }  # fmt: skip
    assert '<a href="/inscription" aria-current="page">Register</a>' in text
    assert "?a=1&amp;lang=es" in text
    assert '<html lang="en">' in text
    assert found.inline == []


@pytest.mark.parametrize(
    ("role", "opens"),
    [
        ("admin", {"/equipe/inscriptions", "/equipe/messages", "/equipe/badges", "/accueil", "/equipe/comptes"}),
        ("registrations", {"/equipe/inscriptions", "/equipe/badges"}),
        ("messages", {"/equipe/messages"}),
        ("desk", {"/equipe/badges", "/accueil"}),
        ("press", set()),
    ],
)
async def test_staff_header_leads_to_what_exists_and_opens(
    make_app: Make, pages: Pages, signer: Signer, role: str, opens: set[str]
) -> None:
    async with visit(make_app(routes(pages))) as client:
        headers = {"cookie": "rencontres_staff=" + signer.sign(claims(role))}
        answer = await client.get("/equipe/messages", headers=headers)
    found = Links(answer.text)
    assert {address for address in found.addresses if not address.startswith(("/static", "?", "#"))} == opens | {
        "/equipe", "/equipe/programme", "/equipe/sante", "/equipe/mon-compte", "/equipe/deconnexion",
        "/equipe/renouvellement",
    }  # fmt: skip
    assert found.inline == []
    assert answer.headers["cache-control"] == "no-store"
    assert re.search(r'"includeIndicatorStyles":false,"allowEval":false', answer.text)


async def test_public_page_may_be_kept_by_a_browser_that_asks_again(make_app: Make, pages: Pages) -> None:
    async with visit(make_app(routes(pages))) as client:
        headers = (await client.get("/inscription")).headers
    assert (headers["cache-control"], headers["vary"]) == ("no-cache", "Accept-Language, Cookie")


async def test_missing_page_says_so_in_the_persons_language(make_app: Make, pages: Pages) -> None:
    async with visit(make_app(routes(pages))) as client:
        answer = await client.get("/rien", headers={"accept-language": "es"})
        assert (answer.status_code, "Esta página no existe" in answer.text) == (404, True)
        answer = await client.get("/api/programme/rien", headers={"accept-language": "es"})
        assert answer.json()["detail"] == "Esta página no existe, o ya no existe."
        assert (await client.post("/inscription")).status_code == 405


async def test_fragment_that_fails_is_a_card_not_a_page(make_app: Make, pages: Pages) -> None:
    async with visit(make_app(routes(pages))) as client:
        text = (await client.get("/rien", headers={"hx-request": "true"})).text
    assert "alert--warn" in text
    assert "<html" not in text


def test_text_in_another_language_is_marked(pages: Pages, tmp_path: Path) -> None:
    (tmp_path / "templates" / "said.html").write_text(
        '{% from "macros/icons.html" import spoken %}{{ spoken(edition.title) }}|{{ spoken(edition.theme) }}'
    )
    assert pages.text("en", "said.html", edition=EDITION) == (
        '<span lang="fr">Rencontres de l’action internationale</span>|The new world order'
    )


def form(pages: Pages, folder: Path, call: str, lang: str = "fr") -> str:
    name = f"form-{sha256(call.encode()).hexdigest()}.html"
    (folder / "templates" / name).write_text('{% import "macros/forms.html" as forms %}{{ ' + call + " }}")
    return pages.text(lang, name)


def test_field_reads_label_hint_error_control_and_ties_them(pages: Pages, tmp_path: Path) -> None:
    text = form(
        pages,
        tmp_path,
        'forms.field("email", "Adresse", "a@<b>", type="email", hint="H", error="E", autocomplete="email")',
    )
    places = [text.index(part) for part in ("<label", 'id="email-hint"', 'id="email-error"', "<input")]
    assert places == sorted(places)
    assert 'aria-describedby="email-hint email-error"' in text
    assert 'aria-invalid="true"' in text
    assert 'value="a@&lt;b&gt;"' in text
    assert " required" in text


def test_field_without_trouble_promises_nothing_that_is_not_there(pages: Pages, tmp_path: Path) -> None:
    text = form(pages, tmp_path, 'forms.field("phone", "Téléphone", optional=true)', "en")
    assert "aria-" not in text
    assert " required" not in text
    assert "(optional)" in text


def test_lines_typed_are_kept_line_by_line(pages: Pages, tmp_path: Path) -> None:
    text = form(pages, tmp_path, 'forms.field("function", "Fonction", "\\nMaire\\nadjointe", rows=2, maxlength=140)')
    assert ">\n\nMaire\nadjointe</textarea>" in text
    assert 'maxlength="140"' in text


def test_error_summary_counts_and_links(pages: Pages, tmp_path: Path) -> None:
    errors = '[{"field": "email", "text": "Il manque le @"}, {"field": "s-01", "text": "Deux ateliers"}]'
    text = form(pages, tmp_path, f"forms.error_summary({errors})")
    assert "Il reste 2 points à corriger" in text
    assert '<a href="#s-01">Deux ateliers</a>' in text
    assert form(pages, tmp_path, "forms.error_summary([])").strip() == ""


def test_chosen_option_and_ticked_box_are_shown_again(pages: Pages, tmp_path: Path) -> None:
    text = form(pages, tmp_path, 'forms.select("country", "Pays", [("FR", "France"), ("SN", "Sénégal")], "SN")')
    assert '<option value="SN" selected>' in text
    text = form(pages, tmp_path, 'forms.check("needs", "lsf", "LSF", checked=true)')
    assert 'id="needs-lsf" name="needs" value="lsf" checked' in text


def test_capital_at_the_beginning_leaves_the_rest(pages: Pages, tmp_path: Path) -> None:
    (tmp_path / "templates" / "day.html").write_text("{{ when|day|capitalize }}")
    assert pages.text("en", "day.html", when=date(2026, 7, 8)) == "Wednesday 8 July"
    assert pages.text("es", "day.html", when=date(2026, 7, 8)) == "Miércoles 8 de julio"


FOLDED = re.compile(r"""(?:['"]|\b\d+)\s*\|\s*(?:days?|time|time_range|number|text|text_lang)\b""")


def test_no_template_gives_a_constant_to_a_filter_that_depends_on_the_language():
    """Jinja would work it out when it compiles, which is once for all languages."""
    templates = [*ROOT.glob("services/*/templates/**/*.html"), *ROOT.glob("shared/templates/**/*.html")]
    assert len(templates) > 50
    assert FOLDED.search("{{ 1200|number }}")
    assert [file.name for file in templates if FOLDED.search(file.read_text())] == []


def test_a_page_in_another_language_is_not_compiled_again(
    pages: Pages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "templates" / "count.html").write_text("{{ lang }} {{ count|number }}")
    assert pages.text("fr", "count.html", count=1200) == "fr 1\xa0200"
    monkeypatch.setattr(Environment, "_generate", None)
    assert pages.text("en", "count.html", count=1200) == "en 1,200"
