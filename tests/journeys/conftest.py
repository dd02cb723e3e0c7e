"""The house of the journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import House, running_house


@pytest.fixture(scope="package")
def house(scratch: Path) -> Iterator[House]:
    """Everything running behind one public address, with the sample edition. Slow to start: shared by all journeys."""
    with running_house(scratch / "house") as one:
        yield one
