"""`python -m tests.faults.weigh`, with `PEOPLE`: how long a backup and a restore take, and how large the file is."""

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.topology import SERVICES
from tests.faults.losing import manage, mongo, quiet
from tests.faults.town import EDITION
from tests.house import House, running_house
from tests.journeys.story import Story, an_application, eventually
from tests.storm.settings import PATIENT

PATIENCE = 900.0


def main() -> None:
    """A house with so many registrations, each with its badge and its mail; 1,500 when left out."""
    people = int(os.environ.get("PEOPLE") or 1500)
    with (
        tempfile.TemporaryDirectory(prefix="rencontres-weigh-") as folder,
        running_house(Path(folder) / "house", **PATIENT) as house,
    ):
        story = Story(house)
        fill(story, people)
        story.close()
        weigh(house, Path(folder) / "all.zip", people)


def weigh(house: House, file: Path, people: int) -> None:
    """One backup and one restore beside the running house."""
    say(f"{people} registrations: {held(house)} documents")
    said, seconds = timed(house, "backup", str(file))
    say(f"backup: {seconds:.1f} s, {file.stat().st_size / 1024**2:.1f} MB. {said}")
    said, seconds = timed(house, "restore", str(file), "--over")
    say(f"restore --over, beside the running house: {seconds:.1f} s. {said}")
    begun = time.monotonic()
    house.await_ready(limit=PATIENCE)
    eventually(quiet(house, SERVICES), "every fact told anew and taken in", seconds=PATIENCE)
    say(f"all services ready again, every fact told anew and taken in: {time.monotonic() - begun:.1f} s more")


def fill(story: Story, people: int) -> None:
    """Everybody registers, and has their badge and their mail."""
    elected = {"id": "elu", "label": {"fr": "Élu"}, "authorities": True}
    rules = {"categories": [elected], "quota": people, "opens_days_before": 120, "closes_days_before": 0}
    story.api.put(f"/api/registration/v1/editions/{EDITION}", json=rules).raise_for_status()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: story.register(an_application(sessions=[])), range(people)))

    def done() -> bool:
        with mongo(story.house) as client:
            sent = client.notifications.deliveries.count_documents({"state": "sent"})
            return sent >= people and client.badges.badges.count_documents({}) >= people

    eventually(done, "every badge and every mail", seconds=PATIENCE)
    eventually(quiet(story.house, SERVICES), "every fact told and taken in", seconds=PATIENCE)


def held(house: House) -> int:
    """How many documents all four databases hold."""
    with mongo(house) as client:
        return sum(
            client[one][name].count_documents({}) for one in SERVICES for name in client[one].list_collection_names()
        )


def timed(house: House, *words: str) -> tuple[str, float]:
    """What the command said, and its seconds."""
    begun = time.monotonic()
    said = manage(house, *words)
    return said.strip(), time.monotonic() - begun


def say(line: str) -> None:
    """To the terminal, at once."""
    print(line, flush=True)  # noqa: T201 - a terminal program answers by printing


if __name__ == "__main__":
    main()
