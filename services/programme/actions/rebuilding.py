"""The programme's database as the facts tell it, after it was lost."""

from services.programme.actions.editions import places_told
from services.programme.domain import rebuilding
from services.programme.domain.releases import Release
from services.programme.store import (
    EDITIONS,
    PLACES,
    RELEASES,
    Saved,
    edition_document,
    places_document,
    release_document,
)
from shared import access
from shared.events.programme import AccessChanged, EditionChanged, Released
from shared.events.registration import PlacesChanged
from shared.rebuild import Documents, History, newest

LOST = (
    "staff accounts and API tokens: make them again with `create-staff` and `create-token`",
    "drafts: each edition's is now its last release",
    "what only the home page shows: figures, highlights, practical notes, partners",
    "who changed which session, the journal of staff changes",
)
"""What no fact carries: only a backup brings it back."""


def rebuilt(history: History) -> Documents:
    """Every collection as the facts tell it."""
    releases = {f"{fact.edition}:{fact.release}": rebuilding.release(fact) for fact, _ in history.told(Released)}
    return {
        EDITIONS: [{**edition_document(saved)} for saved in _editions(history, releases)],
        access.COLLECTION: access.rebuilt(history.told(AccessChanged)),
        RELEASES: [{**release_document(one)} for one in releases.values()],
        PLACES: [
            {**places_document(places_told(fact, envelope.sequence))}
            for fact, envelope in newest(history.heard(PlacesChanged)).values()
        ],
    }


def _editions(history: History, releases: dict[str, Release]) -> list[Saved]:
    last: dict[str, Release] = {}
    for one in sorted(releases.values(), key=lambda release: release.number):
        last[one.edition] = one
    told = newest([*history.told(EditionChanged), *history.told(Released)])
    return [
        Saved(
            edition=rebuilding.edition(fact),
            draft=rebuilding.draft(last.get(id)),
            release=last[id].number if id in last else 0,
            sequence=told[id][1].sequence,
        )
        for id, (fact, _) in newest(history.told(EditionChanged)).items()
    ]


def open_questions(_history: History) -> list[str]:
    """What somebody must look at, in one line each."""
    return []
