"""Makes the words of a delivery from what is known of the edition, the person and the badge."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.notifications.actions.sending import Errand, Written
from services.notifications.composing import Composer, spoken
from services.notifications.domain import letters, matters, reviews
from services.notifications.domain.deliveries import Delivery, Template
from services.notifications.domain.letters import Letter
from services.notifications.domain.reviews import Programme
from services.notifications.domain.wording import MAILS, Wording, Words, are_fillable
from services.notifications.store import Badges, Edition, Store
from shared.events.badges import Issued
from shared.events.programme import EditionChanged, Released

LOOK_EVERY = 0.5
"""Seconds between two looks whether an edition, its programme or the words of a mail changed."""


@dataclass(frozen=True)
class Papers:
    """What several mails are made from, read at once: badges, and older releases by edition and number."""

    badges: Badges
    releases: Mapping[tuple[str, int], Released]


class Writer:
    """Keeps the editions in memory: a thousand mails of one edition read it once."""

    def __init__(self, store: Store, composer: Composer) -> None:
        self._store = store
        self._composer = composer
        self._editions: dict[str, Edition] = {}
        self._words: Mapping[tuple[Template, str], Words] = {}
        self._read = 0.0

    @property
    def current(self) -> EditionChanged | None:
        """The edition that staff pages name: the latest one."""
        known = (edition.changed for edition in self._editions.values())
        return max(known, key=lambda edition: max(edition.dates), default=None)

    @property
    def editions(self) -> Mapping[str, Edition]:
        """The editions as last read."""
        return self._editions

    async def refresh(self) -> Mapping[str, int]:
        """Read what changed of the editions; the newest release known of each."""
        if not self._editions or time.monotonic() - self._read > LOOK_EVERY:
            self._editions = await self._store.editions(self._editions)
            self._words = usable(await self._store.wordings())
            self._read = time.monotonic()
        return {id: edition.released.release if edition.released else 0 for id, edition in self._editions.items()}

    async def follow(self) -> bool:
        """Keep `current` up to date; the step of a `Loop`, which never has more to do."""
        await self.refresh()
        return False

    def programme(self, edition: str) -> Programme:
        """When and where every release known of this edition has each session."""
        return self._editions[edition].programme

    async def papers(self, deliveries: Sequence[Delivery]) -> Papers:
        """What goes with these deliveries, and the older releases that some of them are written from again."""
        badges = await self._store.badges(
            [(one.registration, one.generation) for one in deliveries if _shows_badge(one)]
        )
        older = {(one.edition, one.made_from) for one in deliveries if self._is_older(one)}
        releases = {one: found for one in older if (found := await self._store.release(*one))}
        return Papers(badges, releases)

    def _is_older(self, delivery: Delivery) -> bool:
        released = self._editions[delivery.edition].released
        return bool(delivery.made_from) and released is not None and delivery.made_from != released.release

    def write(self, errand: Errand, papers: Papers) -> Written:
        """The mail's words and files, and what they tell its reader."""
        delivery = errand.delivery
        edition = self._editions[delivery.edition]
        released = papers.releases.get((delivery.edition, delivery.made_from), edition.released)
        made = letter(errand, edition, released, papers.badges.get((delivery.registration, delivery.generation)))
        words = self._words.get((delivery.template, spoken(delivery.language)))
        return Written(self._composer.compose(made, words), made.said, errand.named)


def letter(errand: Errand, edition: Edition, released: Released | None, badge: Issued | None) -> Letter:
    """Everything the mail of this errand is made of, written from `released`."""
    delivery, known, told = errand.delivery, errand.known, errand.told
    asked, release, moment = reviews.wishes(known.fact), delivery.made_from, delivery.changed
    shifts = reviews.shifts(asked, told, edition.programme, release, moment)
    about = matters.Sources(delivery, known, released, told, shifts, errand.registrations)
    return letters.letter(
        delivery,
        known,
        edition.changed,
        released,
        badge,
        told=told,
        alone=errand.alone,
        matter=matters.matter(about),
    )


def _shows_badge(delivery: Delivery) -> bool:
    return bool(delivery.with_badge) or "badge-link" in MAILS[delivery.template].parts


def usable(wordings: Mapping[tuple[Template, str], Wording]) -> dict[tuple[Template, str], Words]:
    """The words that the team wrote and that are still good: what a later version of ours refuses gives way to ours."""
    return {key: one.words for key, one in wordings.items() if one.words and are_fillable(one.template, one.words)}
