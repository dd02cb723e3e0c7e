"""The editor's pages: the draft as a list, one session's form, rooms and formats, what a release would change."""

from fastapi import APIRouter

from services.programme.web.editor import listing, releasing, removing, rooms, sessions

router = APIRouter(include_in_schema=False)
for part in (listing, rooms, releasing, removing, sessions):
    router.include_router(part.router)
