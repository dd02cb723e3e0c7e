"""What pages and the loop ask of lists that the team sent, and what a new list is compared with."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase

from services.registration.domain.importing import Import, Line, LineState
from services.registration.domain.registrations import Person
from services.registration.store import documents


class Imports:
    """Queries about lists and their lines. Read outside of transactions: decisions look again."""

    def __init__(self, database: AsyncIOMotorDatabase) -> None:
        self._database = database

    async def latest(self, edition: str, limit: int) -> list[Import]:
        """The newest lists of an edition."""
        found = self._database.imports.find({"edition": edition}).sort("at", -1).limit(limit)
        return [documents.import_(one) async for one in found]

    async def one(self, id: str) -> Import | None:
        """A list, without its lines."""
        document = await self._database.imports.find_one({"_id": id})
        return documents.import_(document) if document else None

    async def running(self) -> Import | None:
        """A list that is to be carried out: the one that was sent first."""
        document = await self._database.imports.find_one({"state": "running"}, sort=[("at", 1)])
        return documents.import_(document) if document else None

    async def lines(self, of: str, states: Collection[LineState], limit: int) -> Sequence[Line]:
        """Lines in these states, in their order."""
        wanted = {"list": of, "state": {"$in": [*states]}}
        found = self._database.import_lines.find(wanted).sort("number", 1).limit(limit)
        return [documents.line(one) async for one in found]

    async def counts(self, of: str) -> dict[LineState, int]:
        """How many lines are in each state."""
        stages: Any = [{"$match": {"list": of}}, {"$group": {"_id": "$state", "count": {"$sum": 1}}}]
        return {one["_id"]: one["count"] async for one in self._database.import_lines.aggregate(stages)}

    async def ids(self, of: str, limit: int) -> list[str]:
        """Some lines of a list."""
        found = self._database.import_lines.find({"list": of}, {"_id": 1}).limit(limit)
        return [one["_id"] async for one in found]

    async def about(self, *, who: str = "", registration: str = "", address: str = "") -> list[dict[str, Any]]:
        """What lines hold about one person, named in one of these ways."""
        names = {"who": who, "registration": registration, "address": address}
        either = [{name: value} for name, value in names.items() if value]
        found = self._database.import_lines.find({"$or": either}, {"who": 0, "address": 0, "rev": 0})
        return [one async for one in found]

    async def meant_by(self, edition: str, references: Iterable[str]) -> dict[str, str]:
        """The registrations that these references mean already, by reference."""
        keys = {documents.reference_key(edition, one): one for one in references}
        found = self._database.references.find({"_id": {"$in": [*keys]}})
        return {keys[one["_id"]]: one["registration"] async for one in found}

    async def among(self, edition: str, ids: Iterable[str]) -> set[str]:
        """Those of these that are registrations of the edition."""
        found = self._database.registrations.find({"_id": {"$in": [*ids]}, "edition": edition}, {"_id": 1})
        return {one["_id"] async for one in found}

    async def resembling(self, edition: str, people: Iterable[Person]) -> dict[str, str]:
        """Registrations that live with both name and address of one of these people, by `documents.who`."""
        wanted = {
            "edition": edition,
            "words": {"$in": sorted({one.email.casefold() for one in people})},
            "status": {"$nin": ["cancelled", "refused"]},
        }
        found = self._database.registrations.find(wanted, {"person": 1})
        return {documents.who(edition, Person(**one["person"])): one["_id"] async for one in found}
