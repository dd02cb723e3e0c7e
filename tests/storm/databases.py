"""The four databases as an administrator sees them, past every service."""

from collections.abc import Mapping
from typing import Any, Self

from pymongo import MongoClient

from deploy.layout import ADMIN, Layout
from tests.storm.schedule import SERVICES

Document = dict[str, Any]


class Databases:
    """A connection. `patience` is how long one question may take."""

    def __init__(self, layout: Layout, patience: float = 10.0) -> None:
        self._client: MongoClient[Document] = MongoClient(
            layout.mongo_admin_url,
            username=ADMIN,
            password=layout.keys.password("mongo_admin"),
            authSource="admin",
            tz_aware=True,
            timeoutMS=int(patience * 1000),
            serverSelectionTimeoutMS=int(patience * 1000),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def all(self, service: str, collection: str, *, fields: Mapping[str, int] | None = None) -> list[Document]:
        """Every document, in no order: a mongod that was killed writes what it had not written in another one."""
        return list(self._client[service][collection].find({}, fields))

    def count(self, service: str, collection: str, query: Document) -> int:
        """How many documents are such."""
        return self._client[service][collection].count_documents(query)

    def some_facts(self, service: str, count: int) -> list[Document]:
        """A few facts of an outbox, drawn by chance."""
        return list(self._client[service].outbox.aggregate([{"$sample": {"size": count}}]))

    def pending(self) -> int:
        """Facts that NATS has not acknowledged yet."""
        return sum(self.count(service, "outbox", {"pending": True}) for service in SERVICES)
