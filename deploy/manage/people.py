"""People: handing out what is held about one, and forgetting one."""

import argparse
import asyncio
import importlib
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from deploy.lost import check_released
from deploy.manage.reachable import Environments
from deploy.programs import Missing
from services.registration import actions
from services.registration.store import Store
from shared import mongo
from shared.errors import NotFound
from shared.web.exports import readable

if TYPE_CHECKING:
    from deploy.manage.reachable import Commands

ACTOR = "manage"
HOLDERS = ("registration", "notifications", "badges")
"""The services that hold something about people who register."""


def erase(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Forget a person in every service: one registration by its id, or all of an e-mail address. Cannot be undone."""
    count = asyncio.run(_erase(arguments.who, _registration(reachable)))
    if not count:
        return f"{arguments.who}: nobody to erase, or erased before."
    return f"{count} erased: the services forget them now, one that is away when it comes back."


def export(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Everything every reachable service holds about a registration, or all of an e-mail address, as one JSON text."""
    held = asyncio.run(_export(arguments.who, reachable))
    if not held:
        raise Missing(f"Nobody is registered with {arguments.who}.")
    if away := [name for name in HOLDERS if name not in reachable]:
        print(f"Not in this file, out of reach from here: what {' and '.join(away)} hold.", file=sys.stderr)
    return readable(held)


def _registration(reachable: Environments) -> Mapping[str, str]:
    if "registration" not in reachable:
        raise Missing("People belong to the registration service: run this beside it.")
    return reachable["registration"]


async def _erase(who: str, environment: Mapping[str, str]) -> int:
    client = mongo.connect(environment["MONGO_URL"])
    store = Store(client["registration"])
    try:
        await check_released(store.database)
        done = [await actions.erase(store, id, asked_by="staff", actor=ACTOR) for id in await _named(store, who)]
        return sum(done)
    finally:
        await store.close()
        client.close()


async def _named(store: Store, who: str) -> list[str]:
    """The registrations meant. Of an address that nobody has any more, none; raises `NotFound` for an unknown id."""
    if "@" in who:
        return await store.pages.everywhere(who.strip())
    if await store.pages.registration(who) is None and await store.pages.erased(who) is None:
        raise NotFound
    return [who]


async def _export(who: str, reachable: Environments) -> dict[str, Any]:
    client = mongo.connect(_registration(reachable)["MONGO_URL"])
    store = Store(client["registration"])
    ids = await _named(store, who)
    await store.close()
    client.close()
    return {id: {name: await _held(name, reachable[name], id) for name in HOLDERS if name in reachable} for id in ids}


async def _held(service: str, environment: Mapping[str, str], id: str) -> dict[str, Any] | None:
    """What one service holds, as it says it itself; its journal remembers that it was handed out."""
    client = mongo.connect(environment["MONGO_URL"])
    store = importlib.import_module(f"services.{service}.store").Store(client[service], service)
    held: dict[str, Any] | None = await importlib.import_module(f"services.{service}.exporting").export(store, id)
    await store.commit(lambda unit: unit.audit(ACTOR, "person.export", id))
    await store.close()
    client.close()
    return held


def add(commands: "Commands") -> None:
    """The commands of this subject."""
    for command in (erase, export):
        named = commands.add_parser(command.__name__, help=command.__doc__)
        named.add_argument("who", help="the id of a registration, or an e-mail address")
        named.set_defaults(command=command)
