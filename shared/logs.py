"""JSON logs on standard output, each line with the correlation id of the request or fact it serves."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

correlation: ContextVar[str] = ContextVar("correlation", default="")
"""The id that ties a request to every fact, mail and badge it leads to."""
causation: ContextVar[str | None] = ContextVar("causation", default=None)
"""The id of the fact being consumed, if any."""


@contextmanager
def bound(correlation_id: str, causation_id: str | None = None) -> Iterator[None]:
    """Everything logged and recorded inside carries these ids."""
    tokens = correlation.set(correlation_id), causation.set(causation_id)
    try:
        yield
    finally:
        correlation.reset(tokens[0])
        causation.reset(tokens[1])


def _add_ids(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if correlation_id := correlation.get():
        event["correlation_id"] = correlation_id
    return event


def configure(service: str, level: str = "info") -> None:
    """Send structlog and the libraries' logs to standard output as JSON. No personal data belongs in either."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            _add_ids,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format='{"logger":"%(name)s","event":"%(message)s"}')


def log() -> structlog.typing.FilteringBoundLogger:
    """The logger; event names are `noun.verb`: `log().info("fact.parked", type=…)`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
