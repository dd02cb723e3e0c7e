"""Rules of reminders and what became of them, and who is to be reminded."""

from collections.abc import Iterable
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import ASCENDING, IndexModel

from services.notifications.domain.deliveries import Delivery, Template
from services.notifications.domain.reminders import Firing, Rule
from services.notifications.store.documents import DELIVERIES, REGISTRATIONS, read_delivery
from shared.store import Document

RULES = "reminder_rules"
FIRINGS = "reminder_firings"
FURNISHED = "reminder_editions"
"""The editions that were given the rules an edition begins with."""

INDEXES = {
    # the rules of an edition; also for a decision about one of them
    RULES: [IndexModel([("edition", ASCENDING)])],
    # what became of an edition's occasions
    FIRINGS: [IndexModel([("edition", ASCENDING)])],
}
PEOPLE_INDEX = IndexModel([("fact.edition", ASCENDING), ("_id", ASCENDING)])
"""The people of an edition, one batch after the other."""


def rule_document(rule: Rule) -> Document:
    """A rule as stored."""
    return {**{name: value for name, value in vars(rule).items() if name != "id"}, "_id": rule.id}


def read_rule(document: Document) -> Rule:
    """A rule as stored."""
    return Rule(id=document["_id"], **{name: value for name, value in document.items() if name not in {"_id", "rev"}})


def firing_document(firing: Firing) -> Document:
    """What became of an occasion, as stored."""
    return {**{name: value for name, value in vars(firing).items() if name != "id"}, "_id": firing.id}


def read_firing(document: Document) -> Firing:
    """What became of an occasion, as stored."""
    return Firing(id=document["_id"], **{name: value for name, value in document.items() if name not in {"_id", "rev"}})


class Reminders:
    """The queries about reminders; a part of the store."""

    database: AsyncIOMotorDatabase

    async def rules(self, edition: str) -> list[Rule]:
        """The rules of an edition, those of the edition itself first."""
        cursor = self.database[RULES].find({"edition": edition}, sort=[("anchor", 1), ("unit", 1), ("amount", -1)])
        return [read_rule(document) for document in await cursor.to_list(None)]

    async def firings(self, edition: str) -> dict[str, Firing]:
        """What became of an edition's occasions, by occasion."""
        documents: list[Any] = await self.database[FIRINGS].find({"edition": edition}).to_list(None)
        return {document["_id"]: read_firing(document) for document in documents}

    async def furnished(self, edition: str) -> bool:
        """Whether this edition was given the rules an edition begins with."""
        return await self.database[FURNISHED].find_one({"_id": edition}) is not None

    async def people(self, edition: str, session: str, after: str, limit: int) -> list[str]:
        """The registrations with a place in the edition, or in one of its sessions, in order."""
        wanted = {**_with_place(edition, session), "_id": {"$gt": after}}
        found = await self.database[REGISTRATIONS].find(wanted, {"_id": 1}, sort=[("_id", 1)]).to_list(limit)
        return [document["_id"] for document in found]

    async def how_many(self, edition: str, sessions: Iterable[str]) -> dict[str, int]:
        """How many people have a place in each of these sessions, and under `""` in the edition."""
        count = self.database[REGISTRATIONS].count_documents
        return {session: int(await count(_with_place(edition, session))) for session in ("", *sessions)}

    async def how_many_in_any(self, edition: str, sessions: Iterable[str]) -> int:
        """How many people have a place in at least one of these sessions, each counted once; `""` is the edition."""
        wanted, among = _with_place(edition, ""), list(sessions)
        if "" not in among:
            wanted["fact.enrolments.session"] = {"$in": among}
        return int(await self.database[REGISTRATIONS].count_documents(wanted))

    async def waiting_reminders(self) -> list[Delivery]:
        """The reminders that have not left."""
        wanted = {"due": {"$ne": None}, "template": {"$in": [Template.REMINDER_EDITION, Template.REMINDER_SESSION]}}
        return [read_delivery(document) for document in await self.database[DELIVERIES].find(wanted).to_list(None)]


def _with_place(edition: str, session: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {"fact.edition": edition, "cancelled": False, "fact.status": "confirmed"}
    return {**wanted, "fact.enrolments.session": session} if session else wanted
