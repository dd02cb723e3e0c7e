"""Stylesheets and scripts: kept for a year under a name that changes with them."""

from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, FastAPI

from shared.web import assets
from tests.web.conftest import visit

Make = Callable[..., FastAPI]
SHEET = "/static/shared/rencontres.css"


async def test_asset_of_its_version_is_kept_for_a_year(make_app: Make) -> None:
    async with visit(make_app(APIRouter())) as client:
        answer = await client.get(assets.address(SHEET))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert int(answer.headers["content-length"]) < 16_000
        assert answer.text == (assets.ROOT / "shared/static/rencontres.css").read_text()
        again = await client.get(SHEET, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304


async def test_asset_of_another_version_is_kept_briefly(make_app: Make) -> None:
    async with visit(make_app(APIRouter())) as client:
        assert (await client.get(f"{SHEET}?v=old")).headers["cache-control"] == "public, max-age=300"


async def test_nothing_outside_the_folder_is_served(make_app: Make) -> None:
    async with visit(make_app(APIRouter())) as client:
        for path in ("/static/shared/../signing.py", "/static/shared/%2e%2e/signing.py", "/static/shared//etc/passwd"):
            assert (await client.get(path)).status_code == 404


async def test_service_serves_its_own_files(make_app: Make, tmp_path: Path) -> None:
    (tmp_path / "static" / "places.js").write_text("export const places = 1;")
    async with visit(make_app(APIRouter())) as client:
        answer = await client.get("/static/programme/places.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


def test_stylesheet_asks_nobody_and_stays_light() -> None:
    text = (assets.ROOT / "shared/static/rencontres.css").read_text()
    assert "url(" not in text
    assert "@import" not in text
    assert "@font-face" not in text
