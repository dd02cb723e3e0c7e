"""Headless Chromium for page tests: the system's browser, no profile, no background traffic."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).parents[2]
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
LOOKING = (Path(__file__).parent / "looking.js").read_text()
PHONE, DESK = 390, 1440
THOROUGH = os.environ.get("THOROUGH") == "1"
"""Look at everything in every way: as `make accessibility` does, which takes some minutes more."""
ENLARGED = ViewportSize(width=320, height=256)
"""What is left of 1280 × 1024 pixels at 400 %."""
_BUSY = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str:
    """The browser's path; without one, these tests fail with this line, and the rest of the suite runs."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("No Chromium: install the package chromium to run the page tests.")


@contextmanager
def browsing(*more: str) -> Iterator[Browser]:
    """A browser for some pages; `more` are switches of its own, such as what its camera sees."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*_QUIET, *more])
        yield browser
        browser.close()


def open_page(browser: Browser, width: int, *, locale: str = "fr-FR", scripts: bool = True, base_url: str = "") -> Page:
    """A page of its own context, `width` pixels wide; paths are taken from `base_url`."""
    context = browser.new_context(
        viewport=size(width),
        locale=locale,
        timezone_id="Europe/Paris",
        java_script_enabled=scripts,
        has_touch=width < 700,
        base_url=base_url or None,
    )
    return context.new_page()


def size(width: int) -> ViewportSize:
    """A phone's or a screen's window of this width."""
    return {"width": width, "height": 844 if width < 700 else 900}


def settle(page: Page) -> None:
    """Wait until every fragment that belongs to the page has arrived, and those that came with it.

    htmx marks whoever asks for one from the moment the page is there, and what it puts in until that has asked too.
    """
    page.wait_for_load_state("load")
    page.wait_for_function("busy => !document.querySelector(busy)", arg=_BUSY)


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA, one line each."""
    page.evaluate(AXE)  # evaluated by the test, so the page's own policy does not stop it
    found = page.evaluate(
        """async () => (await axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
            resultTypes: ["violations"],
        })).violations.map(v => v.id + ": " + v.nodes.map(n => n.target.join(" ")).join(" | "))"""
    )
    return [str(line) for line in found]


def overflow(page: Page) -> list[str]:
    """Elements that stick out of the window to the right, unless something inside the page scrolls for them."""
    found = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("body *")]
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.tagName.toLowerCase() + "." + e.className).slice(0, 5)"""
    )
    return [str(line) for line in found]


def obstacles(page: Page) -> list[str]:
    """What stands in the way of the keyboard, of 400 % zoom, of wider letters, or moves all the same."""
    page.evaluate(LOOKING)
    # What holds a place at first lets go.
    page.evaluate("Promise.all(document.getAnimations().map(one => one.finished))")
    page.keyboard.press("Tab")  # from here on it is a keyboard that moves the focus
    found = page.evaluate("looking.focus()")
    page.set_viewport_size(ENLARGED)
    for look in ("focus", "sideways", "clipped", "bars", "spaced", "moving"):
        if look == "moving":
            page.emulate_media(reduced_motion="reduce")
        found += [f"enlarged, {line}" for line in page.evaluate(f"looking.{look}()")]
    page.emulate_media(reduced_motion="no-preference")
    return [str(line) for line in found]
