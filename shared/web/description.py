"""The description of a service's API: OpenAPI, and a page that shows it without a script from anywhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.routing import APIRoute, iter_route_contexts

from shared.web.pages import Pages
from shared.web.problems import PROBLEM

_TEXT = {"type": "string"}
_TOKEN = {"type": "http", "scheme": "bearer"}


def routes(pages: Pages) -> APIRouter:
    """`openapi.json` and `docs` of this service."""
    router = APIRouter(prefix=f"/api/{pages.service}", include_in_schema=False)

    @router.get("/openapi.json")
    async def openapi(request: Request) -> JSONResponse:
        return JSONResponse(_schema(request.app))

    @router.get("/docs")
    async def docs(request: Request) -> HTMLResponse:
        schema = _schema(request.app)
        return pages.render(request, "api.html", schema=schema, fields=lambda body: [*fields(schema, body)])

    return router


@dataclass(frozen=True)
class Field:
    """One field of a body, `organisation.name` inside another; `kind` says what it holds, `rule` its limits."""

    name: str
    kind: str
    rule: str
    required: bool


def fields(schema: Mapping[str, Any], body: Mapping[str, Any], before: str = "") -> Iterator[Field]:
    """The fields of a body, and of what is inside it."""
    whole = _resolved(schema, body)
    for name, given in whole.get("properties", {}).items():
        kinds, inner = _kinds(schema, given)
        yield Field(before + name, " or ".join(kinds), _rule(given), name in whole.get("required", ()))
        for one, mark in inner:
            yield from fields(schema, one, f"{before}{name}{mark}.")


def _kinds(
    schema: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[list[str], list[tuple[Mapping[str, Any], str]]]:
    """What a field may hold, in words, and the objects inside it with the mark of a list."""
    kinds: list[str] = []
    inner: list[tuple[Mapping[str, Any], str]] = []
    for one in given.get("anyOf", [given]):
        found = _resolved(schema, one)
        kind = (
            " | ".join(map(str, found["enum"]))
            if "enum" in found
            else str(found.get("const", found.get("type", "any")))
        )
        if kind == "array":
            of, more = _kinds(schema, found.get("items", {}))
            kind = f"list of {' or '.join(of)}"
            inner += [(each, "[]" + mark) for each, mark in more]
        elif "properties" in found:
            inner.append((found, ""))
        kinds.append(kind)
    return kinds, inner


def _rule(given: Mapping[str, Any]) -> str:
    told = {"maxLength": "≤ {} signs", "maxItems": "≤ {} items", "minimum": "≥ {}", "maximum": "≤ {}", "format": "{}"}
    parts = [given, *given.get("anyOf", ())]
    return ", ".join(words.format(one[name]) for one in parts for name, words in told.items() if name in one)


def _resolved(schema: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in given:
        return given
    found: Mapping[str, Any] = schema["components"]["schemas"][given["$ref"].rpartition("/")[2]]
    return found


def _schema(app: FastAPI) -> dict[str, Any]:
    if not app.openapi_schema:
        about = (
            "Addresses that are not public want `Authorization: Bearer <token>`. Sentences come in the language of "
            "`Accept-Language` or `?lang=`: fr, en or es. Lists answer `items` and `next`, the following `cursor`."
        )
        schema = get_openapi(title=app.title, version="1", description=about, routes=app.routes)
        schema["paths"] = {path: item for path, item in schema["paths"].items() if path.startswith("/api/")}
        _tell_problems(schema)
        _tell_tokens(schema, app)
        app.openapi_schema = schema
    return app.openapi_schema


def _tell_problems(schema: dict[str, Any]) -> None:
    """Refusals are problem+json here, not what the framework would answer to a body it cannot read."""
    for operation in (one for item in schema["paths"].values() for one in item.values()):
        operation["responses"].pop("422", None)
        operation["responses"]["4XX"] = operation["responses"]["503"] = {"$ref": "#/components/responses/Refused"}
    components = schema.setdefault("components", {})
    components["responses"] = {"Refused": _refused()}
    for name in ("HTTPValidationError", "ValidationError"):
        components.get("schemas", {}).pop(name, None)


def _tell_tokens(schema: dict[str, Any], app: FastAPI) -> None:
    """Which addresses ask for a token, and for which of its scopes."""
    schema["components"]["securitySchemes"] = {"token": _TOKEN}
    for route in (one.original_route for one in iter_route_contexts(app.routes)):
        if isinstance(route, APIRoute) and (item := schema["paths"].get(route.path)):
            scopes = {scope for guard in route.dependant.dependencies for scope in guard.own_oauth_scopes or ()}
            for method in (route.methods or ()) if scopes else ():
                item[method.lower()]["security"] = [{"token": sorted(scopes)}]


def _refused() -> dict[str, Any]:
    return {
        "description": "Refused. `code` is stable and names the rule; `detail` says it to a person in their language.",
        "content": {
            PROBLEM: {
                "schema": {
                    "title": "Problem",
                    "description": "RFC 9457. `errors` lists the fields to mend, where there are some.",
                    "type": "object",
                    "required": ["type", "title", "status", "detail", "code"],
                    "properties": {
                        **dict.fromkeys(("type", "title", "detail", "code"), _TEXT),
                        "status": {"type": "integer"},
                        "errors": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["field", "code", "detail"],
                                "properties": dict.fromkeys(("field", "code", "detail"), _TEXT),
                            },
                        },
                    },
                }
            }
        },
    }
