"""Forms as hostile programs send them."""

from typing import Any

import pytest
from fastapi import APIRouter, Request

from shared.web import read_form
from tests.web.conftest import PUBLIC, visit

router = APIRouter()


@router.post("/form")
async def words(request: Request) -> dict[str, list[str]]:
    form = await read_form(request)
    return {name: form.all(name) for name in form}


def multipart(charset: str, value: bytes) -> dict[str, Any]:
    body = b'--X\r\nContent-Disposition: form-data; name="email"\r\n\r\n' + value + b"\r\n--X--\r\n"
    kind = f"multipart/form-data; boundary=X; charset={charset}"
    return {"content": body, "headers": {"content-type": kind, "origin": PUBLIC}}


@pytest.mark.parametrize("charset", ["undefined", "unicode_escape", "raw_unicode_escape"])
async def test_a_form_whose_character_set_makes_no_text_of_it_is_refused(make_app, charset):
    async with visit(make_app(router)) as client:
        answer = await client.post("/form", **multipart(charset, rb"\ud800"))
    assert answer.status_code == 400


@pytest.mark.parametrize("charset", ["utf-8", "no-such-codec", "hex"])
async def test_a_form_that_can_be_read_is_read(make_app, charset):
    async with visit(make_app(router)) as client:
        answer = await client.post("/form", **multipart(charset, b"anna@mairie.example"))
    assert answer.json() == {"email": ["anna@mairie.example"]}


async def test_a_doubled_field_keeps_both_values_and_bad_bytes_are_marked(make_app):
    headers = {"origin": PUBLIC, "content-type": "application/x-www-form-urlencoded"}
    async with visit(make_app(router)) as client:
        answer = await client.post("/form", content="a=1&a=2&b=%ff", headers=headers)
    assert answer.json() == {"a": ["1", "2"], "b": ["\ufffd"]}
