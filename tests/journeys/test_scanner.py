"""A phone at the door: its camera sees a printed badge, our own reader reads it, the door answers."""

import re
from dataclasses import dataclass
from pathlib import Path

import pymupdf
import pytest
from playwright.sync_api import Browser, Cookie, Page, Response, expect

from tests.house import House
from tests.journeys.browsing import PHONE, browsing, open_page, overflow, violations
from tests.journeys.story import Story, an_application, attachment, printed_code

WIDTH, HEIGHT = 1280, 720


@dataclass(frozen=True)
class Shown:
    """A badge before the camera: the code printed on it, and the film of it."""

    code: str
    film: Path
    cookie: Cookie


def film(pdf: bytes, file: Path) -> Path:
    """A second of the badge held upright before a camera, in grey, as Chromium takes it for a camera's picture."""
    with pymupdf.open(stream=pdf) as document:
        page = document[0]
        scale = HEIGHT / page.rect.height
        drawn = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csGRAY)
    margin = (WIDTH - drawn.width) // 2
    grey = b"\x60"
    rows = (
        grey * margin + drawn.samples[at : at + drawn.width] + grey * (WIDTH - margin - drawn.width)
        for at in range(0, drawn.stride * HEIGHT, drawn.stride)
    )
    picture = b"".join(rows)[: WIDTH * HEIGHT].ljust(WIDTH * HEIGHT, grey) + b"\x80" * (WIDTH * HEIGHT // 2)
    file.write_bytes(b"YUV4MPEG2 W%d H%d F5:1 Ip A1:1 C420jpeg\n" % (WIDTH, HEIGHT) + (b"FRAME\n" + picture) * 5)
    return file


@pytest.fixture(scope="module")
def shown(house: House, scratch: Path) -> Shown:
    story = Story(house)
    application = an_application()
    story.register(application)
    pdf = attachment(story.await_mail(application["email"]), "application/pdf")
    with house.visitor() as staff:
        staff.post("/equipe/connexion", data={"email": house.staff_email, "password": house.staff_password})
        (cookie,) = [one for one in staff.cookies.jar if one.name == "rencontres_staff"]
    story.close()
    signed_in = Cookie(name=cookie.name, value=str(cookie.value), url=house.base_url)
    return Shown(printed_code(pdf), film(pdf, scratch / "badge.y4m"), signed_in)


def at_the_door(browser: Browser, house: House, shown: Shown, *, allowed: bool) -> tuple[Page, list[Response]]:
    """The door on a phone, and what it has been answered from now on."""
    page = open_page(browser, PHONE, base_url=house.base_url)
    page.context.add_cookies([shown.cookie])
    if allowed:
        page.context.grant_permissions(["camera"], origin=house.base_url)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks what it calls
    page.goto("/accueil")
    return page, answers


def test_camera_reads_a_printed_badge_with_our_own_reader(house: House, shown: Shown) -> None:
    camera = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={shown.film}")
    with browsing(*camera) as browser:
        page, answers = at_the_door(browser, house, shown, allowed=True)
        assert page.evaluate("'BarcodeDetector' in window") is False  # so that ours is what reads
        door = page.locator(".door")
        expect(door).to_have_attribute("data-result", "admitted", timeout=20_000)
        expect(page.locator(".door__name")).to_have_text("Solène Kervadec-Diallo")
        assert violations(page) == []
        assert overflow(page) == []
        expect(door).to_have_class("door door--scanning")  # the next may come by itself
        for _ in range(2):  # and the same, held there while the figures are asked for, is no other
            page.wait_for_event("response", lambda answer: answer.url.endswith("/accueil/compte"))
        expect(door).to_have_attribute("data-result", "")
        assert violations(page) == []
        asked = [answer for answer in answers if answer.request.method == "POST"]
        assert len(asked) == 1
        assert {answer.url.split("/static")[0].split("/accueil")[0] for answer in answers} == {house.base_url}
        (wasm,) = [answer for answer in answers if "zxing_reader.wasm" in answer.url]
        assert wasm.headers["content-type"] == "application/wasm"
        page.get_by_role("button", name="Arrêter l’appareil photo").press("Enter")
        start = page.get_by_role("button", name="Lire avec l’appareil photo")
        expect(start).to_be_focused()
        start.press("Enter")  # the same badge again, before a camera that was started again
        expect(door).to_have_attribute("data-result", "already", timeout=20_000)
        page.get_by_role("link", name="Badge suivant").press("Enter")
        expect(door).to_have_class("door door--scanning")
        expect(page.get_by_role("button", name="Arrêter l’appareil photo")).to_be_focused()


def test_phone_that_refuses_its_camera_says_so_and_types_the_code(house: House, shown: Shown) -> None:
    with browsing("--use-fake-device-for-media-stream", "--deny-permission-prompts") as browser:
        page, _ = at_the_door(browser, house, shown, allowed=False)
        page.get_by_role("button", name="Lire avec l’appareil photo").click()
        expect(page.get_by_role("alert").filter(has_text="L’appareil photo est refusé")).to_be_visible()
        assert violations(page) == []
        page.fill("#code", shown.code)
        page.keyboard.press("Enter")
        expect(page.locator(".door")).to_have_attribute("data-result", re.compile("^(admitted|already)$"))


def test_phone_without_a_camera_says_so(house: House, shown: Shown) -> None:
    with browsing() as browser:
        page, _ = at_the_door(browser, house, shown, allowed=True)
        expect(page.get_by_role("alert").filter(has_text="n’a pas d’appareil photo")).to_be_visible(timeout=10_000)
