"""What a service deleted in its time, as one part of the register of purposes."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from shared.findings import NAMES
from shared.purposes import REGISTER
from shared.retention import Retention
from shared.web.gate import Staff, staff
from shared.web.pages import Pages


def purges_card(pages: Pages, retention: Retention) -> APIRouter:
    """`/equipe/fragments/<service>/purges`, for whoever looks after registrations."""
    router = APIRouter(include_in_schema=False)
    names = {purpose.code: purpose.name for purpose in REGISTER}

    @router.get(f"/equipe/fragments/{pages.service}/purges")
    async def card(request: Request, _person: Staff = staff("registrations")) -> HTMLResponse:
        return pages.render(
            request,
            "purges_card.html",
            name=NAMES[pages.service],
            service=pages.service,
            purges=await retention.purges(),
            names=names,
        )

    return router
