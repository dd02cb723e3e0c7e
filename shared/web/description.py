"""The description of a service's API: OpenAPI, and a page that shows it without a script from anywhere."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse

from shared.web.pages import Pages
from shared.web.problems import PROBLEM

_TEXT = {"type": "string"}


def routes(pages: Pages) -> APIRouter:
    """`openapi.json` and `docs` of this service."""
    router = APIRouter(prefix=f"/api/{pages.service}", include_in_schema=False)

    @router.get("/openapi.json")
    async def openapi(request: Request) -> JSONResponse:
        return JSONResponse(_schema(request.app))

    @router.get("/docs")
    async def docs(request: Request) -> HTMLResponse:
        return pages.render(request, "api.html", schema=_schema(request.app))

    return router


def _schema(app: FastAPI) -> dict[str, Any]:
    if not app.openapi_schema:
        about = (
            "Addresses that are not public want `Authorization: Bearer <token>`. Sentences come in the language of "
            "`Accept-Language` or `?lang=`: fr, en or es. Lists answer `items` and `next`, the following `cursor`."
        )
        schema = get_openapi(title=app.title, version="1", description=about, routes=app.routes)
        schema["paths"] = {path: item for path, item in schema["paths"].items() if path.startswith("/api/")}
        _tell_problems(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def _tell_problems(schema: dict[str, Any]) -> None:
    """Refusals are problem+json here, not what the framework would answer to a body it cannot read."""
    for operation in (one for item in schema["paths"].values() for one in item.values()):
        operation["responses"].pop("422", None)
        operation["responses"]["4XX"] = {"$ref": "#/components/responses/Refused"}
    components = schema.setdefault("components", {})
    components["responses"] = {"Refused": _refused()}
    for name in ("HTTPValidationError", "ValidationError"):
        components.get("schemas", {}).pop(name, None)


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
                                "properties": dict.fromkeys(("field", "code", "detail"), _TEXT),
                            },
                        },
                    },
                }
            }
        },
    }
