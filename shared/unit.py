"""One transaction's documents: read beforehand, changed in memory, written together with their facts."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared import inbox
from shared.events import Fact
from shared.ids import new_id
from shared.logs import causation, correlation
from shared.outbox import entry

Document = Mapping[str, Any]
Place = tuple[str, str]
"""A collection and an `_id`."""


@dataclass(frozen=True)
class Read:
    """Documents of `collection` whose `field` is one of `values`."""

    collection: str
    field: str
    values: frozenset[Any]

    def questions(self) -> Iterator[tuple[str, str, Any]]:
        """One key for each value, under which a unit remembers that it has looked."""
        return ((self.collection, self.field, value) for value in self.values)


def by_id(collection: str, *ids: str) -> Read:
    """The documents with these ids."""
    return Read(collection, "_id", frozenset(ids))


def by(collection: str, field: str, *values: Any) -> Read:
    """The documents whose `field` is one of `values`; `field` needs an index."""
    return Read(collection, field, frozenset(values))


def next_revision(original: Document | None) -> int:
    """The revision of what replaces this document."""
    return 1 if original is None else (original.get("rev") or 0) + 1


class Unread(Exception):
    """A decision asked for documents that were not read yet: read them, then decide again."""

    def __init__(self, read: Read) -> None:
        super().__init__(read)
        self.read = read


@dataclass
class _Changes:
    """What one command, or the whole batch so far, wants to write. A document of None is removed."""

    documents: dict[Place, Document | None] = field(default_factory=dict)
    outbox: dict[str, dict[str, Any]] = field(default_factory=dict)
    inbox: dict[str, dict[str, Any]] = field(default_factory=dict)
    audit: list[dict[str, Any]] = field(default_factory=list)

    def absorb(self, other: "_Changes") -> None:
        """Add the changes of a command that succeeded."""
        self.documents.update(other.documents)
        self.outbox.update(other.outbox)
        self.inbox.update(other.inbox)
        self.audit.extend(other.audit)


class Unit:
    """What a decision reads and writes. Documents it gets must not be changed in place: put a new one."""

    def __init__(self, now: datetime, service: str) -> None:
        self.now = now
        self.service = service
        self.originals: dict[Place, Document] = {}
        self.changes = _Changes()
        self._seen: set[tuple[str, str, Any]] = set()
        self._found: dict[tuple[str, str, Any], list[str]] = {}
        self._running = _Changes()

    def get(self, collection: str, id: str) -> Document | None:
        """The document with this id, as this transaction sees it, or None."""
        place = (collection, id)
        for changes in (self._running, self.changes):
            if place in changes.documents:
                return changes.documents[place]
        if place not in self.originals and (collection, "_id", id) not in self._seen:
            raise Unread(by_id(collection, id))
        return self.originals.get(place)

    def find(self, collection: str, field: str, value: Any) -> list[Document]:
        """The documents of `collection` whose `field` equals `value`, as this transaction sees them."""
        if (collection, field, value) not in self._seen:
            raise Unread(by(collection, field, value))
        ids = dict.fromkeys(self._found.get((collection, field, value), ()))
        for changes in (self.changes, self._running):
            ids.update(dict.fromkeys(id for where, id in changes.documents if where == collection))
        current = (self.get(collection, id) for id in ids)
        return [document for document in current if document is not None and document.get(field) == value]

    def put(self, collection: str, document: Document) -> None:
        """Insert or replace the whole document; it carries its `_id`."""
        self.get(collection, document["_id"])  # a guard needs to know what it replaces
        self._running.documents[collection, document["_id"]] = document

    def add(self, collection: str, document: Document) -> None:
        """Insert a document whose `_id` was made for it, without looking whether it is there."""
        self._running.documents[collection, document["_id"]] = document

    def remove(self, collection: str, id: str) -> None:
        """Delete the document with this id, if there is one."""
        if self.get(collection, id) is not None:
            self._running.documents[collection, id] = None

    def record(self, fact: Fact, sequence: int, aggregate: str | None = None) -> None:
        """Publish `fact` if and only if this transaction commits. `sequence` counts the facts of one aggregate."""
        made = entry(
            fact,
            aggregate=aggregate or fact.key,
            sequence=sequence,
            time=self.now,
            correlation_id=correlation.get() or new_id(),
            causation_id=causation.get(),
        )
        self._running.outbox[made["_id"]] = made

    def audit(self, actor: str, action: str, subject: str, fields: Sequence[str] = ()) -> None:
        """One entry in the journal of staff changes: who, what, on which thing, which fields; never their values."""
        self._running.audit.append(
            {"_id": new_id(), "at": self.now, "actor": actor, "action": action, "subject": subject, "fields": [*fields]}
        )

    def seen(self, fact_id: str) -> bool:
        """Whether this service has acted on this fact; if not, marks it as acted on by this transaction."""
        if self.get(inbox.COLLECTION, fact_id) or fact_id in self.changes.inbox:
            return True
        self._running.inbox[fact_id] = inbox.mark(fact_id, self.now)
        return False

    def committed(self, place: Place) -> Document | None:
        """The document as it is once this transaction is committed; None if it is gone, or was never looked at."""
        original = self.originals.get(place)
        if place not in self.changes.documents:
            return original
        document = self.changes.documents[place]
        return document and {**document, "rev": next_revision(original)}

    def remember(self, read: Read, documents: Iterable[Document]) -> None:
        """Take in what was read from the database (called by the store)."""
        self._seen.update(read.questions())
        for document in documents:
            self.originals.setdefault((read.collection, document["_id"]), document)
            if isinstance(value := document.get(read.field), Hashable):
                self._found.setdefault((read.collection, read.field, value), []).append(document["_id"])

    def missing(self, reads: Iterable[Read]) -> list[Read]:
        """The parts of `reads` not looked up yet, one read for each collection and field."""
        wanted: dict[tuple[str, str], set[Any]] = {}
        for read in reads:
            for collection, name, value in read.questions():
                if (collection, name, value) not in self._seen:
                    wanted.setdefault((collection, name), set()).add(value)
        return [Read(collection, name, frozenset(values)) for (collection, name), values in wanted.items()]

    @contextmanager
    def command(self) -> Iterator[None]:
        """Changes made inside count only if the block ends without an exception."""
        self._running = _Changes()
        yield
        self.changes.absorb(self._running)
        self._running = _Changes()
