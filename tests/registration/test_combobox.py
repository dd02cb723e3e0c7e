"""The organisation field in a real browser, with the keyboard; requests are answered by the service itself."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, Route, async_playwright, expect

from tests.journeys.browsing import chromium

FIELD = "#organisation_name"


@pytest.fixture
async def page(visitor) -> AsyncIterator[Page]:
    async def answer(route: Route) -> None:
        request = route.request
        kept = {name: request.headers[name] for name in ("content-type", "accept-language") if name in request.headers}
        said = await visitor.request(request.method, request.url, content=request.post_data_buffer, headers=kept)
        await route.fulfill(status=said.status_code, headers=dict(said.headers), body=said.content)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = await browser.new_page(locale="fr-FR")
        await page.route("**/*", answer)
        await page.goto("http://raict.example/inscription")
        yield page
        await page.unroute_all(behavior="wait")
        await browser.close()


async def test_arrow_and_enter_take_a_suggestion(page):
    await page.locator(FIELD).press_sequentially("sainte colombe")
    options = page.locator("#organisation_list [role=option]")
    await expect(options).to_have_count(12)
    await expect(page.get_by_role("status").first).to_contain_text("12")
    await expect(page.locator(FIELD)).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    second = await options.nth(1).get_attribute("id")
    await expect(page.locator(FIELD)).to_have_attribute("aria-activedescendant", second)
    await page.keyboard.press("Enter")
    await expect(page.locator(FIELD)).to_have_value("Sainte-Colombe")
    await expect(page.locator("[name=organisation_kind]")).to_have_value("commune")
    await expect(page.locator("[name=organisation_code]")).not_to_have_value("")
    await expect(page.locator("#organisation_list")).to_be_hidden()
    assert page.url == "http://raict.example/inscription"


async def test_typing_on_forgets_what_was_chosen(page):
    await page.locator(FIELD).press_sequentially("montreui")
    first = page.locator("#organisation_list [role=option]").first
    await expect(first).to_contain_text("Montreuil")  # and not what was suggested for its first letters
    await first.click()
    await expect(page.locator("[name=organisation_code]")).to_have_value("93048")
    await page.locator(FIELD).press_sequentially("-plage")
    await expect(page.locator("[name=organisation_code]")).to_have_value("")


async def test_escape_closes_and_keeps_the_text(page):
    await page.locator(FIELD).press_sequentially("lyo")
    await expect(page.locator("#organisation_list")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#organisation_list")).to_be_hidden()
    await expect(page.locator(FIELD)).to_have_value("lyo")


async def test_enter_in_a_field_sends_the_form_not_the_language(page):
    await page.locator("#family_name").press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "fr")


async def test_language_button_keeps_what_was_typed(page):
    await page.locator("#family_name").fill("Kervadec")
    await page.get_by_role("button", name="EN, English").click()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.locator("#family_name")).to_have_value("Kervadec")
