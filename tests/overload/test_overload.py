"""Ten times more ask than can be answered: clear refusals, an open door, nothing lost; the figures: `make overload`."""

from pathlib import Path

from tests.house import running_house
from tests.overload.scene import SETTINGS, play


def test_overload_is_refused_clearly_and_the_door_goes_on(scratch: Path):
    with running_house(scratch / "overload", **SETTINGS) as house:
        pids = {name: house.pid(name) for name in ("registration", "badges", "notifications", "programme")}
        report = play(house, seconds=5, places=200)
        assert set(report.flood.statuses) <= {201, 409, 503}
        assert report.flood.statuses[503] > 0  # it was too much
        assert report.flood.statuses[201] + report.flood.statuses[409] > 0
        assert (report.flood.unanswered, report.flood.without_retry_after) == (0, 0)
        assert report.door.statuses == {200: report.door.sent}
        assert (report.door.not_sent, report.door.unanswered) == (0, 0)
        assert report.kept == report.acknowledged
        assert {name: house.pid(name) for name in pids} == pids  # nobody was taken for dead
