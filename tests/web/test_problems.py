"""RFC 9457 answers: stable codes, fields, sentences in three languages; and an API that describes itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from fastapi import APIRouter, FastAPI
from jsonschema import Draft202012Validator

from shared.errors import Refusal
from shared.web import Input, Line, Paragraph, Staff, bearer, said
from shared.web.description import Field, fields
from tests.web.conftest import visit

Make = Callable[..., FastAPI]
API = "/api/programme/v1"


class Closed(Refusal):
    code = "registration-closed"
    text = "Fermé depuis le %(day)s."


class Taken(Refusal):
    code = "room-taken"
    status = 422
    field = "room"
    text = "Cette salle est prise."


@dataclass(frozen=True)
class Mistake:
    field: str
    code: str
    text: str
    params: dict[str, object]


class Invalid(Refusal):
    code = "invalid"
    status = 422

    def __init__(self) -> None:
        super().__init__()
        self.mistakes = (Mistake("email", "required", "Ce champ est obligatoire.", {}),)


class Body(Input):
    name: Line
    words: Paragraph = ""
    number: int = 0


def routes() -> APIRouter:
    router = APIRouter()

    @router.post(f"{API}/body")
    async def body(body: Body) -> Body:
        return body

    @router.get(f"{API}/closed")
    async def closed() -> None:
        raise Closed(day=date(2026, 7, 3))

    @router.get(f"{API}/taken")
    async def taken() -> None:
        raise Taken

    @router.get(f"{API}/invalid")
    async def invalid() -> None:
        raise Invalid

    @router.get("/page/{number}")
    async def page(number: int) -> None:
        """Not part of the API."""

    return router


async def test_refusal_tells_its_code_and_spells_out_dates(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        answer = await client.get(f"{API}/closed")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "Fermé depuis le vendredi 3 juillet.",
        "code": "registration-closed",
    }


async def test_refusal_of_a_field_names_it(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        assert (await client.get(f"{API}/taken")).json()["errors"] == [
            {"field": "room", "code": "room-taken", "detail": "Cette salle est prise."}
        ]
        assert (await client.get(f"{API}/invalid?lang=en")).json()["errors"] == [
            {"field": "email", "code": "required", "detail": "This field is required."}
        ]


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ({}, "name", "required"),
        ({"name": 1}, "name", "not-a-text"),
        ({"name": "x" * 501}, "name", "too-long"),
        ({"name": "a\0b"}, "name", "unshowable"),
        ({"name": "a\nb"}, "name", "line-break"),
        ({"name": "a", "words": "a\u0007"}, "words", "unshowable"),
        ({"name": "a", "number": "x"}, "number", "not-a-number"),
        ({"name": "a", "nmae": "b"}, "nmae", "unknown-field"),
        ([], "", "not-an-object"),
    ],
)
async def test_wrong_field_is_named_with_a_code(make_app: Make, sent: object, field: str, code: str) -> None:
    async with visit(make_app(routes())) as client:
        answer = await client.post(f"{API}/body", json=sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == (field, code)


async def test_what_was_typed_is_never_repeated(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        answer = await client.post(f"{API}/body", json={"name": "a", "number": "<script>secret"})
    assert "secret" not in answer.text


async def test_too_long_says_how_long(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        answer = await client.post(f"{API}/body", json={"name": "x" * 512}, headers={"accept-language": "en"})
    assert answer.json()["errors"][0]["detail"] == "500 characters at most; there are 512."


async def test_paragraph_keeps_its_lines_and_every_script(make_app: Make) -> None:
    words = "Été\n\tქართული 日本 العربية \U0001f3f3\ufe0f\u200d\U0001f308 \u200f {{7*7}} =cmd|"
    async with visit(make_app(routes())) as client:
        answer = await client.post(f"{API}/body", json={"name": "Tovonay", "words": words})
    assert answer.json()["words"] == words


async def test_page_with_an_impossible_address_does_not_exist(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        assert (await client.get("/page/x")).status_code == 404


async def test_api_describes_itself_and_only_itself(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        schema = (await client.get("/api/programme/openapi.json")).json()
        docs = (await client.get("/api/programme/docs")).text
    assert set(schema["paths"]) == {f"{API}/{name}" for name in ("body", "closed", "taken", "invalid")}
    assert f"{API}/body" in docs
    assert "<script" not in docs


async def test_page_of_the_api_lists_the_fields_of_bodies(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        docs = " ".join((await client.get("/api/programme/docs")).text.split())

    assert "<code>name</code> (string, required): ≤ 500 signs" in docs
    assert "<code>number</code> (integer)" in docs


def test_fields_inside_lists_and_choices_are_found() -> None:
    inner = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string", "maxLength": 9}}}
    body = {
        "properties": {
            "one": {"anyOf": [{"$ref": "#/components/schemas/Inner"}, {"type": "null"}]},
            "many": {"type": "array", "maxItems": 3, "items": {"$ref": "#/components/schemas/Inner"}},
            "choice": {"enum": ["a", "b"], "type": "string"},
        }
    }

    assert [*fields({"components": {"schemas": {"Inner": inner}}}, body)] == [
        Field("one", "object or null", "", required=False),
        Field("one.code", "string", "≤ 9 signs", required=True),
        Field("many", "list of object", "≤ 3 items", required=False),
        Field("many[].code", "string", "≤ 9 signs", required=True),
        Field("choice", "a | b", "", required=False),
    ]


async def test_api_tells_which_address_wants_which_token(make_app: Make) -> None:
    router = routes()

    @router.get(f"{API}/people")
    async def people(_who: Staff = bearer("registrations")) -> int:
        return 1

    async with visit(make_app(router)) as client:
        paths = (await client.get("/api/programme/openapi.json")).json()["paths"]

    assert paths[f"{API}/people"]["get"]["security"] == [{"token": ["registrations"]}]
    assert "security" not in paths[f"{API}/body"]["post"]


async def test_wrong_method_is_told_every_right_one(make_app: Make) -> None:
    router = routes()

    @router.get(f"{API}/body")
    async def read() -> int:
        return 1

    async with visit(make_app(router)) as client:
        answer = await client.delete(f"{API}/body")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_api_describes_its_refusals_as_they_are_answered(make_app: Make) -> None:
    async with visit(make_app(routes())) as client:
        schema = (await client.get("/api/programme/openapi.json")).json()
        refused = (await client.get(f"{API}/taken")).json()
    told = [operation["responses"] for item in schema["paths"].values() for operation in item.values()]
    assert {one["4XX"]["$ref"] for one in told} == {"#/components/responses/Refused"}
    assert not any("422" in one for one in told)
    problem = schema["components"]["responses"]["Refused"]["content"]["application/problem+json"]["schema"]
    Draft202012Validator({**problem, "additionalProperties": False}).validate(refused)


def test_sentence_spells_moments_and_texts_for_its_reader():
    start = datetime(2026, 7, 8, 12, 30, tzinfo=UTC)
    sentence = Mistake(
        "x", "y", "%(title)s : %(start_time)s", {"title": {"fr": "Pause", "en": "Break"}, "start_time": start}
    )
    assert said("en", sentence) == "Break : 2:30\u00a0pm"
    assert said("es", sentence, "Europe/London") == "Pause : 13.30"
