"""What outsiders of the process ask about its health: the supervisor, Prometheus, and the team's page.

Every service can give the shell of `/equipe/sante`, so that it is there while the programme service is down.
"""

from math import nan
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from shared import metrics
from shared.clock import now
from shared.findings import NAMES, Finding, found
from shared.health import Figures, Health, Report
from shared.i18n import gettext, translate
from shared.web.gate import Staff, staff
from shared.web.languages import language
from shared.web.pages import Pages


def routes(health: Health) -> APIRouter:
    """`/health/live`, `/health/ready` and `/metrics`, on the service's own port: the front door gives none of them."""
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/ready")
    async def ready() -> JSONResponse:
        report = await health.report()
        body = {
            "ready": report.ready,
            "mongo": report.mongo,
            "nats": report.nats,
            "lag": report.lag,
            "lost": report.lost,
        }
        return JSONResponse(body, 200 if report.ready else 503)

    @router.get("/metrics")
    async def scraped() -> Response:
        report = await health.report()
        figures = await health.figures() if health.figures and report.mongo else {}
        body = generate_latest(metrics.REGISTRY) + exposition(report, figures)
        return Response(body, media_type=CONTENT_TYPE_LATEST)

    return router


def exposition(report: Report, figures: Figures) -> bytes:
    """The report in Prometheus' text format. Labels are consumers and states, never subjects: those hold keys."""
    registry = CollectorRegistry()

    def gauge(name: str, about: str, value: float) -> None:
        Gauge(f"rencontres_{name}", about, registry=registry).set(value)

    def gauges(name: str, about: str, label: str, values: dict[str, float]) -> None:
        made = Gauge(f"rencontres_{name}", about, [label], registry=registry)
        for key, value in values.items():
            made.labels(key).set(value)

    gauge("mongo_up", "Whether MongoDB answers as a primary.", report.mongo)
    gauge("nats_up", "Whether NATS and every consumer of this service answer.", report.nats and not report.missing)
    gauge("ready", "Whether this process can do all of its work.", report.ready)
    gauge("outbox_pending", "Facts that NATS has not acknowledged.", report.pending)
    gauge("outbox_oldest_seconds", "Age of the oldest of them.", report.oldest_pending)
    gauge("outbox_refused", "Whether NATS answers and refuses this process's facts: full.", report.refused)
    gauge("dead_letters", "Messages set aside for a person.", report.dead_letters)
    gauge("clock_offset_seconds", "By how much this clock is ahead of MongoDB's.", report.clock)
    gauge("database_disk_free_ratio", "The part of MongoDB's disk that is free.", report.disk_free)
    gauge("deletions_overdue", "What was to be deleted six hours ago and is still there.", report.overdue)
    lag = {name: nan if count is None else float(count) for name, count in report.lag.items()}
    gauges("consumer_lag", "Facts not yet taken in.", "consumer", lag)
    paused = {name: float(name in report.paused) for name in report.lag}
    gauges("consumer_paused", "Readings paused after failures in a row.", "consumer", paused)
    gauges("lease_stuck", "Work under a lease that nobody does.", "lease", dict.fromkeys(report.stuck, 1.0))
    wrong = {one.words.code: 1.0 for one in found(report)}
    gauges("finding", "What the health page says is wrong.", "code", wrong)
    for name, counts in figures.items():
        gauges(name, "Counted by the service itself.", "state", counts)
    return generate_latest(registry)


def health_page(pages: Pages, health: Health) -> APIRouter:
    """`/equipe/sante`, and this service's entry of its list; for any staff account."""
    router = APIRouter(include_in_schema=False)

    @router.get("/equipe/sante")
    async def shell(request: Request, _person: Staff = staff()) -> HTMLResponse:
        return pages.render(request, "sante.html", services=NAMES)

    @router.get(f"/equipe/fragments/{pages.service}/health")
    async def card(request: Request, _person: Staff = staff()) -> HTMLResponse:
        report, findings = await health.findings()
        lines = [line(one, language(request)) for one in findings]
        return pages.render(
            request,
            "health_card.html",
            name=NAMES[pages.service],
            service=pages.service,
            state="bad" if any(one.words.level == "bad" for one in findings) else "warn" if findings else "ok",
            lines=lines,
            waiting=sum(count or 0 for count in report.lag.values()),
            looked=now(),
        )

    return router


def line(finding: Finding, lang: str) -> dict[str, Any]:
    """A finding in one language, as the card shows it."""
    params = {
        name: gettext(lang, value) if isinstance(value, str) and name == "source" else value
        for name, value in finding.params.items()
    }
    words = finding.words
    return {
        "code": words.code,
        "level": words.level,
        "what": translate(lang, words.what, **params),
        "works": translate(lang, words.works, **params),
        "todo": translate(lang, words.todo, **params),
        "since": finding.since,
        "link": finding.link,
    }
