"""`make pictures`: the README's from one house, the guide's from another, each with the people it needs."""

import sys
import tempfile
from pathlib import Path

from tests.house import running_house
from tests.journeys.pictures import guide, readme


def main(names: list[str]) -> None:
    """Those that are named, or all."""
    for name, pictures in (("readme", readme.pictures), ("guide", guide.pictures)):
        if not names or name in names:
            with tempfile.TemporaryDirectory() as folder:
                mood = Path(folder) / "mood"
                with running_house(Path(folder) / "house", MAIL_MOOD=str(mood)) as house:
                    pictures(house, mood)


if __name__ == "__main__":
    main(sys.argv[1:])
