"""The registrations' store: its collections, their indexes, and what each batch adds of its own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import ASCENDING, DESCENDING, IndexModel

from services.registration.domain.editions import Programme
from services.registration.domain.lookups import Lookup
from services.registration.domain.places import Places
from services.registration.domain.queues import Queue
from services.registration.domain.refusals import EditionUnknown
from services.registration.domain.registrations import House, Stand
from services.registration.store import documents
from services.registration.store.imports import Imports
from services.registration.store.pages import BY_NAME, BY_WORD, Pages
from shared import store as shared
from shared.retention import Ending
from shared.store import Document, Read, Unit, by_id
from shared.unit import Unread

EDITIONS = "editions"
"""Rules set by the organiser."""
IDENTITIES = "identities"
"""What programme last told of an edition."""
RELEASES = "releases"
"""The programme as last released."""
PLACES = "places"
"""One document per edition: how many places are taken."""
QUEUES = "queues"
"""Waiting lists: one document for each session, and one for the edition itself, from the first who waited on."""
REGISTRATIONS = "registrations"
NEEDS = "needs"
"""Diet and access, by registration."""
BADGES = "badges"
"""What badges last told, by registration."""
ADDRESSES = "addresses"
"""How many confirmed registrations of an edition share an e-mail address, by its hash."""
REQUESTS = "requests"
"""Idempotency keys with their answers."""

IMPORTS = "imports"
"""Lists that the team sent, for as long as their lines are there."""
LINES = "import_lines"
"""Their lines: what they say is gone as soon as a line is registered, the rest within days."""
REFERENCES = "references"
"""Which registration of an edition a list's reference means, by its hash."""

LOOKUPS = "lookups"
"""Requests for lost links, by the hash of their address."""

KEPT_LOOKUPS = 24 * 3600
"""Seconds a request for a lost link is remembered: longer than one waits for an answer."""
KEPT_REQUESTS = 14 * 24 * 3600
"""Seconds an idempotency key is remembered: longer than a form stays open or a client tries again."""


