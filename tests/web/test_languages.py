"""Which language a page speaks, and how to get the same page in another."""

import pytest

from shared.web import languages


def scope(query: str = "", **headers: str) -> dict[str, object]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"query_string": query.encode(), "headers": pairs}


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        (scope(), "fr"),
        (scope(accept_language="en"), "en"),
        (scope(accept_language="de-DE, es-419;q=0.8, en;q=0.5"), "es"),
        (scope(accept_language="en;q=0.3, fr;q=0.9"), "fr"),
        (scope(accept_language="de, *;q=0.5"), "fr"),
        (scope(accept_language="en;q=x, es;q=0.1"), "es"),
        (scope(accept_language="en", cookie="a=b; lang=es"), "es"),
        (scope(accept_language="en", cookie="lang=de"), "en"),
        (scope("lang=fr", accept_language="en", cookie="lang=es"), "fr"),
        (scope("lang=xx&q=1", accept_language="en"), "en"),
    ],
)
def test_address_then_cookie_then_browser_choose_the_language(asked: dict[str, object], spoken: str) -> None:
    assert languages.of(asked) == spoken


def test_other_language_keeps_path_and_query() -> None:
    assert languages.url_for_lang(scope("jour=2026-07-08&lang=fr&q=a%26b"), "en") == "?jour=2026-07-08&q=a%26b&lang=en"
