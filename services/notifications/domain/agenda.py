"""The calendar that goes with a mail: what the person's own calendar must hold after it, and must hold no longer.

Every line keeps its UID, and its SEQUENCE grows whenever the copy in the person's calendar must change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.notifications.domain import timetables
from services.notifications.domain.timetables import Item
from services.notifications.domain.told import Mention, Place, Told, place_of
from shared.events.programme import EditionChanged, Released


@dataclass(frozen=True)
class Agenda:
    """The lines of a calendar file; the `revision` of each is its SEQUENCE. `said` is what is remembered of it."""

    items: tuple[Item, ...] = ()
    said: tuple[Mention, ...] = ()


EMPTY = Agenda()
"""No calendar goes with the mail."""


def updated(
    items: Sequence[Item],
    waits: Sequence[Item],
    told: Told,
    edition: EditionChanged,
    released: Released | None,
    *,
    alone: bool,
) -> Agenda:
    """The timetable as it is now, and what stood in the last one and is gone, marked as cancelled.

    When others of the same mailbox go to the same sessions (`alone` is false), what this person dropped stays.
    """
    current = [replace(item, revision=told.sequence_of(item)) for item in items]
    here = {item.id for item in current}
    gone = [one for one in _known_lines(told, edition, released) if one.id not in here]
    dropped = [_dropped(item) for item in gone]
    memory = [mention for mention in told.said.values() if mention.why == "dropped" and mention.id not in here]
    said = (
        *(Mention(item.id, item.uid, place_of(item), item.why, item.revision) for item in (*current, *dropped)),
        *(Mention(item.id, item.uid, place_of(item), item.why) for item in waits if item.id not in here),
        *memory,
    )
    shown = [*current, *(dropped if alone else ())]
    return Agenda(tuple(sorted(shown, key=lambda item: (item.start, item.end, item.uid))), said)


def cleared(told: Told, edition: EditionChanged, released: Released | None) -> Agenda:
    """Everything that stands in the person's calendar, to be taken out of it."""
    return Agenda(tuple(_dropped(item) for item in _known_lines(told, edition, released)))


def _dropped(item: Item) -> Item:
    return replace(item, why="dropped", cancelled=True, revision=item.revision + 1)


def _known_lines(told: Told, edition: EditionChanged, released: Released | None) -> Iterator[Item]:
    """What stands in the person's calendar, as they were told."""
    for mention in sorted(told.said.values(), key=lambda one: (one.place.start, one.place.end, one.uid)):
        if mention.sequence < 0 or mention.place.cancelled:
            continue
        found = timetables.one(mention.id, released, mention.why)
        line = found[0] if found else _day(mention, edition)
        yield _as_told(line, mention.place, mention.sequence)


def _as_told(item: Item, place: Place, sequence: int) -> Item:
    return replace(item, start=place.start, end=place.end, room=place.room, revision=sequence)


def _day(mention: Mention, edition: EditionChanged) -> Item:
    place = mention.place
    return Item(
        id=mention.id,
        uid=mention.uid,
        revision=mention.sequence,
        slug="",
        title=edition.title,
        kind={},
        room=place.room,
        start=place.start,
        end=place.end,
        why=mention.why,
    )
