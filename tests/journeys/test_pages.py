"""Every page in a real browser: axe finds nothing, nothing sticks out, nothing is said to the console.

Each page is opened on a phone in French and Spanish by day and on a wide screen in English by night, and looked at as
somebody has it who uses the keyboard, enlarges it four times, sets letters apart or wants nothing to move. A page that
is added belongs into one of the lists of addresses.py. Of the team's pages, Spanish and these ways of looking are left
to `THOROUGH=1`.
"""

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.addresses import PUBLIC, STAFF
from tests.journeys.browsing import DESK, PHONE, THOROUGH, obstacles, open_page, overflow, size
from tests.journeys.known import Known
from tests.journeys.windows import Windows

WEIGHT, REQUESTS = 80_000, 5


WINDOWS = ((PHONE, "fr"), (DESK, "en"), (PHONE, "es"))


@pytest.mark.parametrize("path", PUBLIC + STAFF)
def test_page_is_sound_in_three_languages_by_day_and_by_night(windows: Windows, known: Known, path: str) -> None:
    whole = THOROUGH or path in PUBLIC
    for width, lang in WINDOWS if whole else WINDOWS[:2]:
        page = windows.at(width, lang, staff=path in STAFF)
        answer = page.goto(known.address(path))
        assert answer is not None
        assert answer.status == 200
        if lang == "es":  # what can be unfolded is looked at once too
            page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
        windows.assert_sound(page, lang)
        page.set_viewport_size(size(PHONE))
        assert overflow(page) == []
        if lang == "fr" and whole:
            assert obstacles(page) == []


BAD = """<style>
  :focus { outline: 2px solid } #bare:focus { outline: none } #under { position: absolute; top: 40px }
  #lid { position: fixed; inset: 0 0 auto; height: 99px }
  #cut { width: 9ch; overflow: hidden; white-space: nowrap } #wide { width: 500px } #turn { transition: all 2s }
</style><p><a id="bare" href="#">Bare</a></p><a id="under" href="#">Under</a><div id="lid">Lid</div>
<p id="cut">Something longer</p><p id="wide">Wide</p><button id="turn" tabindex="3">Turn</button>"""


def test_each_obstacle_is_found_where_there_is_one(browser: Browser) -> None:
    page = open_page(browser, PHONE)
    page.set_content(BAD)
    found = obstacles(page)
    page.context.close()
    for start in (
        "no ring: a#bare", "out of sight: a#under", "order of its own: button#turn",
        "enlarged, sticks out: p#wide", "enlarged, cut: p#cut", "enlarged, 99 of 256 pixels taken by div#lid",
        "enlarged, with wider letters, cut: p#cut", "enlarged, moves: button#turn",
    ):  # fmt: skip
        assert [line for line in found if line.startswith(start)], (start, found)


@pytest.mark.parametrize("path", ["/", "/programme", "/inscription", "/equipe/inscriptions"])
def test_first_tab_jumps_over_the_header(windows: Windows, known: Known, path: str) -> None:
    page = windows.at(PHONE, staff=path in STAFF)
    page.goto(known.address(path))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("path", ["/programme", "/inscription"])
def test_page_is_light(browser: Browser, known: Known, path: str) -> None:
    page = open_page(browser, PHONE)
    sizes: list[int] = []
    page.on(
        "requestfinished",
        lambda request: sizes.append(
            sum(request.sizes()[kind] for kind in ("responseBodySize", "responseHeadersSize"))
        ),
    )
    page.goto(known.address(path))
    page.wait_for_load_state("networkidle")
    page.context.close()
    assert len(sizes) <= REQUESTS
    assert sum(sizes) <= WEIGHT


def test_language_is_kept_from_page_to_page(browser: Browser, known: Known) -> None:
    page = open_page(browser, PHONE)
    page.goto(known.address("/programme?jour={day}"))
    page.get_by_role("link", name="ES, español").click()
    assert f"jour={known.words['day']}" in page.url
    page.goto(known.address("/inscription"))
    assert page.locator("html").get_attribute("lang") == "es"
    page.context.close()


@pytest.mark.parametrize(
    ("path", "field", "choice"),
    [
        ("/equipe/programme/seances/nouvelle", "#title_fr", "#room"),
        ("/equipe/inscriptions/nouvelle", "#family_name", "#organisation_country"),
        ("/equipe/inscriptions/{registration}/modifier", "#function", "#organisation_country"),
    ],
)
def test_team_changes_language_without_losing_what_it_typed(
    browser: Browser, known: Known, path: str, field: str, choice: str
) -> None:
    page = open_page(browser, DESK)
    page.context.add_cookies([known.cookie])
    page.goto(known.address(path))
    last = page.locator(f"{choice} option").last.get_attribute("value") or ""
    page.fill(field, "Kervadec d’Île")
    page.select_option(choice, last)
    page.get_by_role("link", name="EN, English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(field)).to_have_value("Kervadec d’Île")
    expect(page.locator(choice)).to_have_value(last)
    page.goto(known.address(path), wait_until="networkidle")
    expect(page.locator(field)).not_to_have_value("Kervadec d’Île")
    page.context.close()


def test_what_was_typed_over_an_older_version_is_not_put_over_a_newer_one(browser: Browser, known: Known) -> None:
    page = open_page(browser, DESK)
    page.context.add_cookies([known.cookie])
    page.goto(known.address("/equipe/inscriptions/{registration}/modifier"))
    saved = page.input_value("#function")
    page.fill("#function", "Kervadec d’Île")
    page.evaluate("document.querySelector('main input[name=version]').value = 'before'")
    page.get_by_role("link", name="EN, English").click()
    page.wait_for_load_state("networkidle")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.input_value("#function") == saved
    page.context.close()


def test_staff_cookie_is_renewed_at_work(windows: Windows, known: Known) -> None:
    page = windows.at(DESK, staff=True)
    with page.expect_response(lambda answer: "/equipe/renouvellement" in answer.url) as renewal:
        page.goto(known.address("/equipe/inscriptions"))
    assert renewal.value.status == 204
    (cookie,) = [one for one in page.context.cookies() if one["name"] == "rencontres_staff"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
