"""An edition's last day moves into the past: what ends with it would be deleted, so it is asked twice."""

from collections.abc import Callable, Mapping
from datetime import date

from services.programme.domain.editions import Edition
from shared.errors import Refusal

Deletions = Callable[[date], Mapping[str, date]]
"""When what is deleted (`needs_on`, `phones_on`, `people_on`), if this were the last day."""


class PastLastDay(Refusal):
    """The last day would move into the past, and nobody has said that it is meant."""

    code = "past-last-day"
    text = (
        "Le dernier jour serait le %(last_on)s, déjà passé. Seraient effacés pour toujours : les besoins de repas et "
        "d’accès à partir du %(needs_on)s, les téléphones à partir du %(phones_on)s, les personnes inscrites à partir "
        "du %(people_on)s. Si c’est voulu, renvoyez la même demande avec le paramètre last_day=%(last_day)s."
    )


def check(before: Edition, after: Edition, today: date, meant: date | None, deletions: Deletions) -> None:
    """Refuse a last day moved back behind today, unless that very day is named once more (`meant`)."""
    last_day = max(after.dates)
    if last_day < min(max(before.dates), today) and meant != last_day:
        raise PastLastDay(last_on=last_day, last_day=last_day.isoformat(), **deletions(last_day))
