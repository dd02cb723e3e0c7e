"""How pages look with the longest texts on a phone: nothing sticks out, jumps or is squeezed.

What axe and the widths of `test_pages` cannot see; the texts are those that people have and that hurt.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import numpy as np
import pymupdf
import pytest
import zxingcpp
from playwright.sync_api import Browser, Page

from tests.house import House
from tests.journeys.browsing import DESK, PHONE, browsing, open_page, overflow, settle
from tests.journeys.story import Story, an_application

LONGEST = {
    "given_name": "Marie-Charlotte Élisabeth Anne Joséphine de la Rochefoucauld",
    "family_name": "Rakotomalalandriamanantenasoanavalonarabemananjara",
    "function": "Vice-présidente déléguée aux coopérations décentralisées, aux solidarités internationales "
    "et à la transition écologique, rapporteure",
    "organisation": {
        "name": "Syndicat intercommunal d’aménagement, de gestion des eaux et de coopération internationale "
        "des communautés de communes du Grésivaudan et du Vercors réunies",
        "kind": "other",
        "code": "",
        "country": "FR",
    },
    "sessions": ["2026-02", "2026-06"],
}
TABLET = 768
JUMP = 0.1
"""The cumulative layout shift above which a page is said to jump (web.dev/articles/cls)."""
WATCH = """window.jumped = 0;
new PerformanceObserver(list => { for (const one of list.getEntries()) window.jumped += one.value })
.observe({type: "layout-shift", buffered: true});"""

TOO_LONG = """box => { const style = getComputedStyle(box), pen = document.createElement("canvas").getContext("2d");
pen.font = style.font;
const room = box.clientWidth - parseFloat(style.paddingInlineStart) - parseFloat(style.paddingInlineEnd);
return [...box.options].map(one => one.text).filter(words => pen.measureText(words).width > room) }"""
"""The choices of a list of which the end could not be read once they are made."""


@dataclass(frozen=True)
class Person:
    """Who has the longest texts: their own page, and the team's."""

    own: str
    card: str
    token: str
    """What the QR code says."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as one:
        yield one


@pytest.fixture(scope="module")
def person(house: House) -> Person:
    story = Story(house)
    application = an_application(**LONGEST)
    made = story.register(application)
    story.await_mail(application["email"])
    badge = story.badge(made["id"])
    story.close()
    return Person(urlsplit(made["manage_url"]).path, f"/equipe/inscriptions/{made['id']}", badge["token"])


def signed_in(house: House, browser: Browser, width: int, **options: object) -> Page:
    """A window of somebody of the team."""
    page = open_page(browser, width, base_url=house.base_url, **options)  # type: ignore[arg-type]
    page.goto("/equipe/connexion")
    page.fill("[name=email]", house.staff_email)
    page.fill("[name=password]", house.staff_password)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/equipe")
    return page


@pytest.mark.parametrize("locale", ["fr-FR", "en-GB", "es-ES"])
def test_head_of_the_team_is_low_on_a_phone_and_shows_where_one_is(house: House, browser: Browser, locale: str) -> None:
    page = signed_in(house, browser, PHONE, locale=locale, scripts=False)
    for address in ("/equipe/programme", "/equipe/messages", "/equipe/comptes"):
        page.goto(address)
        head, here = (page.locator(one).bounding_box() for one in (".staff-head", ".staff-nav [aria-current]"))
        assert head
        assert here
        assert head["height"] <= 100
        assert here["x"] >= 0
        assert here["x"] + here["width"] <= PHONE
    page.context.close()


@pytest.mark.parametrize("width", [320, PHONE])
def test_longest_texts_stay_on_the_page(house: House, browser: Browser, person: Person, width: int) -> None:
    page = signed_in(house, browser, width)
    for address in (
        person.own, f"{person.own}/modifier", person.card, f"{person.card}/modifier", "/equipe/inscriptions?q=rakoto",
        "/equipe/badges?q=rakoto", "/equipe/messages", "/accueil/recherche?q=rakoto",
    ):  # fmt: skip
        page.goto(address)
        settle(page)
        assert (address, overflow(page)) == (address, [])
    page.context.close()


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_nothing_jumps_when_its_parts_arrive(house: House, browser: Browser, person: Person, width: int) -> None:
    page = signed_in(house, browser, width)
    page.add_init_script(WATCH)
    for address in ("/equipe", "/equipe/sante", person.card, person.own, "/programme", "/inscription"):
        page.goto(address)
        settle(page)
        jumped = page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(() => done(jumped))))")
        assert (address, jumped) == (address, pytest.approx(0, abs=JUMP))
    page.context.close()


def test_address_is_not_broken_where_there_is_room(house: House, browser: Browser, person: Person) -> None:
    page = open_page(browser, PHONE, base_url=house.base_url)
    page.goto(person.own)
    value = page.locator(".facts dd", has_text="@").first
    lines = value.evaluate(
        "e => { const all = document.createRange(); all.selectNodeContents(e); return all.getClientRects().length }"
    )
    assert lines == 1
    page.context.close()


def test_names_have_the_width_of_a_phone_in_lists(house: House, browser: Browser, person: Person) -> None:
    page = signed_in(house, browser, PHONE)
    for address in ("/equipe/badges?q=rakoto", "/equipe/inscriptions?q=rakoto"):
        page.goto(address)
        name = page.locator(".table-wrap tbody th").first.bounding_box()
        assert name
        assert name["width"] > PHONE * 0.8
    page.context.close()


def test_lists_of_the_team_are_equally_wide(house: House, browser: Browser, person: Person) -> None:
    page = signed_in(house, browser, DESK)
    widths = set()
    for address in ("/equipe/inscriptions", "/equipe/badges", "/equipe/messages"):
        page.goto(address)
        table = page.locator(".table-wrap").first.bounding_box()
        assert table
        widths.add(round(table["width"]))
    assert len(widths) == 1
    page.context.close()


@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "dark"), (TABLET, "light"), (DESK, "light")])
def test_code_on_ones_own_page_is_read_off_the_screen(
    house: House, browser: Browser, person: Person, width: int, scheme: Literal["dark", "light"]
) -> None:
    page = open_page(browser, width, base_url=house.base_url, scripts=False)
    page.emulate_media(color_scheme=scheme)
    page.goto(person.own)
    assert scanned(page.locator("#mon-badge").screenshot()) == person.token
    page.emulate_media(media="print")
    assert scanned(page.locator("#mon-badge").screenshot()) == person.token
    page.context.close()


def scanned(picture: bytes) -> str:
    """What a reader makes of a picture."""
    pixels = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.Pixmap(picture))
    image = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width, pixels.n)
    (found,) = zxingcpp.read_barcodes(image)
    return str(found.text)


def test_ones_own_page_is_printed_without_its_controls(house: House, browser: Browser, person: Person) -> None:
    page = open_page(browser, DESK, base_url=house.base_url)
    page.goto(person.own)
    page.emulate_media(media="print")
    for control in page.locator("main").locator("a:not([href^='/programme/']), button, summary").all():
        assert not control.is_visible()
    page.context.close()


def test_long_name_leaves_room_for_the_rest_of_a_list(house: House, browser: Browser, person: Person) -> None:
    page = signed_in(house, browser, DESK)
    for address in ("/equipe/badges", "/equipe/inscriptions", "/equipe/messages"):
        page.goto(f"{address}?q=rakoto")
        widths = [cell.bounding_box() for cell in page.locator(".table thead th").all()]
        assert widths[0]
        assert widths[0]["width"] < DESK * 0.3
    page.set_viewport_size({"width": TABLET, "height": 900})
    for address in ("/equipe/badges", "/equipe/inscriptions", "/equipe/messages"):
        page.goto(address)
        hidden = page.locator(".table-wrap").evaluate("e => e.scrollWidth - e.clientWidth")
        assert (address, hidden) == (address, 0)
    page.context.close()


def test_state_stands_on_the_line_of_its_row(house: House, browser: Browser, person: Person) -> None:
    page = signed_in(house, browser, DESK)
    page.goto("/equipe/badges?q=rakoto")
    bottoms = [
        page.locator(".table tbody td").filter(has_text=word).first.evaluate(
            """(cell, word) => { const found = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT); let text;
                while ((text = found.nextNode()) && !text.data.includes(word));
                const all = document.createRange(); all.selectNodeContents(text);
                const one = document.createElement("span"); one.style.display = "inline-block";
                all.insertNode(one); return one.getBoundingClientRect().bottom }""",
            word,
        )
        for word in ("Élue", "Valable")
    ]  # fmt: skip
    assert bottoms[0] == pytest.approx(bottoms[1], abs=0.6)
    page.context.close()


def test_chosen_words_fit_their_box(house: House, browser: Browser) -> None:
    for locale in ("fr-FR", "en-GB", "es-ES"):
        page = signed_in(house, browser, PHONE, locale=locale)
        for address in ("/equipe/badges/tirages", "/equipe/messages/rappels"):
            page.goto(address)
            for box in page.locator("select").all():
                assert (address, box.evaluate(TOO_LONG)) == (address, [])
        page.context.close()


def test_longest_function_is_read_whole_where_it_is_changed(house: House, browser: Browser, person: Person) -> None:
    page = open_page(browser, PHONE, base_url=house.base_url)
    page.goto(f"{person.own}/modifier")
    assert page.locator("textarea").evaluate("e => e.scrollHeight - e.clientHeight") <= 0
    page.context.close()


def test_pages_of_badges_begin_at_one_place(house: House, browser: Browser) -> None:
    page = signed_in(house, browser, DESK)
    begins = set()
    for address in ("/equipe/badges", "/equipe/badges/tirages", "/equipe/badges/postes", "/equipe/inscriptions"):
        page.goto(address)
        heading = page.locator("h1").bounding_box()
        assert heading
        begins.add(heading["x"])
    assert len(begins) == 1
    page.context.close()
