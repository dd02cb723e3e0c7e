"""The file of what this service holds about a person."""

from typing import Any

from services.registration import exporting
from services.registration.web.context import Desk
from shared.errors import NotFound
from shared.web import exports


async def _export(desk: Desk, id: str) -> dict[str, Any] | None:
    return await exporting.export(desk.store, id)


async def _opens(desk: Desk, id: str, token: str) -> bool:
    try:
        found, generation = desk.links.read(token)
    except NotFound:
        return False
    one = await desk.store.pages.registration(found)
    return one is not None and found == id and one.generation == generation


router = exports.routes("registration", _export, _opens)
