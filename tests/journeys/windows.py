"""Open windows for looking at pages, by width, language and who sits before them."""

from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.journeys.browsing import DESK, open_page, overflow, settle, size, violations
from tests.journeys.known import Known
from tests.journeys.wording import left_in_french

LANGUAGES = {"fr": "fr-FR", "en": "en-GB", "es": "es-ES"}


class Windows:
    """Open windows, used again from page to page: opening is slow. Wide ones are in the dark."""

    def __init__(self, browser: Browser, known: Known) -> None:
        self._browser = browser
        self._known = known
        self._open: dict[tuple[int, str, bool, bool], Page] = {}
        self._used: Page | None = None
        self.complaints: list[str] = []

    def at(self, width: int, lang: str = "fr", *, staff: bool = False, scripts: bool = True) -> Page:
        """A window of its full size whose console, and no other's, is listened to from its next page on."""
        key = (width, lang, staff, scripts)
        if key not in self._open:
            self._open[key] = self._new(width, lang, staff, scripts)
        self._used = page = self._open[key]
        page.set_viewport_size(size(width))
        page.once("framenavigated", lambda _: self.complaints.clear())  # the page before it may still have complained
        return page

    def _new(self, width: int, lang: str, staff: bool, scripts: bool) -> Page:
        page = open_page(self._browser, width, locale=LANGUAGES[lang], scripts=scripts)
        if staff:
            page.context.add_cookies([self._known.cookie])
        if width == DESK:
            page.emulate_media(color_scheme="dark")
        page.on("console", lambda message: self._listen(page, message))
        page.on("pageerror", lambda error: self._complain(page, str(error)))
        return page

    def _listen(self, page: Page, message: ConsoleMessage) -> None:
        # That a page's own answer is a refusal is no complaint about the page.
        if message.type in {"error", "warning"} and "the server responded with a status" not in message.text:
            self._complain(page, message.text)

    def _complain(self, page: Page, text: str) -> None:
        if page is self._used:  # a page left behind goes on asking for its fragments, and may be refused
            self.complaints.append(text)

    def assert_sound(self, page: Page, lang: str = "fr") -> None:
        """Nothing to complain about, as the page stands."""
        settle(page)
        assert page.locator("html").get_attribute("lang") == lang
        assert page.locator("h1").count() == 1
        assert page.title().strip()
        assert "%(" not in page.content()
        assert left_in_french(page, lang) == []
        assert overflow(page) == []
        assert violations(page) == []
        assert self.complaints == []
