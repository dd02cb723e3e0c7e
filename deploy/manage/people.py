"""People: handing out what is held about one, and forgetting one."""

import argparse
import asyncio
import importlib
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from deploy.lost import check_released
from deploy.manage.reachable import Environments
from deploy.programs import Missing
from services.registration import actions
from services.registration.store import Store, documents
from shared import mongo
from shared.web.exports import readable

if TYPE_CHECKING:
    from deploy.manage.reachable import Commands

T = TypeVar("T")
Lines = list[dict[str, Any]]
ACTOR = "manage"
HOLDERS = ("registration", "notifications", "badges")
"""The services that hold something about people who register."""


def erase(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Forget a person in every service: one registration by its id, or all of an e-mail address. Cannot be undone."""
    environment, who = _registration(reachable), arguments.who
    people, lines = asyncio.run(_beside(environment, lambda store: _meant(store, who)))
    if not people and not lines:
        return f"{who} was erased before."
    if not arguments.yes:
        _ask(who, [*people.values(), *([f"  {len(lines)} in lists that are being imported"] if lines else [])])
    count = asyncio.run(_erase(sorted(people), who, environment))
    if not people:
        return f"{len(lines)} erased from lists that are being imported."
    return f"{count} erased: the services forget them now, one that is away when it comes back."


def _ask(who: str, people: Sequence[str]) -> None:
    """Show who it would be, and ask. Raises `Missing` unless the answer is yes."""
    if not sys.stdin.isatty():
        raise Missing(f"Nothing was erased: it cannot be undone. Say --yes to erase what is held about {who}.")
    print("\n".join(people))
    print("These registrations go, with their places, badges and mails, in every service, for good.")
    try:
        answer = input("Type yes to erase them: ")
    except (EOFError, KeyboardInterrupt):
        answer = ""
    if answer.strip() != "yes":
        raise Missing("Nothing was erased.")


def export(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Everything every reachable service holds about a registration, or all of an e-mail address, as one JSON text."""
    held = asyncio.run(_export(arguments.who, reachable))
    if away := [name for name in HOLDERS if name not in reachable]:
        print(f"Not in this file, out of reach from here: what {' and '.join(away)} hold.", file=sys.stderr)
    return readable(held)


def _registration(reachable: Environments) -> Mapping[str, str]:
    if "registration" not in reachable:
        raise Missing("People belong to the registration service: run this beside it.")
    return reachable["registration"]


async def _beside(environment: Mapping[str, str], ask: Callable[[Store], Awaitable[T]]) -> T:
    """What registration's store answers. Raises `Missing` while it is not whole: people seem unknown there."""
    client = mongo.connect(environment["MONGO_URL"])
    store = Store(client["registration"])
    try:
        await check_released(store.database)
        return await ask(store)
    finally:
        await store.close()
        client.close()


async def _erase(ids: Sequence[str], who: str, environment: Mapping[str, str]) -> int:
    async def all_of_them(store: Store) -> int:
        if "@" in who:
            await actions.forget_lines(store, who, actor=ACTOR)
        return sum([await actions.erase(store, id, asked_by="staff", actor=ACTOR) for id in ids])

    return await _beside(environment, all_of_them)


async def _meant(store: Store, who: str) -> tuple[dict[str, str], Lines]:
    """Those who are meant and not erased yet, each in one line, by id; and what lists say of an address.

    Raises `Missing` as `_named` does.
    """
    found = [await store.pages.registration(id) for id in await _named(store, who)]
    people = {
        one.id: f"  {one.person.name}, {one.person.email}: {one.edition}, {one.status} ({one.id})"
        for one in found
        if one
    }
    return people, await _lines(store, who)


async def _lines(store: Store, who: str) -> Lines:
    """What lists that the team sent say of this address."""
    return await store.imports.about(address=documents.address_hash(who)) if "@" in who else []


async def _named(store: Store, who: str) -> list[str]:
    """The registrations meant; raises `Missing` when there are none, in no list either, and, for an id, never were."""
    if "@" in who:
        found = await store.pages.everywhere(who.strip())
        if not found and not await _lines(store, who):
            raise Missing(f"Nobody is registered with {who}.")
        return found
    if await store.pages.registration(who) is None and await store.pages.erased(who) is None:
        raise Missing(f"There is no registration with the id {who}.")
    return [who]


async def _export(who: str, reachable: Environments) -> dict[str, Any]:
    ids = await _beside(_registration(reachable), lambda store: _named(store, who))
    lines = await _beside(_registration(reachable), lambda store: _lines(store, who))
    held: dict[str, Any] = {
        id: {name: await _held(name, reachable[name], id) for name in HOLDERS if name in reachable} for id in ids
    }
    return {**held, **({"lists": lines} if lines else {})}


async def _held(service: str, environment: Mapping[str, str], id: str) -> dict[str, Any] | None:
    """What one service holds, as it says it itself; its journal remembers that it was handed out."""
    client = mongo.connect(environment["MONGO_URL"])
    store = importlib.import_module(f"services.{service}.store").Store(client[service], service)
    try:
        await check_released(store.database)
        held: dict[str, Any] | None = await importlib.import_module(f"services.{service}.exporting").export(store, id)
        await store.commit(lambda unit: unit.audit(ACTOR, "person.export", id))
        return held
    finally:
        await store.close()
        client.close()


def add(commands: "Commands") -> None:
    """The commands of this subject."""
    for command in (erase, export):
        named = commands.add_parser(command.__name__, help=command.__doc__)
        named.add_argument("who", help="the id of a registration, or an e-mail address")
        named.set_defaults(command=command)
        if command is erase:
            named.add_argument("--yes", action="store_true", help="without asking first, for scripts")
            named.set_defaults(final=True)
