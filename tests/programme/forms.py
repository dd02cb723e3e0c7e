"""Forms of the team's pages, as a browser would send them back."""

from typing import Any

import httpx
from lxml import html


def fields(page: httpx.Response, action: str) -> dict[str, str]:
    """What a browser would send for this form, untouched; a textarea does not own its first line break."""
    (form,) = [form for form in html.fromstring(page.text).forms if form.action == action]
    return {name: (value or "").removeprefix("\n") for name, value in form.form_values()}


def words(page: httpx.Response) -> str:
    """The text of a page, with plain spaces."""
    text: Any = html.fromstring(page.text).text_content()
    return " ".join(text.split())
