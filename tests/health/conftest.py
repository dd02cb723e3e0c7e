"""A house for what breaks it: its pages are read, and its commands given, as by the technician on call."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest

from deploy import manage
from deploy.layout import Layout
from tests.house import House, running_house
from tests.journeys.story import Story

Run = Callable[..., tuple[int, str, str]]
"""Gives one command; its exit code, what it printed, and what it complained about."""
Later = Callable[..., AbstractContextManager[None]]
"""Lets time pass for a while: `with later(minutes=1):`."""


@pytest.fixture(scope="package")
def house(scratch: Path) -> Iterator[House]:
    """Of their own: these tests break what others use."""
    folder = scratch / "health"
    with running_house(folder, MAIL_MOOD=str(folder / "mood")) as one:
        yield one


@pytest.fixture
def mood(house: House) -> Iterator[Path]:
    """The file that says how the mail server behaves (`deploy.mail_sink.MOODS`); well again after the test."""
    file = Path(house.settings["MAIL_MOOD"])
    yield file
    file.unlink(missing_ok=True)


@pytest.fixture
def later(house: House) -> Later:
    """Inside `with later(minutes=1):` the services live so much later."""

    @contextmanager
    def passed(**length: float) -> Iterator[None]:
        house.pass_time(**length)
        try:
            yield
        finally:
            house.pass_time(**{unit: -value for unit, value in length.items()})

    return passed


@pytest.fixture
def layout(house: House, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """The house as `manage` finds it."""
    monkeypatch.setenv("VAR", str(house.var))
    return Layout.running(os.environ)


@pytest.fixture
def run(layout: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Commands beside the running house."""
    for name in ("SERVICE", "MONGO_URL", "MONGO_ADMIN_URL", "NATS_URL"):
        monkeypatch.delenv(name, raising=False)

    def command(*words: str) -> tuple[int, str, str]:
        code = manage.main(words)
        printed = capsys.readouterr()
        return code, printed.out.strip(), printed.err.strip()

    return command


@pytest.fixture(scope="package")
def story(house: House) -> Iterator[Story]:
    told = Story(house)
    yield told
    told.close()


@pytest.fixture(scope="package")
def technician(house: House) -> Iterator[httpx.Client]:
    """Signed in, with every right."""
    with house.visitor() as one:
        one.post("/equipe/connexion", data={"email": house.staff_email, "password": house.staff_password})
        yield one
