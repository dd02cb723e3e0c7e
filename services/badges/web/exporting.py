"""The file of what this service holds about a person."""

from typing import Any

from services.badges import exporting
from services.badges.web.context import Desk
from shared.signing import matches
from shared.web import exports


async def _export(desk: Desk, id: str) -> dict[str, Any] | None:
    return await exporting.export(desk.store, id)


async def _opens(desk: Desk, id: str, token: str) -> bool:
    holder = await desk.store.holder(id)
    return holder is not None and matches(token, holder.link)


router = exports.routes("badges", _export, _opens)
