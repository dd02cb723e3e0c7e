"""No text makes one of our patterns think for long (ReDoS), wherever it may come from."""

import importlib
import pkgutil
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

import services
import shared
from services.badges.tokens import typed_code, unbase45
from services.programme.domain.checks.spelled import days, spans
from services.programme.web.editor import hours
from services.registration.domain.text import fault
from services.registration.organisations import searchable
from shared.text import one_line
from shared.web.languages import negotiate

LENGTH = 20_000
"""A pattern that tries all ways needs minutes for so many signs, ours some milliseconds."""
SECONDS = 1.0
"""Of this process alone: nothing else on the machine counts."""

PUMPS = (
    *(
        " ",
        "a",
        "1",
        "0.",
        "\n",
        "\n ",
        " \n",
        "\t",
        ".",
        "-",
        "@",
        "a@",
        "@a.",
        "{",
        "{a",
        "}",
        '"',
        "\\",
        '"\\',
        "\u00a0",
    ),
    *(
        "1 ",
        "1h",
        "12 h ",
        "9h00 - ",
        "1 a m ",
        "mardi ",
        "mardi 9 ",
        "de ",
        "é",
        "A/",
        "Aa/Aa",
        "a-",
        "0a.1.",
        "Timeout",
        "$",
    ),
)
BEFORE_AND_AFTER = (("", "!"), ("1", "x"), ("mardi", "x"), ("9h", "€"), ('"', ""), ("a@", "@"), ("{", "\x00"))


def _patterns() -> dict[str, re.Pattern[str] | re.Pattern[bytes]]:
    """Every pattern kept in a module of ours."""
    found = {}
    for package in (services, shared):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, re.Pattern):
                    found[f"{module.name}.{name}"] = value
    return found


PATTERNS = _patterns()


class TooSlow(Exception):
    """It thinks, and thinks."""


@contextmanager
def _bounded() -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _texts() -> Iterator[str]:
    for pump in PUMPS:
        for before, after in BEFORE_AND_AFTER:
            yield before + (pump * LENGTH)[:LENGTH] + after


def _slow(pattern: re.Pattern[str] | re.Pattern[bytes]) -> Iterator[str]:
    """The beginnings of the texts that this pattern thinks about for too long."""
    for text in _texts():
        given = text if isinstance(pattern.pattern, str) else text.encode()
        try:
            with _bounded():
                pattern.fullmatch(given)  # type: ignore[arg-type]
                pattern.search(given)  # type: ignore[arg-type]
        except TooSlow:
            yield text[:12]


def test_all_patterns_are_found():
    assert {"shared.web.middleware._STRING", "services.programme.web.editor.hours._TYPED"} <= set(PATTERNS)


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_pattern_answers_at_once(name: str):
    assert next(_slow(PATTERNS[name]), None) is None


READERS: dict[str, Callable[[str], object]] = {
    "hours": hours.read,
    "spans": lambda text: [*spans(text)],
    "days": lambda text: [*days(text)],
    "one_line": one_line,
    "fault": lambda text: fault("email", text),
    "searchable": searchable,
    "negotiate": negotiate,
    "typed_code": typed_code,
    "unbase45": unbase45,
}


@pytest.mark.parametrize("reader", READERS)
def test_reader_of_what_was_typed_answers_at_once(reader: str):
    for pump in PUMPS:
        for before, after in BEFORE_AND_AFTER:
            with _bounded():
                READERS[reader](before + (pump * 10_000)[:10_000] + after)


def test_pattern_that_tries_all_ways_is_caught():
    """The one that read hours until now: blanks could be shared out between three places."""
    careless = re.compile(r"(\d{1,2})\s*(?:(?:h|:|\.)\s*(\d{2})?)?\s*(am|pm)?")

    assert next(_slow(careless)) == "1" + " " * 11
