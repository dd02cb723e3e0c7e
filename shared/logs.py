"""JSON logs on standard output, each line with the correlation id of the request or fact it serves."""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

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


def failure(error: BaseException) -> dict[str, Any]:
    """What a line may say of an unexpected error: its kind and the places. Its words may quote what a person typed."""
    frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    return {"error": type(error).__name__, "frames": frames[-8:]}


class _Line(logging.Formatter):
    """A library's record as one line of JSON, under the same rule as our own: no words of an exception.

    Only its first line: asyncio's second shows the task, and with it the words of its exception.
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line = {"service": self._service, "logger": record.name, "event": record.getMessage().partition("\n")[0]}
        error = record.exc_info[1] if record.exc_info else None
        return json.dumps({**line, "level": record.levelname.lower(), **(failure(error) if error else {})})


def _add_ids(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if correlation_id := correlation.get():
        event["correlation_id"] = correlation_id
    return event


def configure(service: str, level: str = "info") -> None:
    """Send structlog and the libraries' logs to standard output as JSON. No personal data belongs in either."""
    number = logging.getLevelNamesMapping()[level.upper()]

    def add_service(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {"service": service, **event}

    structlog.configure(
        processors=[
            add_service,
            _add_ids,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    output = logging.StreamHandler(sys.stdout)
    output.setFormatter(_Line(service))
    logging.basicConfig(level=logging.WARNING, handlers=[output])


def log() -> structlog.typing.FilteringBoundLogger:
    """The logger; event names are `noun.verb`: `log().info("fact.parked", type=…)`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
