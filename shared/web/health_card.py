"""A service's health in plain words, as one entry of the list on `/equipe/sante`."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from shared.health import SLOW_SECONDS, Health, Report
from shared.i18n import N_
from shared.web.gate import Staff, staff
from shared.web.pages import Pages

NAMES = {
    "registration": N_("Inscriptions"),
    "programme": N_("Programme"),
    "notifications": N_("Messages"),
    "badges": N_("Badges et accueil"),
}
LAGGING = 500
"""Facts not taken in yet from which a reader counts as late."""


def state(report: Report) -> str:
    """`bad`: does not work; `warn`: works, late or with something set aside; `ok`."""
    if not report.ready:
        return "bad"
    late = report.oldest_pending > SLOW_SECONDS or any((count or 0) > LAGGING for count in report.lag.values())
    return "warn" if late or report.dead_letters else "ok"


def health_card(pages: Pages, health: Health) -> APIRouter:
    """`/equipe/fragments/<service>/health`, for any staff account."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"/equipe/fragments/{pages.service}/health")
    async def card(request: Request, _person: Staff = staff()) -> HTMLResponse:
        report = await health.report()
        return pages.render(
            request,
            "health_card.html",
            name=NAMES[pages.service],
            report=report,
            state=state(report),
            late_after=SLOW_SECONDS,
            waiting=sum(count or 0 for count in report.lag.values()),
        )

    return router
