"""What is left after a storm: the clients' history, the databases, the outboxes and the mailbox, as plain values."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.parser import BytesHeaderParser
from json import loads
from pathlib import Path
from typing import Any

from tests.storm.databases import Databases, Document
from tests.storm.history import Operation
from tests.storm.schedule import SERVICES


@dataclass(frozen=True)
class Fact:
    """An entry of an outbox. `at` is the same for everything that one transaction told."""

    publisher: str
    kind: str
    key: str
    sequence: int
    at: datetime
    pending: bool
    body: dict[str, Any]

    @classmethod
    def of(cls, entry: Document) -> "Fact":
        _, publisher, kind, *_ = entry["subject"].split(".")
        about = {name: entry[name] for name in ("sequence", "at", "pending")}
        return cls(publisher, kind, entry["aggregate"], body=loads(entry["body"]), **about)


@dataclass(frozen=True)
class Mail:
    """What arrived: whose delivery it is, for whom."""

    delivery: str
    recipient: str


@dataclass
class Evidence:
    """Everything a check looks at. `documents` are by service and collection."""

    operations: list[Operation] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    documents: dict[tuple[str, str], list[Document]] = field(default_factory=dict)
    nonsense: dict[str, bool] = field(default_factory=dict)

    def of(self, service: str, collection: str) -> dict[str, Document]:
        """A collection by id."""
        return {one["_id"]: one for one in self.documents.get((service, collection), [])}

    def told(self, publisher: str) -> dict[str, list[Fact]]:
        """A publisher's facts by aggregate, in their sequence."""
        found: dict[str, list[Fact]] = {}
        for fact in self.facts:
            if fact.publisher == publisher:
                found.setdefault(fact.key, []).append(fact)
        return {key: sorted(facts, key=lambda one: one.sequence) for key, facts in found.items()}

    def asked(self, *kinds: str) -> Iterator[Operation]:
        """The operations of these kinds."""
        return (one for one in self.operations if one.kind in kinds)

    @property
    def erased(self) -> set[str]:
        """Who was erased: of them nothing is left to be held against anything."""
        return {fact.key for fact in self.facts if fact.publisher == "registration" and fact.kind == "erased"}

    def forgotten(self) -> list[Operation]:
        """The operations about people who were erased."""
        erased = self.erased
        keys = {one.about["key"] for one in self.asked("register") if one.answer.get("id") in erased}
        return [one for one in self.operations if one.about.get("id") in erased or one.about.get("key") in keys]

    def forgotten_addresses(self) -> set[str]:
        """The addresses of people who were erased."""
        return {one.about["email"].lower() for one in self.forgotten() if "email" in one.about}

    def copies(self) -> Counter[str]:
        """How many copies of each delivery arrived."""
        return Counter(one.delivery for one in self.mails)


WANTED = {
    "registration": ("editions", "registrations", "places", "badges", "audit", "dead_letters"),
    "programme": ("audit", "dead_letters", "releases"),
    "notifications": (
        "registrations",
        "deliveries",
        "told",
        "badges",
        "dead_letters",
        "releases",
        "programmes",
        "audit",
    ),
    "badges": ("holders", "badges", "check_ins", "audit", "dead_letters"),
}


def collect(databases: Databases, maildir: Path, operations: list[Operation], nonsense: dict[str, bool]) -> Evidence:
    """Read everything. Nobody may write meanwhile."""
    return Evidence(
        operations=operations,
        facts=[Fact.of(entry) for service in SERVICES for entry in databases.all(service, "outbox")],
        mails=[*_mails(maildir)],
        documents={(s, name): databases.all(s, name) for s, names in WANTED.items() for name in names},
        nonsense=nonsense,
    )


def _mails(maildir: Path) -> Iterator[Mail]:
    parser = BytesHeaderParser()
    for file in sorted((maildir / "new").iterdir()):
        with file.open("rb") as opened:
            headers = parser.parse(opened)
        yield Mail(str(headers["Message-ID"]).strip("<>").partition("@")[0], str(headers["Delivered-To"]).lower())
