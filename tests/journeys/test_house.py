"""What a house shows of itself on its machine, and while one of its services is stopped."""

import stat
from pathlib import Path

from tests.house import House


def programs(var: Path) -> dict[str, int]:
    """The pid of every program of a house."""
    return {file.stem: int(file.read_text()) for file in (var / "run").glob("*.pid")}


def listeners(var: Path, protocol: str) -> list[str]:
    """The addresses on which the programs of a house accept connections."""
    files = [file for pid in programs(var).values() for file in Path(f"/proc/{pid}/fd").iterdir()]
    sockets = {str(file.readlink()) for file in files if file.is_symlink()}
    rows = [line.split() for line in Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]]
    return [row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]


def test_access_is_for_its_owner_alone(house):
    assert stat.S_IMODE((house.var / "access.json").stat().st_mode) == 0o600


def test_house_listens_on_loopback_only(house):
    """`0100007F` is 127.0.0.1 as the kernel writes it."""
    assert len(listeners(house.var, "tcp")) >= 8
    assert set(listeners(house.var, "tcp")) == {"0100007F"}
    assert listeners(house.var, "tcp6") == []


def test_stopped_service_is_said_to_be_away_and_the_others_answer(house: House):
    with house.without("badges"), house.visitor() as visitor:
        away = visitor.get("/accueil")
        there = visitor.get("/programme")

    assert (away.status_code, there.status_code) == (503, 200)
    assert "arrêtée pour le moment" in away.text
    assert "rencontres.css" in away.text
