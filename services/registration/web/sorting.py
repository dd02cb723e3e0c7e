"""Which lines of a list are somebody new, who is there already, who may be, and what is to be mended first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.registration.domain.importing import Import, Line
from services.registration.store import Store
from services.registration.store.documents import who
from services.registration.web.lines import Checked

AT_ONCE = 500
"""Lines asked about in one query."""


@dataclass(frozen=True)
class _There:
    """The registrations that some lines mean for certain, by reference or id, or resemble."""

    references: dict[str, str]
    ids: set[str]
    people: dict[str, str]


async def sorted_lines(store: Store, made: Import, checked: Sequence[Checked]) -> list[Line]:
    """The lines as they are stored. Of one person twice in the list, the second is a twin."""
    seen: set[str] = set()
    kept = []
    for start in range(0, len(checked), AT_ONCE):
        some = checked[start : start + AT_ONCE]
        kept += [*_sorted(made, some, await _there(store, made.edition, some), seen)]
    return kept


async def _there(store: Store, edition: str, some: Sequence[Checked]) -> _There:
    good = [one.application for one in some if one.application]
    references = {one.reference for one in good if one.reference}
    ids = {id for one in some if (id := one.cells.get("id", "").strip())}
    return _There(
        await store.imports.meant_by(edition, references) if references else {},
        await store.imports.among(edition, ids) if ids else set(),
        await store.imports.resembling(edition, [one.person for one in good]) if good else {},
    )


def _sorted(made: Import, some: Sequence[Checked], there: _There, seen: set[str]) -> Iterator[Line]:
    for one in some:
        id = one.cells.get("id", "").strip()
        key = who(made.edition, one.person)
        meant = id if id in there.ids else there.references.get(one.reference, "")
        if meant:
            yield one.kept(made, "known", meant)
        elif one.application is None:
            yield one.kept(made, "faulty")
        elif key in there.people or key in seen:
            yield one.kept(made, "twin", there.people.get(key, ""))
        else:
            seen.add(key)
            yield one.kept(made, "ready")
