"""One house for programs that die, streams that are wiped, people who are forgotten and accounts that are withdrawn."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.layout import Layout
from tests.house import House, running_house
from tests.journeys.story import Story


@pytest.fixture(scope="package")
def house(scratch: Path) -> Iterator[House]:
    """Of their own: what these tests leave behind is seen on pages that others look at."""
    with running_house(scratch / "today") as one:
        yield one


@pytest.fixture
def story(house: House) -> Iterator[Story]:
    """Told when all is well; afterwards nothing is armed, and all is well again."""
    house.await_ready()
    told = Story(house)
    yield told
    told.close()
    house.disarm()
    house.await_ready()


@pytest.fixture
def layout(house: House, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """The house as `manage` finds it."""
    monkeypatch.setenv("VAR", str(house.var))
    return Layout.running(os.environ)
