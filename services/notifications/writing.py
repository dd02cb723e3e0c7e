"""Makes the words of a delivery from what is known of the edition, the person and the badge."""

import time
from collections.abc import Mapping, Sequence

from services.notifications.actions.sending import Errand
from services.notifications.composing import Composer
from services.notifications.domain import letters
from services.notifications.domain.deliveries import Delivery
from services.notifications.domain.letters import Content
from services.notifications.store import Badges, Edition, Store
from shared.events.programme import EditionChanged

EDITIONS_EVERY = 0.5
"""Seconds between two looks whether an edition or its programme changed."""


class Writer:
    """Keeps the editions in memory: a thousand mails of one edition read it once."""

    def __init__(self, store: Store, composer: Composer) -> None:
        self._store = store
        self._composer = composer
        self._editions: dict[str, Edition] = {}
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
        if not self._editions or time.monotonic() - self._read > EDITIONS_EVERY:
            self._editions = await self._store.editions(self._editions)
            self._read = time.monotonic()
        return {id: edition.released.release if edition.released else 0 for id, edition in self._editions.items()}

    async def follow(self) -> bool:
        """Keep `current` up to date; the step of a `Loop`, which never has more to do."""
        await self.refresh()
        return False

    async def badges(self, deliveries: Sequence[Delivery]) -> Badges:
        """The badges that go with these deliveries."""
        return await self._store.badges([(one.registration, one.generation) for one in deliveries if one.with_badge])

    def content(self, errand: Errand, badges: Badges) -> Content:
        """The mail's words and files."""
        delivery = errand.delivery
        edition = self._editions[delivery.edition]
        letter = letters.letter(
            delivery,
            errand.known,
            edition.changed,
            edition.released,
            badges.get((delivery.registration, delivery.generation)),
            clears=errand.clears,
        )
        return self._composer.compose(letter)