class Store(shared.Store):
    """The database of who comes. `pages` are the queries that show it."""

    INDEXES: ClassVar[dict[str, list[IndexModel]]] = {
        REGISTRATIONS: [
            # the list by name, page by page
            IndexModel(BY_NAME),
            # the search: words of name, organisation and address by their beginnings
            IndexModel(BY_WORD),
            # the home card: how many registered since yesterday
            IndexModel([("edition", ASCENDING), ("registered_at", DESCENDING)]),
        ],
        # where somebody waits: what promotion looks at
        QUEUES: [IndexModel([("live", ASCENDING)], partialFilterExpression={"live": True})],
        # deletes needs, edition by edition
        NEEDS: [IndexModel([("edition", ASCENDING)])],
        LOOKUPS: [
            # forgets requests for lost links
            IndexModel([("at", ASCENDING)], expireAfterSeconds=KEPT_LOOKUPS),
            # those still to be answered
            IndexModel([("open", ASCENDING)], sparse=True),
        ],
        IMPORTS: [
            # what the loop has to do
            IndexModel([("state", ASCENDING)]),
            # what the team sent lately, and what is to be deleted
            IndexModel([("at", DESCENDING)]),
        ],
        LINES: [
            # the lines of a list, by what became of them, in their order
            IndexModel([("list", ASCENDING), ("state", ASCENDING), ("number", ASCENDING)]),
            # forgets a person who was registered, or is only in a list, by name or by address
            *(IndexModel([(field, ASCENDING)]) for field in ("registration", "who", "address")),
            # deletes old ones
            IndexModel([("at", ASCENDING)]),
        ],
        # forgets what a reference meant
        REFERENCES: [IndexModel([("registration", ASCENDING)])],
        # forgets idempotency keys
        REQUESTS: [IndexModel([("at", ASCENDING)], expireAfterSeconds=KEPT_REQUESTS)],
    }

    WITNESSES: ClassVar[dict[str, str]] = dict.fromkeys((EDITIONS, IDENTITIES, RELEASES), PLACES)

    def __init__(
        self, database: AsyncIOMotorDatabase, service: str = "registration", *, ring: Callable[[], None] | None = None
    ) -> None:
        super().__init__(database, service, ring=ring)
        self.parse = documents.Parsers()
        self.pages = Pages(database, self.parse)
        self.imports = Imports(database)
        self._last_counted: tuple[Document, Places] = ({}, Places(""))

    def finish(self, unit: Unit) -> None:
        """Tell the places of each edition once per batch, however many commands changed them."""
        for collection, id in [*unit.changes.documents]:
            if collection == PLACES:
                self._tell_places(unit, id)

    def house(self, unit: Unit, edition: str, *queues: str) -> House:
        """The edition as this transaction sees it, with the waiting lists of these sessions (empty: its own).

        Raises `EditionUnknown` while the edition is not ready.
        """
        rules, identity = unit.get(EDITIONS, edition), unit.get(IDENTITIES, edition)
        if rules is None or identity is None:
            raise EditionUnknown
        wanted = {session: documents.queue_id(edition, session) for session in queues}
        for missing in unit.missing([by_id(QUEUES, *wanted.values())]):
            raise Unread(missing)
        return House(
            edition=documents.edition(self.parse.rules(rules), self.parse.identity(identity)),
            programme=self._programme(unit, edition),
            places=self._counted(unit.get(PLACES, edition), edition),
            queues={one: documents.queue(unit.get(QUEUES, id), edition, one) for one, id in wanted.items()},
        )

    def keep(self, unit: Unit, before: House, stand: Stand, *, new: bool = False) -> None:
        """Write what a decision made of `before`: the registration, places and waiting lists where they changed."""
        one, house = stand
        (unit.add if new else unit.put)(REGISTRATIONS, documents.registration_document(one))
        self.keep_house(unit, before, house)

    def keep_house(self, unit: Unit, before: House, house: House) -> None:
        """Write the places and waiting lists that are no longer as they were before."""
        if house.places != before.places:
            document = documents.places_document(house.places)
            unit.put(PLACES, document)
            self._last_counted = (document, house.places)
        for session, queue in house.queues.items():
            if queue != before.queues.get(session, Queue(queue.edition, session)):
                unit.put(QUEUES, documents.queue_document(queue))

    def _counted(self, document: Document | None, edition: str) -> Places:
        """The counts; those that the command before in this batch has put are at hand."""
        known, places = self._last_counted
        return places if document is not None and document is known else documents.places(document, edition)

    async def waited_for(self) -> dict[str, list[str]]:
        """The sessions where somebody waits or has an offer, by edition; an empty one is the edition itself."""
        found: dict[str, list[str]] = {}
        async for one in self.database[QUEUES].find({"live": True}, {"edition": 1, "session": 1}):
            found.setdefault(one["edition"], []).append(one["session"])
        return found

    async def open_lookups(self, limit: int) -> list[Lookup]:
        """Requests for lost links that wait for their answer."""
        return [documents.lookup(one) async for one in self.database[LOOKUPS].find({"open": True}).limit(limit)]

    async def endings(self) -> list[Ending]:
        """Every edition with its last day."""
        return [documents.ending(one) async for one in self.database[IDENTITIES].find({})]

    async def ending(self, edition: str) -> Ending | None:
        """This edition with its last day."""
        document = await self.database[IDENTITIES].find_one({"_id": edition})
        return documents.ending(document) if document else None

    async def needs_of(self, edition: str, limit: int) -> list[str]:
        """Some registrations of an edition whose diet and access needs are known."""
        found = self.database[NEEDS].find({"edition": edition}, {"_id": 1}).limit(limit)
        return [one["_id"] async for one in found]

    async def phones_of(self, edition: str, limit: int) -> list[str]:
        """Some registrations of an edition whose telephone number is known."""
        found = self.database[REGISTRATIONS].find({"edition": edition, "phone": {"$ne": ""}}, {"_id": 1}).limit(limit)
        return [one["_id"] async for one in found]

    async def registered_since(self, edition: str, moment: datetime) -> bool:
        """Whether somebody registered for the edition after this moment."""
        query = {"edition": edition, "registered_at": {"$gt": moment}}
        return await self.database[REGISTRATIONS].find_one(query, {"_id": 1}) is not None

    async def ids_of(self, edition: str, limit: int) -> list[str]:
        """Some registrations of an edition."""
        found = self.database[REGISTRATIONS].find({"edition": edition}, {"_id": 1}).limit(limit)
        return [one["_id"] async for one in found]

    async def forget_answers(self, registration: str) -> None:
        """Blank what was answered to the requests that made this registration. Their keys stay: none may come again."""
        change = {"$set": {"body": "", "answer": None}, "$inc": {"rev": 1}}
        await self.database[REQUESTS].update_many({"answer.id": registration}, change)

    def _programme(self, unit: Unit, edition: str) -> Programme:
        release = unit.get(RELEASES, edition)
        return self.parse.programme(release) if release else Programme()

    def _tell_places(self, unit: Unit, edition: str) -> None:
        rules, identity = unit.get(EDITIONS, edition), unit.get(IDENTITIES, edition)
        places = documents.places(unit.get(PLACES, edition), edition)
        places = replace(places, sequence=places.sequence + 1)
        unit.put(PLACES, documents.places_document(places))
        quota = self.parse.rules(rules).quota if rules else None
        timezone = self.parse.identity(identity).timezone if identity else "UTC"
        unit.record(places.told(quota, self._programme(unit, edition), timezone), places.sequence)


def house_reads(edition: str, *queues: str) -> list[Read]:
    """What `Store.house` asks a unit for."""
    reads = [by_id(collection, edition) for collection in (EDITIONS, IDENTITIES, RELEASES, PLACES)]
    lists = by_id(QUEUES, *(documents.queue_id(edition, one) for one in queues))
    return [*reads, lists] if queues else reads
