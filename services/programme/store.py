"""The programme's database: editions with their drafts, frozen releases, places left, accounts and tokens."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from pydantic import TypeAdapter
from pymongo import ASCENDING, DESCENDING, IndexModel

from services.programme.domain.accounts import Account
from services.programme.domain.drafts import Stamps
from services.programme.domain.editions import Draft, Edition
from services.programme.domain.places import Places
from services.programme.domain.releases import Release
from services.programme.domain.tokens import Token
from shared import store as shared
from shared.store import Document

EDITIONS = "editions"
RELEASES = "releases"
PLACES = "places"
ACCOUNTS = "accounts"
TOKENS = "tokens"
TRIES = "sign_in_tries"

_EDITION = TypeAdapter(Edition)
_DRAFT = TypeAdapter(Draft)
_STAMPS = TypeAdapter(Stamps)
_RELEASE = TypeAdapter(Release)
_PLACES = TypeAdapter(Places)
_ACCOUNT = TypeAdapter(Account)
_TOKEN = TypeAdapter(Token)


@dataclass(frozen=True)
class Saved:
    """An edition as stored. `release` is the number of its newest release, `sequence` counts the facts told of it."""

    edition: Edition
    draft: Draft
    release: int = 0
    sequence: int = 0
    stamps: Stamps = field(default_factory=Stamps)


@dataclass(frozen=True)
class Public:
    """What anybody may see of an edition: its identity, its newest release and the one before, places left."""

    edition: Edition
    release: Release | None
    previous: Release | None
    places: Places


Mark = tuple[str, int, int]
"""Edition, facts told of it, sequence of its places: when they are the same, so is everything public."""


def release_id(edition: str, number: int) -> str:
    """The `_id` of one release."""
    return f"{edition}:{number}"


def edition_document(saved: Saved) -> Document:
    """An edition with its draft as stored; days are ISO dates, since BSON has none."""
    identity = _EDITION.dump_python(saved.edition, mode="json", exclude={"id"})
    return {
        "_id": saved.edition.id,
        "identity": identity,
        "last_day": max(identity["dates"]),
        "draft": _DRAFT.dump_python(saved.draft),
        "stamps": _STAMPS.dump_python(saved.stamps),
        "release": saved.release,
        "sequence": saved.sequence,
    }


def read_edition(document: Document) -> Saved:
    """An edition with its draft as it was saved."""
    return Saved(
        edition=_EDITION.validate_python({"id": document["_id"], **document["identity"]}),
        draft=_DRAFT.validate_python(document["draft"]),
        release=document["release"],
        sequence=document["sequence"],
        stamps=_STAMPS.validate_python(document.get("stamps", {})),
    )


def release_document(release: Release) -> Document:
    """A release as stored, once and for all."""
    return {"_id": release_id(release.edition, release.number), **_RELEASE.dump_python(release)}


def read_release(document: Document) -> Release:
    """A release as it was frozen."""
    return _RELEASE.validate_python(_fields(document))


def places_document(places: Places) -> Document:
    """Places left as stored."""
    return {"_id": places.edition, **_PLACES.dump_python(places)}


def read_places(document: Document) -> Places:
    """Places left as last told."""
    return _PLACES.validate_python(_fields(document))


def account_document(account: Account) -> Document:
    """An account as stored."""
    return {"_id": account.id, **_ACCOUNT.dump_python(account)}


def read_account(document: Document) -> Account:
    """An account as stored."""
    return _ACCOUNT.validate_python(_fields(document))


def token_document(token: Token) -> Document:
    """A token's right as stored; the token itself is signed, not kept."""
    return {"_id": token.id, **_TOKEN.dump_python(token)}


def read_token(document: Document) -> Token:
    """A token's right as stored."""
    return _TOKEN.validate_python(_fields(document))


def _fields(document: Document) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in {"_id", "rev"}}


