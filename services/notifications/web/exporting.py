"""The file of what this service holds about a person."""

from typing import Any

from services.notifications import exporting
from services.notifications.web.context import Desk
from shared.signing import digest, matches
from shared.web import exports


async def _export(desk: Desk, id: str) -> dict[str, Any] | None:
    return await exporting.export(desk.store, id)


async def _opens(desk: Desk, id: str, token: str) -> bool:
    known = await desk.store.known(id)
    return known is not None and matches(token, digest(known.fact.manage_url))


router = exports.routes("notifications", _export, _opens)
