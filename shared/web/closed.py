"""While a service's database is lost, or may be: nobody is answered from an empty one, as if nothing had been there."""

from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.web.problems import Stopped, answer


class Closed:
    """Answers everything but questions about health as a service that is away, while `owner.state.shut`."""

    def __init__(self, app: ASGIApp, owner: FastAPI) -> None:
        self._app = app
        self._owner = owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not self._owner.state.shut or _about_health(scope["path"]):
            await self._app(scope, receive, send)
            return
        scope["app"] = self._owner
        await answer(Request(scope), Stopped())(scope, receive, send)


def _about_health(path: str) -> bool:
    """Whether this asks how the service is: as a probe, or as the team's page and this service's card on it."""
    return path.startswith(("/health/", "/metrics")) or path == "/equipe/sante" or path.endswith("/health")
