"""Where the system chooses the colours (forced colours), what is chosen and what can be used still show."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import ElementHandle, Page, expect

from tests.house import House
from tests.journeys.browsing import DESK, PHONE, settle
from tests.journeys.known import Known, meeting
from tests.journeys.windows import Windows

PAGES = (
    "/programme?jour={day}", "/inscription", "{manage}", "/equipe", "/equipe/programme", "/equipe/inscriptions",
    "/equipe/messages", "/equipe/badges", "/equipe/sante", "/equipe/inscriptions/attente", "/accueil",
)  # fmt: skip
CONTROLS = "main :is(.button, .input, .pill, .alert, .state, .tag)"


@pytest.fixture(scope="module")
def known(house: House) -> Iterator[Known]:
    with meeting(house) as one:
        yield one


def shows(one: ElementHandle, change: str) -> bool:
    """Whether an element looks different once this is done to it."""
    before = one.screenshot(animations="disabled")
    one.evaluate(change)
    return before != one.screenshot(animations="disabled")


@pytest.mark.parametrize("path", PAGES)
def test_what_is_chosen_shows_without_our_colours(windows: Windows, known: Known, path: str) -> None:
    page = windows.at(DESK, staff=path.startswith(("/equipe", "/accueil")))
    page.emulate_media(forced_colors="active")
    page.goto(known.address(path))
    settle(page)
    assert [
        one.inner_text() for one in marked(page) if not shows(one, "one => one.removeAttribute('aria-current')")
    ] == []
    bare = "all => all.filter(one => one.checkVisibility() && getComputedStyle(one).borderTopWidth === '0px')"
    assert page.locator(CONTROLS).evaluate_all(f"{bare}.map(one => one.className)") == []
    page.emulate_media(forced_colors="none")


def marked(page: Page) -> list[ElementHandle]:
    """What says to be the current one, and is on the screen; found once, since the mark is taken off."""
    return [one for one in page.query_selector_all("[aria-current]") if one.is_visible()]


def test_suggestion_that_enter_would_take_shows_without_our_colours(windows: Windows, known: Known) -> None:
    page = windows.at(PHONE)
    page.emulate_media(forced_colors="active")
    page.goto(known.address("/inscription"))
    page.locator("#organisation_name").press_sequentially("Montreu", delay=10)
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    (option,) = page.query_selector_all("[role=option][aria-selected=true]")
    assert shows(option, "one => one.setAttribute('aria-selected', 'false')")
    page.emulate_media(forced_colors="none")
