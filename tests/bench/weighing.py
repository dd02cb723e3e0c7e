"""What a browser loads for the programme and for the form, how soon it shows something, and what needs no script."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, Route

from tests.bench.figures import Part
from tests.bench.ground import WORKSHOP, Ground
from tests.journeys.browsing import PHONE, browsing, open_page

PAGES = {"programme": "/programme", "form": "/inscription"}
ROUNDS = 5
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
"""Lighthouse's slow 4G: 150 ms there and back, 1.6 Mbit/s down, 0.75 Mbit/s up."""
SLOWER = 4
"""Lighthouse's mobile processor: so many times slower than this one."""


def weigh(browser: Browser, ground: Ground, path: str) -> tuple[int, float]:
    """Requests, and kilobytes that crossed the network with their headers, until nothing more comes."""
    page = open_page(browser, PHONE, base_url=ground.house.base_url)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    loaded: list[dict[str, Any]] = []
    session.on("Network.loadingFinished", lambda one: loaded.append(one))  # noqa: PLW0108 - playwright marks what it calls
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.context.close()
    return len(loaded), sum(one["encodedDataLength"] for one in loaded) / 1000


def first_paint(browser: Browser, ground: Ground, path: str) -> float:
    """Seconds until the first content is painted, on a slow network and a slow processor, with nothing kept."""
    page = open_page(browser, PHONE, base_url=ground.house.base_url)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_4G)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(path)
    painted = page.evaluate(
        """() => new Promise(done => new PerformanceObserver(list => {
            for (const one of list.getEntries()) if (one.name === "first-contentful-paint") done(one.startTime);
        }).observe({type: "paint", buffered: true}))"""
    )
    page.context.close()
    return float(painted) / 1000


@contextmanager
def without_scripts(browser: Browser, ground: Ground) -> Iterator[Page]:
    """A page whose scripts never arrive, though the browser would run them."""
    page = open_page(browser, PHONE, base_url=ground.house.base_url)
    page.route("**/*.js", _never)
    yield page
    page.context.close()


def _never(route: Route) -> None:
    route.abort()


def register_without_scripts(browser: Browser, ground: Ground) -> str:
    """What keeps somebody from registering before any script has loaded: nothing."""
    with without_scripts(browser, ground) as page:
        page.goto("/inscription")
        page.locator("[name=category][value=association]").check()
        for name, value in (
            ("given_name", "Solène"),
            ("family_name", "Kervadec"),
            ("email", "sans-script@mairie.example"),
            ("organisation_name", "Association (fictive)"),
            ("function", "Présidente"),
        ):
            page.locator(f"[name={name}]").fill(value)
        page.locator(f"[name=sessions][value='{WORKSHOP}']").check()
        page.locator("[name=privacy]").check()
        page.get_by_role("button", name="Envoyer mon inscription").click()
        page.wait_for_load_state()
        return "" if page.url.endswith("/merci") else page.locator("main").inner_text()[:300]


def read_without_scripts(browser: Browser, ground: Ground) -> bool:
    """Whether the programme is there, and one comes to a session, before any script has loaded."""
    with without_scripts(browser, ground) as page:
        page.goto("/programme")
        page.locator("main a[href*='/programme/seances/']").first.click()
        page.wait_for_url("**/programme/seances/*")
        return page.locator("h1").inner_text() != ""


def measure(ground: Ground) -> Part:
    """The figures of a browser."""
    part = Part()
    with browsing() as browser:
        for name, path in PAGES.items():
            weighed = [weigh(browser, ground, path) for _ in range(3)]
            part.add(f"{name}, weight of the whole load", "kB", [one for _, one in weighed], most=80)
            part.add(f"{name}, requests", "", [one for one, _ in weighed], most=5)
            painted = [first_paint(browser, ground, path) for _ in range(ROUNDS)]
            part.add(f"{name}, first paint on slow 4G and a processor {SLOWER} times slower", "s", painted, most=1)
        read, obstacle = read_without_scripts(browser, ground), register_without_scripts(browser, ground)
        part.add("programme read before any script loaded (1: it works)", "", [read], least=1)
        part.add("registered before any script loaded (1: it works)", "", [not obstacle], least=1)
        part.notes += [obstacle] if obstacle else []
        part.notes.append(f"Chromium {browser.version}, {PHONE} pixels wide, nothing kept from before.")
    return part
