"""Finished pages: answered from the shelf, per language, until cleared; never what must not be kept."""

import gzip
from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Request, Response

from shared.web import Pages, Shelf
from tests.web.conftest import visit

Make = Callable[..., FastAPI]


class Place:
    """One public page that counts how often it is built."""

    def __init__(self, pages: Pages) -> None:
        self.shelf = Shelf()
        self.built = 0
        self.words = "Bonjour. " * 60
        self.status = 200
        self.during = lambda: None
        self.router = APIRouter()

        @self.router.get("/programme")
        async def page(request: Request) -> Response:
            self.built += 1
            self.during()
            return self.shelf.keep(request, pages.render(request, "plain.html", self.status, words=self.words))


async def test_page_is_built_once_for_each_language(make_app: Make, pages: Pages) -> None:
    place = Place(pages)
    async with visit(make_app(place.router, shelf=place.shelf)) as client:
        for lang in ("fr", "en", "es", "fr", "en", "es"):
            answer = await client.get("/programme", headers={"accept-language": lang})
            assert (answer.text, answer.headers["content-language"]) == (place.words, lang)
    assert place.built == 3


async def test_cleared_shelf_shows_the_new_words(make_app: Make, pages: Pages) -> None:
    place = Place(pages)
    async with visit(make_app(place.router, shelf=place.shelf)) as client:
        await client.get("/programme")
        place.words = "Au revoir."
        place.shelf.clear()
        assert (await client.get("/programme")).text == "Au revoir."


async def test_page_built_before_a_change_is_not_kept_after_it(make_app: Make, pages: Pages) -> None:
    place = Place(pages)
    place.during = place.shelf.clear
    async with visit(make_app(place.router, shelf=place.shelf)) as client:
        await client.get("/programme")
        place.during = lambda: None
        place.words = "Au revoir."
        assert (await client.get("/programme")).text == "Au revoir."


async def test_same_page_is_not_sent_twice_to_one_browser(make_app: Make, pages: Pages) -> None:
    place = Place(pages)
    async with visit(make_app(place.router, shelf=place.shelf)) as client:
        await client.get("/programme")
        first = await client.get("/programme")
        again = await client.get("/programme", headers={"if-none-match": f'W/"other", {first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        place.words = "Au revoir."
        place.shelf.clear()
        await client.get("/programme")
        assert (await client.get("/programme", headers={"if-none-match": first.headers["etag"]})).status_code == 200


async def test_compressed_and_plain_have_different_tags(make_app: Make, pages: Pages) -> None:
    place = Place(pages)
    async with visit(make_app(place.router, shelf=place.shelf)) as client:
        await client.get("/programme")
        plain = await client.get("/programme", headers={"accept-encoding": "identity"})
        async with client.stream("GET", "/programme", headers={"accept-encoding": "gzip"}) as zipped:
            raw = b"".join([part async for part in zipped.aiter_raw()])
        assert gzip.decompress(raw) == plain.content
        assert plain.headers["etag"] != zipped.headers["etag"]
        assert "Accept-Encoding" in plain.headers["vary"]


async def test_filters_errors_and_posts_are_not_kept(make_app: Make, pages: Pages) -> None:
    place = Place(pages)
    async with visit(make_app(place.router, shelf=place.shelf)) as client:
        await client.get("/programme?jour=1")
        place.status = 404
        await client.get("/programme")
        place.status = 200
        assert (await client.get("/programme")).status_code == 200
        assert (await client.post("/programme")).status_code == 405
        assert (await client.get("/programme?jour=1")).status_code == 200
    assert place.built == 4


async def test_language_in_the_address_sets_the_cookie_from_the_shelf_too(make_app: Make, pages: Pages) -> None:
    place = Place(pages)
    async with visit(make_app(place.router, shelf=place.shelf)) as client:
        for _ in range(2):
            answer = await client.get("/programme?lang=es")
            client.cookies.clear()
            assert answer.headers["set-cookie"].startswith("lang=es")
    assert place.built == 1
