"""A release shows on pages that are open: within ten seconds, without changing them under the reader's eyes."""

import httpx
from playwright.sync_api import expect

from tests.house import House
from tests.journeys.browsing import DESK, PHONE, browsing, open_page, violations

EDITION = "/api/programme/v1/editions/raict-2026"
NEWS = "Une nouvelle version du programme est en ligne."


def release_other_words(api: httpx.Client) -> int:
    """Another release, that says more of the closing; its number."""
    draft = api.get(f"{EDITION}/draft").raise_for_status().json()
    closing = next(session for session in draft["sessions"] if session["id"] == "2026-16")
    closing["description"] = {"fr": closing["description"].get("fr", "") + " Avec un verre de l’amitié."}
    api.put(EDITION, json=draft).raise_for_status()
    answer = api.post("/api/programme/v1/releases", json={"edition": "raict-2026"}).raise_for_status()
    return int(answer.json()["number"])


def test_open_pages_tell_of_a_new_release_and_lead_to_it(house: House) -> None:
    with browsing() as browser, house.program() as api:
        pages = [open_page(browser, width, base_url=house.base_url) for width in (PHONE, DESK)]
        pages[0].goto("/programme")
        pages[1].goto("/")
        for page in pages:
            expect(page.get_by_text(NEWS)).to_be_hidden()
        number = release_other_words(api)
        for page in pages:
            expect(page.get_by_text(NEWS)).to_be_visible(timeout=10_000)
            assert violations(page) == []
        pages[0].get_by_role("link", name="La voir").click()
        expect(pages[0].get_by_text(f"Version {number}, publiée")).to_be_visible()
        expect(pages[0].get_by_text(NEWS)).to_be_hidden()
