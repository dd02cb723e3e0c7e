"""The few addresses that a crowd asks at one moment: answered before FastAPI, which takes longer than they do.

FastAPI has the same routes. They describe the API, and whatever is not plainly right comes to them, to be told what is
wrong with it.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import Away, Refusal
from shared.logs import log
from shared.web.middleware import replay
from shared.web.problems import Stopped, answer

M = TypeVar("M", bound=BaseModel)
Quick = Callable[[Request], Awaitable[Response | None]]
"""Answers a POST; None leaves it to FastAPI. Raises refusals like any route."""


class Quickly:
    """Innermost layer: hands the POSTs to these paths to who answers them quickly, and everything else on."""

    def __init__(self, app: ASGIApp, owner: FastAPI, quick: Mapping[str, Quick]) -> None:
        self._app = app
        self._owner = owner
        self._quick = quick

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        act = self._quick.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if act is None:
            await self._app(scope, receive, send)
            return
        request = Request({**scope, "app": self._owner}, receive)
        body = await request.body()  # kept whole, so that a form read in vain can be read again
        response = await _answer(act, request)
        if response is None:
            await self._app(scope, replay(body, receive), send)
            return
        scope["state"]["route"] = scope["path"]
        await response(scope, receive, send)


async def _answer(act: Quick, request: Request) -> Response | None:
    try:
        return await act(request)
    except Refusal as refusal:
        return answer(request, refusal)
    except Away as away:
        log().warning("request.away", what=str(away))
        return answer(request, Stopped())
    except HTTPException:  # a form that Starlette cannot read
        return None


async def json_body(request: Request, model: type[M]) -> M | None:
    """The body as FastAPI would read it; None when it is anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return None
    try:
        return model.model_validate(json.loads(await request.body()))
    except (ValueError, ValidationError, RecursionError):
        return None