class Store(shared.Store):
    """Programme's own queries; writes go through `commit` like everywhere."""

    INDEXES: ClassVar[dict[str, list[IndexModel]]] = {
        # the edition shown to the public: released, and ending next
        EDITIONS: [IndexModel([("last_day", DESCENDING)])],
        # sign-in and account creation look an account up by its address
        ACCOUNTS: [IndexModel([("email", ASCENDING)], unique=True)],
        # an account is withdrawn: the tokens it made
        TOKENS: [IndexModel([("made_by", ASCENDING)])],
        # failures are forgotten after an hour; so is the digest of the address
        TRIES: [IndexModel([("next_at", ASCENDING)], expireAfterSeconds=3600)],
    }

    async def saved(self, edition: str) -> Saved | None:
        """One edition with its draft."""
        document = await self.database[EDITIONS].find_one({"_id": edition})
        return read_edition(document) if document else None

    async def release(self, edition: str, number: int) -> Release | None:
        """One release of an edition."""
        document = await self.database[RELEASES].find_one({"_id": release_id(edition, number)})
        return read_release(document) if document else None

    async def mark(self, today: date) -> Mark | None:
        """What tells whether anything public has changed; None before the first edition is saved.

        Public is the released edition that ends next, or else the one that ended last: the form and the door
        choose alike.
        """
        coming = {"last_day": {"$gte": today.isoformat()}}
        for wanted in ({"release": {"$gte": 1}}, {}):
            for days, order in ((coming, ASCENDING), ({}, DESCENDING)):
                found = await self.database[EDITIONS].find_one(
                    {**wanted, **days}, {"sequence": 1}, sort=[("last_day", order)]
                )
                if found:
                    places = await self.database[PLACES].find_one({"_id": found["_id"]}, {"sequence": 1})
                    return found["_id"], found["sequence"], places["sequence"] if places else 0
        return None

    async def public(self, edition: str) -> Public | None:
        """Everything public of one edition."""
        saved = await self.saved(edition)
        if saved is None:
            return None
        places = await self.database[PLACES].find_one({"_id": edition})
        return Public(
            edition=saved.edition,
            release=await self.release(edition, saved.release),
            previous=await self.release(edition, saved.release - 1),
            places=read_places(places) if places else Places(edition),
        )

    async def work(self, edition: str) -> tuple[Saved, Release | None, Places] | None:
        """An edition with its draft, its newest release and the places taken."""
        saved = await self.saved(edition)
        if saved is None:
            return None
        places = await self.database[PLACES].find_one({"_id": edition})
        release = await self.release(edition, saved.release)
        return saved, release, read_places(places) if places else Places(edition)

    async def account(self, id: str) -> Account | None:
        """The account with this id."""
        document = await self.database[ACCOUNTS].find_one({"_id": id})
        return read_account(document) if document else None

    async def account_of(self, email: str) -> Account | None:
        """The account with this canonical address."""
        document = await self.database[ACCOUNTS].find_one({"email": email})
        return read_account(document) if document else None

    async def admins(self) -> tuple[str, ...]:
        """The accounts with every right, withdrawn ones too; there are a few among tens of accounts."""
        return tuple([one["_id"] async for one in self.database[ACCOUNTS].find({"roles": "admin"}, {"_id": 1})])

    async def accounts(self, after: str = "", limit: int = 1000) -> list[Account]:
        """Accounts by address, those behind `after`."""
        found = self.database[ACCOUNTS].find({"email": {"$gt": after}}).sort("email", ASCENDING).limit(limit)
        return [read_account(document) async for document in found]

    async def token(self, id: str) -> Token | None:
        """The token with this id."""
        document = await self.database[TOKENS].find_one({"_id": id})
        return read_token(document) if document else None

    async def tokens(self, after: str | None = None, limit: int = 1000) -> list[Token]:
        """Tokens by id, the last first, those behind `after`."""
        wanted = {"_id": {"$lt": after}} if after else {}
        found = self.database[TOKENS].find(wanted).sort("_id", DESCENDING).limit(limit)
        return [read_token(document) async for document in found]
