"""The house of the journeys, and what pages are looked at with."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.house import House, running_house
from tests.journeys.browsing import browsing
from tests.journeys.known import Known, knowing
from tests.journeys.windows import Windows


@pytest.fixture(scope="package")
def house(scratch: Path) -> Iterator[House]:
    """Everything running behind one public address, with the sample edition. Slow to start: shared by all journeys."""
    with running_house(scratch / "house") as one:
        yield one


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a file: two at a time do not go together."""
    with browsing() as one:
        yield one


@pytest.fixture(scope="module")
def known(house: House) -> Iterator[Known]:
    """People in every state, and the team."""
    with knowing(house) as one:
        yield one


@pytest.fixture(scope="module")
def windows(browser: Browser, known: Known) -> Windows:
    """Windows to look at pages with."""
    return Windows(browser, known)
