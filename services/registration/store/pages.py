"""What pages and lists show. Read outside of transactions, some of it kept for half a second."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase

from services.registration.domain.editions import Edition, Programme
from services.registration.domain.places import Places
from services.registration.domain.queues import Queue
from services.registration.domain.refusals import EditionUnknown
from services.registration.domain.registrations import Person, Registration
from services.registration.organisations import searchable
from services.registration.store import documents
from shared import tombstones
from shared.clock import now
from shared.events.programme import EditionChanged
from shared.mailboxes import one_spelling
from shared.mongo import is_away

FRESH_SECONDS = 0.5
"""How old an edition on a page may be: places left are a promise only when the person sends the form."""

FREQUENT = 1000
"""Words that so many registrations hold are looked for along the names, others in their own index.

With 100,000 registrations, "ker" in the index of words then sorted took 200 ms, along the names 5 ms.
"""

BY_NAME = [("edition", 1), ("sort", 1), ("_id", 1)]
BY_WORD = [("edition", 1), ("words", 1)]

LONGEST_SEARCH = 8
"""Words looked at in a search: each narrows it, and nobody types more."""


@dataclass(frozen=True)
class Shown:
    """Everything a page says about an edition."""

    edition: Edition
    identity: EditionChanged
    programme: Programme
    places: Places


@dataclass(frozen=True)
class Search:
    """What a list is narrowed to."""

    q: str = ""
    status: str = ""
    category: str = ""

    def filter(self, edition: str) -> dict[str, Any]:
        """The query. Words typed are only ever compared with the beginnings of indexed words."""
        conditions: dict[str, Any] = {"edition": edition}
        if self.status:
            conditions["status"] = self.status
        if self.category:
            conditions["category"] = self.category
        if words := self.words():
            conditions["$and"] = words
        return conditions

    def words(self) -> list[dict[str, Any]]:
        """One condition for each word, or for the address as a whole."""
        asked = [one_spelling(self.q.strip()).casefold()] if "@" in self.q else searchable(self.q).split()
        return [{"words": {"$regex": "^" + re.escape(word)}} for word in asked[:LONGEST_SEARCH]]


class Pages:
    """Queries of the public pages and of the staff's lists."""

    def __init__(self, database: AsyncIOMotorDatabase, parse: documents.Parsers) -> None:
        self._database = database
        self._parse = parse
        self._shown: dict[str, tuple[float, Shown]] = {}  # by edition; the current one by ""
        self._reading = asyncio.Lock()
        self.identity: EditionChanged | None = None
        """The edition last shown as the current one: headers and footers name it."""

    def forget(self) -> None:
        """Something changed here: read again next time."""
        self._shown.clear()

    async def shown(self, edition: str | None = None) -> Shown:
        """The edition with this id, or the current one; raises `EditionUnknown` while it is not ready.

        While MongoDB is away, what was last seen: a form that is open stays a form, with its answers.
        """
        key = edition or ""
        if (kept := self._fresh(key)) is None:
            async with self._reading:  # the first reads for all who wait
                if (kept := self._fresh(key)) is None:
                    kept = await self._read_again(key)
        return kept

    async def _read_again(self, key: str) -> Shown:
        try:
            shown = await self._read(key or await self._find_current())
        except Exception as error:
            if key not in self._shown or not is_away(error):
                raise
            shown = self._shown[key][1]
        self._shown[key] = (monotonic(), shown)
        self.identity = self.identity if key else shown.identity
        return shown

    def _fresh(self, key: str) -> Shown | None:
        at, shown = self._shown.get(key, (0.0, None))
        return shown if monotonic() - at < FRESH_SECONDS else None

    async def _read(self, id: str) -> Shown:
        rules = await self._database.editions.find_one({"_id": id})
        identity = await self._database.identities.find_one({"_id": id})
        if rules is None or identity is None:
            raise EditionUnknown
        release = await self._database.releases.find_one({"_id": id})
        told = self._parse.identity(identity)
        return Shown(
            edition=documents.edition(self._parse.rules(rules), told),
            identity=told,
            programme=self._parse.programme(release) if release else Programme(),
            places=documents.places(await self._database.places.find_one({"_id": id}), id),
        )

    async def _find_current(self) -> str:
        """The edition that ends next; when all are over, the one that ended last."""
        known: list[str] = [one["_id"] async for one in self._database.editions.find({}, {"_id": 1})]
        identities = self._database.identities.find({"_id": {"$in": known}}, {"fact.dates": 1})
        last_days: dict[str, date] = {
            one["_id"]: date.fromisoformat(max(one["fact"]["dates"])) async for one in identities
        }
        if not last_days:
            raise EditionUnknown
        yesterday = (now() - timedelta(days=1)).date()
        coming = {id: day for id, day in last_days.items() if day > yesterday}
        return min(coming, key=lambda id: coming[id]) if coming else max(last_days, key=lambda id: last_days[id])

    async def registration(self, id: str) -> Registration | None:
        """One registration."""
        document = await self._database.registrations.find_one({"_id": id})
        return documents.registration(document) if document else None

    async def queues(self, edition: str, sessions: Sequence[str]) -> dict[str, Queue]:
        """The waiting lists of these sessions as they are now; an empty one is the edition's own."""
        wanted = {documents.queue_id(edition, session): session for session in sessions}
        found = {one["_id"]: one async for one in self._database.queues.find({"_id": {"$in": [*wanted]}})}
        return {one: documents.queue(found.get(id), edition, one) for id, one in wanted.items()}

    async def names(self, ids: Sequence[str]) -> dict[str, str]:
        """Who these registrations are."""
        found = self._database.registrations.find({"_id": {"$in": [*ids]}}, {"person": 1})
        people = [(one["_id"], one["person"]) async for one in found]
        return {id: f"{person['given_name']} {person['family_name']}".strip() for id, person in people}

    async def badge(self, registration: str) -> documents.Badge | None:
        """The badge of a registration, once it is told."""
        document = await self._database.badges.find_one({"_id": registration})
        return documents.badge(document) if document else None

    async def needs(self, registration: str) -> documents.Needs:
        """Diet and access of a registration."""
        return documents.needs(await self._database.needs.find_one({"_id": registration}))

    async def listed(
        self, edition: str, search: Search, *, limit: int, after: tuple[str, str] | None = None
    ) -> Sequence[Registration]:
        """Registrations by name; `after` is the sort key and id of the last one seen."""
        conditions = search.filter(edition)
        if after:
            sort, id = after
            conditions["sort"] = {"$gte": sort}  # where the index is entered
            conditions["$or"] = [{"sort": {"$gt": sort}}, {"sort": sort, "_id": {"$gt": id}}]
        cursor = self._database.registrations.find(conditions).sort([("sort", 1), ("_id", 1)]).limit(limit)
        cursor = cursor.hint(await self._index(edition, search))
        return [documents.registration(one) async for one in cursor]

    async def all(self, edition: str, search: Search, some: int = 100) -> AsyncIterator[list[Registration]]:
        """Every registration of the list, by name, `some` at a time: memory and other requests stay free."""
        index = await self._index(edition, search)
        everybody = self._database.registrations.find(search.filter(edition), batch_size=some)
        cursor = everybody.sort([("sort", 1), ("_id", 1)]).hint(index)
        while found := await cursor.to_list(some):
            yield [documents.registration(one) for one in found]

    async def count(self, edition: str, search: Search) -> int:
        """How many the list has."""
        return int(await self._database.registrations.count_documents(search.filter(edition)))

    async def needs_of(self, registrations: Sequence[str]) -> dict[str, documents.Needs]:
        """Diet and access of those of these registrations who said any."""
        found = self._database.needs.find({"_id": {"$in": [*registrations]}})
        return {one["_id"]: documents.needs(one) async for one in found}

    async def _index(self, edition: str, search: Search) -> list[tuple[str, int]]:
        """The index to go along: by name, unless a word is rare enough to begin with those who have it."""
        for word in search.words():
            found = await self._database.registrations.count_documents({"edition": edition, **word}, limit=FREQUENT)
            if found < FREQUENT:
                return BY_WORD
        return BY_NAME

    async def newest_at(self, edition: str, email: str) -> Registration | None:
        """The newest registration with this address that was neither cancelled nor refused."""
        address = one_spelling(email).casefold()
        live = {"edition": edition, "words": address, "status": {"$nin": ["cancelled", "refused"]}}
        cursor = self._database.registrations.find(live).hint(BY_WORD).sort([("registered_at", -1), ("_id", -1)])
        found = [documents.registration(one) async for one in cursor.limit(1)]
        return found[0] if found else None

    async def twins(self, found: Sequence[Registration]) -> set[str]:
        """Of these, those whose name and address both are those of another one that lives: registered twice, perhaps.

        An address alone may be an office's; of the name neither accents, capitals nor the order count.
        """
        living = [one for one in found if one.lives]
        wanted = {
            "edition": {"$in": sorted({one.edition for one in living})},
            "words": {"$in": sorted({one.person.email.casefold() for one in living})},
            "status": {"$nin": ["cancelled", "refused"]},
        }
        there = self._database.registrations.find(wanted, {"edition": 1, "person": 1}) if living else None
        same: Counter[tuple[str, ...]] = Counter()
        if there:
            same.update([documents.identity(one["edition"], Person(**one["person"])) async for one in there])
        return {one.id for one in living if same[documents.identity(one.edition, one.person)] > 1}

    async def everywhere(self, email: str) -> list[str]:
        """Every registration of this address, of any edition and status."""
        wanted = one_spelling(email).casefold()
        found = self._database.registrations.find({"words": wanted}, {"person.email": 1})
        return [one["_id"] async for one in found if one["person"]["email"].casefold() == wanted]

    async def journal(self, id: str) -> list[dict[str, Any]]:
        """When the team did what about a registration, and to which fields."""
        shown = {"_id": 0, "at": 1, "action": 1, "fields": 1}
        return [one async for one in self._database.audit.find({"subject": id}, shown).sort("at", 1)]

    async def erased(self, id: str) -> dict[str, Any] | None:
        """What is known of somebody who was erased: when, and where else that is done."""
        found: dict[str, Any] | None = await self._database[tombstones.COLLECTION].find_one({"_id": id})
        return found

    async def received_since(self, edition: str, moment: datetime) -> int:
        """How many registered since then."""
        conditions = {"edition": edition, "registered_at": {"$gte": moment}}
        return int(await self._database.registrations.count_documents(conditions))
