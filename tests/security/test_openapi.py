"""The four descriptions of the API are true: what they allow and what they forbid is answered as they say.

`make test` draws a few requests for each address, always the same; `make fuzz` many, each time others.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import SERVICES, House

EXAMPLES = os.environ.get("EXAMPLES", "5")
SEED = os.environ.get("SEED", "4")


SETTINGS = """
warnings = false
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 415, 422, 428, 429]
[checks.positive_data_acceptance]
enabled = false
"""
"""What was read long ago (412) is told before what is wrong with it. A full edition, a reused key, an unknown category
refuse what the description allows: that valid requests are accepted is for other tests."""


def _run(house: House, service: str, folder: Path, *options: str) -> int:
    """How many requests schemathesis made; fails with what it says when something is not as described.

    What withdraws an account or a token is left out: it would end the token that asks, and the team's other cookies.
    """
    (folder / "schemathesis.toml").write_text(SETTINGS)
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", "--url", house.base_url, "--seed", SEED]
    command += ["--generation-database", "none", "--no-color", "--request-timeout", "10", *options]
    command += ["--exclude-path-regex", r"/(accounts|tokens)/\{id\}/", f"{house.base_url}/api/{service}/openapi.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    found = re.search(r"(\d+) generated", done.stdout)
    assert found, done.stdout
    return int(found[1])


@pytest.mark.parametrize("service", SERVICES)
def test_described_addresses_answer_as_described(besieged: House, service: str, tmp_path: Path):
    token = f"Authorization: Bearer {besieged.token}"

    assert _run(besieged, service, tmp_path, "--header", token, "--max-examples", EXAMPLES) > 80


@pytest.mark.parametrize("service", ["registration", "programme"])
def test_described_addresses_answer_strangers_as_described(besieged: House, service: str, tmp_path: Path):
    few = str(max(3, int(EXAMPLES) // 4))

    assert _run(besieged, service, tmp_path, "--phases", "fuzzing", "--max-examples", few) > 20
