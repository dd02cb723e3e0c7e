"""What had ended before a restore: people who were forgotten, credentials that were withdrawn, mails that had left.

None of it comes back.

It is read from all that is about to be emptied and kept in every hold until the databases are whole: a restore that
died on the way, and is typed again, finds there what the stream no longer knows.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from deploy.administration import Administration
from deploy.history import told
from deploy.topology import SERVICES
from services.badges import store as badges
from services.badges.actions import withdraw_desk
from services.programme import store as programme
from services.programme.actions.closing import Known, close_again
from services.programme.domain.accounts import Account
from services.registration import store as registration
from services.registration.actions import erase
from shared import access, rebuild, tombstones
from shared.clock import now
from shared.errors import NotFound
from shared.events.notifications import EmailSent
from shared.events.programme import AccessChanged
from shared.events.registration import Erased

ACTOR = "manage"


@dataclass
class Endings:
    """Registrations that were erased, accounts and tokens as they were known last, desk links that were withdrawn,
    deliveries that were sent.
    """

    erased: set[str] = field(default_factory=set)
    access: dict[str, Known] = field(default_factory=dict)
    desks: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    addresses: dict[str, str] = field(default_factory=dict)
    """Of the accounts that programme knew, by id."""
    names: dict[str, str] = field(default_factory=dict)
    """Of its tokens, by id."""

    def anew(self, account: Account) -> bool:
        """Whether the address of this account was since given to another one: its password is not the last any more."""
        return any(email == account.email and id != account.id for id, email in self.addresses.items())

    def called(self, closed: str) -> str:
        """What to call what was closed; the databases that were put back name an unknown one by its id alone."""
        if closed not in self.access:
            return closed
        name = self.addresses.get(closed) or self.names.get(closed)
        return (
            f"{name} (not in the backup)"
            if name
            else f"an account or token that the backup does not know (id {closed})"
        )

    def learn(self, id: str, generation: int, left: set[str]) -> None:
        """One more word about an account or token: the highest generation counts, and what was left of it."""
        known = self.access.get(id, Known(0))
        if generation > known.generation:
            self.access[id] = Known(generation, frozenset(left))
        elif generation == known.generation:
            self.access[id] = Known(generation, known.left | left)


async def keep(client: Any, servers: Administration) -> Endings:
    """Everything that is known now, and was kept by a restore that died; on disk before this returns.

    What it kept is all when every database has been held since: nothing has ended meanwhile, and what it had closed
    itself would look as if more had. A database that was released in between, by a rebuild, has lost its word with
    its hold, and may know more.
    """
    kept = [await rebuild.kept(client[service]) for service in SERVICES]
    found = _kept(kept)
    if all("access" in one for one in kept):
        return found
    for fact in await told(servers.nats_url, Erased, AccessChanged, EmailSent):
        if isinstance(fact, AccessChanged):
            found.learn(fact.account, fact.generation, _left([one.model_dump() for one in fact.ended]))
        elif isinstance(fact, EmailSent):
            found.sent.add(fact.delivery)
        else:
            found.erased.add(fact.key)
    await _look(client, found)
    for service in SERVICES:
        await rebuild.keep(client[service], _document(found))
    return found


async def keep_erased(database: Any) -> Endings:
    """Who was erased as this database knows it, and as a rebuild that died had kept it; on disk before this returns."""
    kept = await rebuild.kept(database)
    found = Endings(_kept([kept]).erased | await _erased(database))
    await rebuild.keep(database, {**kept, "erased": sorted(found.erased)})
    return found


async def _look(client: Any, found: Endings) -> None:
    """What the databases know and may not have told yet."""
    for service in SERVICES:
        found.erased |= await _erased(client[service])
    credentials = [(service, access.COLLECTION) for service in SERVICES]
    for service, collection in [*credentials, ("programme", programme.ACCOUNTS), ("programme", programme.TOKENS)]:
        async for one in client[service][collection].find({}, {"generation": 1, "ended": 1, "email": 1, "name": 1}):
            found.learn(one["_id"], one["generation"], _left(one.get("ended", ())))
            if "email" in one:
                found.addresses[one["_id"]] = one["email"]
            elif "name" in one:
                found.names[one["_id"]] = one["name"]
    withdrawn = client["badges"][badges.DESKS].find({"withdrawn_at": {"$ne": None}}, {"_id": 1})
    found.desks |= {one["_id"] async for one in withdrawn}


async def _erased(database: Any) -> set[str]:
    return {one["_id"] async for one in database[tombstones.COLLECTION].find({}, {"_id": 1})}


def _left(ended: Any) -> set[str]:
    """The sign-ins for which a cookie may still be about."""
    return {one["sid"] for one in ended if one["until"] > now()}


def _kept(documents: Iterable[Mapping[str, Any]]) -> Endings:
    found = Endings()
    for document in documents:
        found.erased |= {*document.get("erased", ())}
        found.desks |= {*document.get("desks", ())}
        found.sent |= {*document.get("sent", ())}
        found.addresses |= document.get("addresses", {})
        found.names |= document.get("names", {})
        for one in document.get("access", ()):
            found.learn(one["_id"], one["generation"], {*one["left"]})
    return found


def _document(found: Endings) -> dict[str, Any]:
    return {
        "erased": sorted(found.erased),
        "access": [{"_id": id, "generation": one.generation, "left": [*one.left]} for id, one in found.access.items()],
        "desks": sorted(found.desks),
        "sent": sorted(found.sent),
        "addresses": found.addresses,
        "names": found.names,
    }


async def erase_again(client: Any, found: Endings) -> int:
    """Forget again, in a database that is held; answers how many were known there. No mail confirms it to them."""
    people = registration.Store(client["registration"])
    count = 0
    for id in sorted(found.erased):
        with suppress(NotFound):
            count += await erase(people, id, asked_by="system")
    await people.close()
    return count


async def put_back(client: Any, found: Endings) -> list[str]:
    """Forget again, close again, in databases that are held; answers the accounts and tokens that were closed.

    A token that ended with the account that had handed it out is among them.
    """
    await erase_again(client, found)
    team = programme.Store(client["programme"], "programme")
    door = badges.Store(client["badges"], "badges")
    for id in sorted(found.desks):
        with suppress(NotFound):
            await withdraw_desk(door, ACTOR, id)
    for account in await team.accounts():
        if account.open and found.anew(account):
            found.learn(account.id, account.generation + 1, set())
    closed = [await close_again(team, ACTOR, id, known) for id, known in sorted(found.access.items())]
    for store in (team, door):
        await store.close()
    return sorted(found.called(name) for names in closed for name in names)


async def has_admin(client: Any) -> bool:
    """Whether an account is open that may open others."""
    team = programme.Store(client["programme"], "programme")
    found = any(account.rules for account in await team.accounts())
    await team.close()
    return found
