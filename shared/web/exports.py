"""A person's data as a file: each service hands out what it holds, to whoever holds the link, or to the team.

The address of the link is not in these requests, only its token, in a form: logs and histories keep addresses.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from shared.errors import NotFound
from shared.logs import log
from shared.web.forms import read_form
from shared.web.gate import Staff, staff_or_token

MAY = staff_or_token(("registrations",), "registrations")

Export = Callable[[Any, str], Awaitable[dict[str, Any] | None]]
"""From the service's desk and a registration's id to everything held about it; None when that is nothing."""
Opens = Callable[[Any, str, str], Awaitable[bool]]
"""Whether this token is the newest link to this registration, as far as the service was told."""


def routes(service: str, export: Export, opens: Opens) -> APIRouter:
    """The two ways to the file. `app.state.desk` has the store, which keeps who of the team asked."""
    router = APIRouter(prefix=f"/api/{service}/v1", tags=[service])

    @router.post("/export", include_in_schema=False)
    async def to_the_person(request: Request) -> Response:
        """What is held about the registration that `link`, the token of its manage link, opens."""
        token = (await read_form(request)).get("link", "")[:200]
        desk, id = request.app.state.desk, token.partition(".")[0]
        if not await opens(desk, id, token) or (held := await export(desk, id)) is None:
            raise NotFound
        log().info("person.exported", by="person")
        return _file(service, held)

    @router.post("/registrations/{id}/export")
    async def to_the_team(id: str, request: Request, who: Staff = MAY) -> Response:
        """The same for the team, which the journal remembers."""
        desk = request.app.state.desk
        if (held := await export(desk, id)) is None:
            raise NotFound
        await desk.store.commit(lambda unit: unit.audit(who.actor, "person.export", id))
        return _file(service, held)

    return router


def readable(held: dict[str, Any]) -> str:
    """The file's text: indented, in the letters people typed, with times as ISO 8601."""
    return json.dumps(held, ensure_ascii=False, indent=2, default=_said)


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _file(service: str, held: dict[str, Any]) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="rencontres-{service}.json"', "Cache-Control": "no-store"}
    return Response(readable(held), media_type="application/json", headers=headers)
