"""What had ended before a restore is known from the stream, from every database, and from a restore that died."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from nats.js import JetStreamContext
from pymongo.errors import WriteError

from deploy import access, endings
from deploy.administration import Administration
from deploy.manage import people
from deploy.manage import rebuild as rebuilding
from deploy.manage import restore as restoring
from deploy.programs import Missing
from deploy.topology import SERVICES
from services.programme import store as programme
from services.programme.actions import tokens
from services.programme.actions.accounts import open_account
from services.programme.actions.closing import Known
from shared import outbox, rebuild
from shared.clock import now
from shared.events import Fact
from shared.events.notifications import EmailSent
from shared.events.programme import AccessChanged, EditionChanged, EndedSignIn
from shared.events.registration import Confirmed, Erased
from shared.mongo import connect
from tests.house import ROOT

F = TypeVar("F", bound=Fact)
SOON, PAST = now() + timedelta(hours=1), now() - timedelta(hours=1)


@pytest.fixture
async def client(mongo_url: str) -> AsyncIterator[Any]:
    """The four databases of a house, held and empty."""
    made = connect(mongo_url)
    for service in SERVICES:
        await made.drop_database(service)
        await rebuild.hold(made[service], "restore")
    yield made
    for service in SERVICES:
        await made.drop_database(service)
    made.close()


@pytest.fixture
def servers(mongo_url: str, nats_url: str) -> Administration:
    return Administration(mongo_url, nats_url)


def golden(kind: type[F]) -> F:
    return kind.model_validate_json((ROOT / f"tests/contracts/{kind.type()}.json").read_bytes())


async def tell(stream: JetStreamContext, *facts: Fact) -> None:
    for number, fact in enumerate(facts):
        entry = outbox.entry(
            fact, aggregate=fact.key, sequence=number, time=now(), correlation_id="c", causation_id=None
        )
        await stream.publish(entry["subject"], entry["body"].encode(), headers=entry["headers"])


async def test_endings_are_known_from_the_stream_and_from_every_database(
    client: Any, stream: JetStreamContext, servers: Administration
):
    left = (EndedSignIn(sid="phone", until=SOON), EndedSignIn(sid="old", until=PAST))
    await tell(
        stream,
        Erased(registration="r1", edition="e", at=now(), actor="person"),
        golden(EmailSent),
        AccessChanged(account="a1", generation=3, ended=left),
        AccessChanged(account="a1", generation=2, ended=(EndedSignIn(sid="before", until=SOON),)),
    )
    await client["badges"].erasures.insert_one({"_id": "r2"})
    await client["registration"].access.insert_one({"_id": "a2", "generation": 4, "ended": []})
    await client["programme"].accounts.insert_one(
        {"_id": "a1", "generation": 3, "ended": [{"sid": "desk", "until": SOON}]}
    )
    await client["programme"].tokens.insert_one({"_id": "t1", "generation": 1})
    await client["badges"].desks.insert_many([{"_id": "d1", "withdrawn_at": PAST}, {"_id": "d2", "withdrawn_at": None}])

    found = await endings.keep(client, servers)

    assert found.erased == {"r1", "r2"}
    assert found.access == {"a1": Known(3, frozenset({"phone", "desk"})), "a2": Known(4), "t1": Known(1)}
    assert found.desks == {"d1"}
    assert found.sent == {golden(EmailSent).delivery}


@pytest.mark.parametrize("kept", [True, False])
async def test_a_second_restore_knows_what_the_first_had_kept_and_nothing_without_it(
    client: Any, stream: JetStreamContext, servers: Administration, kept: bool
):
    await tell(stream, Erased(registration="r1", edition="e", at=now(), actor="person"), golden(EmailSent))
    await client["badges"].desks.insert_one({"_id": "d1", "withdrawn_at": PAST})
    await client["programme"].accounts.insert_one({"_id": "a1", "generation": 2, "ended": []})
    first = await endings.keep(client, servers)
    for service in SERVICES:
        await rebuild.clear(client[service])
    await stream.delete_stream(outbox.STREAM)
    if not kept:
        for service in SERVICES:
            await client[service].rebuild.update_one({}, {"$unset": {"kept": 1}})

    for service in SERVICES:
        await rebuild.hold(client[service], "restore")
    again = await endings.keep(client, servers)

    assert again == (first if kept else endings.Endings())


async def test_a_second_restore_takes_what_the_first_had_closed_for_nothing_new(
    client: Any, stream: JetStreamContext, servers: Administration
):
    """A sign-in was left since the backup. The first restore ended the others: no reason to close the account now."""
    accounts, left = client["programme"].accounts, {"sid": "phone", "until": SOON}
    await accounts.insert_one({"_id": "a1", "generation": 1, "ended": [left]})
    first = await endings.keep(client, servers)
    await accounts.update_one({"_id": "a1"}, {"$set": {"generation": 2, "ended": []}})

    for service in SERVICES:
        await rebuild.hold(client[service], "restore")

    assert (await endings.keep(client, servers)).access == first.access == {"a1": Known(1, frozenset({"phone"}))}


async def test_a_second_restore_looks_again_when_a_database_was_released_in_between(
    client: Any, stream: JetStreamContext, servers: Administration
):
    await tell(stream, Erased(registration="r1", edition="e", at=now(), actor="person"))
    await endings.keep(client, servers)
    await stream.purge_stream(outbox.STREAM)
    await rebuild.release(client["programme"])
    await client["programme"].tokens.insert_one({"_id": "t1", "generation": 2})
    await rebuild.hold(client["programme"], "restore")

    found = await endings.keep(client, servers)

    assert (found.erased, found.access) == ({"r1"}, {"t1": Known(2)})


async def test_what_writes_beside_the_house_waits_while_a_database_is_held(client: Any, mongo_url: str):
    """A second restore would not look for it."""
    await client["registration"].registrations.insert_one({"_id": "r1"})
    environment = {"MONGO_URL": mongo_url}
    with pytest.raises(Missing, match="of programme is being put back"):
        await access.open_staff(environment, "ines@example.org", "Inès", ("admin",), "quinze lettres")
    with pytest.raises(Missing, match="of registration is being put back"):
        await people._erase(["r1"], "r1", environment)
    with pytest.raises(Missing, match="of badges is being put back"):
        await people._held("badges", environment, "r1")


async def test_a_restore_that_cannot_hold_the_last_database_lets_the_others_go(client: Any, servers: Administration):
    """The last one takes no hold, as when its server fails over. The first was held before: it is not whole."""
    first, *others = SERVICES
    for service in others:
        await client.drop_database(service)
    refusing = {"never": {"$exists": True}}
    await client[others[-1]].create_collection(rebuild.COLLECTION, validator=refusing)

    with pytest.raises(WriteError):
        await restoring._hold(client, servers, stopped=True)

    assert [service for service in SERVICES if await rebuild.is_held(client[service])] == [first]


async def test_everything_that_was_closed_is_named(client: Any):
    """Also the token that an account had handed out."""
    team = programme.Store(client["programme"], "programme")
    account = await open_account(
        team, "manage", email="ines@example.org", name="Inès", roles=("admin",), password_hash="none"
    )
    maker = f"staff:{account.id}"
    await tokens.create_token(team, name="sono", scopes=("desk",), life=timedelta(days=1), actor=maker)
    await team.close()

    closed = await endings.put_back(client, endings.Endings(access={account.id: Known(2), "t9": Known(1)}))

    assert closed == ["an account or token that the backup does not know (id t9)", "ines@example.org", "sono"]


@pytest.mark.parametrize("known", [True, False])
async def test_a_password_that_was_replaced_by_a_new_account_does_not_come_back(
    client: Any, stream: JetStreamContext, servers: Administration, known: bool
):
    """As after a rebuild: the address is the same, the id is another, and no fact has told of either."""
    team = programme.Store(client["programme"], "programme")
    ines = {"email": "ines@example.org", "name": "Inès", "roles": ("admin",)}
    old = await open_account(team, "manage", **ines, password_hash="old")
    backup = await client["programme"].accounts.find_one()
    await client["programme"].accounts.delete_one({"_id": old.id})
    await open_account(team, "manage", **ines, password_hash="new")
    found = await endings.keep(client, servers)
    for service in SERVICES:
        await rebuild.clear(client[service])
    await client["programme"].accounts.insert_one(backup)
    again = await endings.keep(client, servers)  # a restore that died knows it too
    assert again == found
    if not known:
        again.addresses.clear()

    closed = await endings.put_back(client, again)

    restored = await team.account(old.id)
    await team.close()
    assert restored
    assert (restored.open, await endings.has_admin(client)) == (not known, not known)
    assert closed[:2] == [ines["email"], f"{ines['email']} (not in the backup)"] if known else len(closed) == 1


@pytest.mark.parametrize("died", [False, True])
async def test_a_rebuild_forgets_whom_the_stream_does_not_know_to_be_erased(
    client: Any, stream: JetStreamContext, servers: Administration, monkeypatch: pytest.MonkeyPatch, died: bool
):
    """NATS was away when they were erased. The first rebuild may have died after it had emptied the database."""
    monkeypatch.setattr(rebuilding, "MAKING_ROOM", 0)
    person = golden(Confirmed)
    await tell(stream, golden(EditionChanged), person)
    database = client["registration"]
    await database.erasures.insert_one({"_id": person.registration})
    if died:
        await endings.keep_erased(database)
        await rebuild.clear(database)

    report = await rebuilding._rebuild(servers, "registration", over=True)

    assert await database.registrations.find().to_list(None) == []
    assert [one["_id"] async for one in database.erasures.find()] == [person.registration]
    told = [one["headers"]["ce-type"] async for one in database.outbox.find({"pending": True})]
    assert Erased.type() in told
    assert report.endswith("\n  1 erased again, for the stream did not know of it: no mail confirms it to them.")
    assert not await rebuild.is_held(database)
