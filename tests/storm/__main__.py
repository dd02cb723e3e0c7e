"""`python -m tests.storm`, with `MINUTES` and `SEED`: a storm, its report, and whether everything held."""

import os
import shutil
import sys
from pathlib import Path

from deploy.layout import Layout
from tests.house import running_house
from tests.storm.report import report
from tests.storm.schedule import schedule
from tests.storm.settings import PATIENT
from tests.storm.storm import Storm

ROOT = Path(__file__).parents[2]
VISITORS = 12


def main() -> int:
    """Run the storm in `var/storm/<seed>`."""
    minutes, seed = float(os.environ.get("MINUTES") or 15), int(os.environ.get("SEED") or 2026)
    folder = ROOT / f"var/storm/{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    mood = folder / "mood"
    faults = schedule(seed, minutes * 60)
    say(f"Storm {seed}: {len(faults)} faults in {minutes:g} minutes. Everything about it is in {folder}.")
    with running_house(folder / "house", MAIL_MOOD=str(mood), **PATIENT) as house:
        os.environ["VAR"] = str(house.var)  # where the operator's commands find the house
        layout = Layout.running({**os.environ, **house.settings})
        storm = Storm(house, layout, mood, folder, seed=seed, visitors=VISITORS)
        outcome = storm.rage(faults, say)
    text = report(outcome, seed, f"make storm MINUTES={minutes:g} SEED={seed}")
    (folder / "report.md").write_text(text)
    say("\n" + text)
    return 1 if outcome.findings else 0


def say(line: str) -> None:
    """To the terminal, at once."""
    print(line, flush=True)  # noqa: T201 - a terminal program answers by printing


if __name__ == "__main__":
    sys.exit(main())
