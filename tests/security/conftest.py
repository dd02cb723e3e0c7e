"""A house of its own for what hurts: its limits let one address through, and what is sent to it disturbs nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import House, running_house
from tests.security.doors import Keys

MANY = "1000000"
LIMITS = ("REGISTRATIONS_PER_ADDRESS", "REGISTRATIONS_PER_MAILBOX", "HASTY_PER_ADDRESS", "LOOKUPS_PER_ADDRESS")


@pytest.fixture(scope="package")
def besieged(scratch: Path) -> Iterator[House]:
    """Everything running, without limits per address: all of this comes from one."""
    limits = dict.fromkeys(LIMITS, MANY)
    with running_house(scratch / "besieged", **limits) as one:
        yield one


@pytest.fixture(scope="package")
def keys(besieged: House) -> Keys:
    """What opens the team's doors of that house."""
    with besieged.visitor() as claire:
        signed = {"email": besieged.staff_email, "password": besieged.staff_password}
        claire.post("/equipe/connexion", data=signed, follow_redirects=False)
        word = claire.cookies["rencontres_staff"]
    return Keys(besieged.base_url, besieged.token, f"rencontres_staff={word}")
