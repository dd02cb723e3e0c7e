"""`make overload`: ten times the capacity for two minutes, and what it did, as a table."""

import os
import sys
import tempfile
from pathlib import Path

from tests.house import running_house
from tests.overload.scene import SETTINGS, play


def main() -> None:
    """`MINUTES` says how long; 2 when left out."""
    minutes = float(os.environ.get("MINUTES") or 2)
    with tempfile.TemporaryDirectory(prefix="rencontres-overload-") as folder:
        with running_house(Path(folder), **SETTINGS) as house:
            lines = play(house, seconds=60 * minutes, places=2500).lines()
        sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
