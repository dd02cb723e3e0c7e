"""Dead letters: what failed for good, given to its reader again or put away; and readings that are paused."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from deploy.manage.reachable import Environments
from deploy.programs import Missing
from shared import letters, mongo
from shared.deadletters import DeadLetter, DeadLetters
from shared.store import Store

if TYPE_CHECKING:
    from deploy.manage.reachable import Commands

OPERATOR = "operator:manage"
"""Who it was, in the audit."""


def listed(_arguments: argparse.Namespace, reachable: Environments) -> str:
    """List the messages set aside and the paused readings; neither content nor person is shown."""
    lines: list[str] = []

    async def ask(store: Store) -> None:
        kept = DeadLetters(store.database)
        shown = await kept.waiting()
        lines.extend(map(_line, shown))
        if (more := await kept.count() - len(shown)) > 0:
            lines.append(f"and {more} younger ones of {store.service}")
        paused = await kept.pauses.all()
        lines.extend(f"{consumer} is paused since {since:%F %T} UTC" for consumer, since in paused.items())

    for service in sorted(reachable):
        asyncio.run(_beside(service, reachable, ask))
    return "\n".join(lines) or f"No message waits, and no reading is paused: {', '.join(sorted(reachable))}."


def _line(one: DeadLetter) -> str:
    tries = f"{one.attempts} attempt{'s' if one.attempts > 1 else ''}"
    state = "  (being replayed)" if one.replay_at else ""
    return f"{one.ref}  {one.at:%F %T} UTC  {one.consumer}  {one.kind}  {tries}: {one.reason}{state}"


def replay_letter(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Give a message set aside to its reader once more."""
    asyncio.run(_with(arguments.letter, reachable, lambda store: letters.replay(store, arguments.letter, OPERATOR)))
    return f"{arguments.letter} will be replayed within seconds; if it fails again, `letters` says why."


def dismiss_letter(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Put a message away, with a reason. It is kept."""
    ref, why = arguments.letter, arguments.why
    asyncio.run(_with(ref, reachable, lambda store: letters.dismiss(store, ref, OPERATOR, why)))
    return f"{ref} is put away."


def resume(arguments: argparse.Namespace, reachable: Environments) -> str:
    """End the pause of a reading."""
    consumer = arguments.consumer
    service = consumer.partition("_")[0]
    if service not in reachable:
        raise Missing(f"{consumer} belongs to no service that can be reached from here.")
    asyncio.run(_beside(service, reachable, lambda store: letters.resume(store, consumer, OPERATOR)))
    return f"{consumer} reads again."


async def _beside(service: str, reachable: Environments, act: Callable[[Store], Awaitable[None]]) -> None:
    client = mongo.connect(reachable[service]["MONGO_URL"])
    store = Store(client[service], service)
    try:
        await act(store)
    finally:
        await store.close()
        client.close()


async def _with(ref: str, reachable: Environments, act: Callable[[Store], Awaitable[None]]) -> None:
    """Act in the service that keeps this letter; raises `Missing` when none does."""
    found: list[str] = []

    for service in sorted(reachable):

        async def look(store: Store) -> None:
            if await DeadLetters(store.database).id_of(ref):
                found.append(store.service)
                await act(store)

        await _beside(service, reachable, look)
    if not found:
        raise Missing(f"No letter {ref}: `letters` lists them.")


def add(commands: "Commands") -> None:
    """The commands of this subject."""
    commands.add_parser("letters", help=listed.__doc__).set_defaults(command=listed)
    again = commands.add_parser("replay-letter", help=replay_letter.__doc__)
    again.add_argument("letter", help="as `letters` names it")
    again.set_defaults(command=replay_letter)
    away = commands.add_parser("dismiss-letter", help=dismiss_letter.__doc__)
    away.add_argument("letter", help="as `letters` names it")
    away.add_argument("--why", required=True, help="in one sentence, without a person's name")
    away.set_defaults(command=dismiss_letter)
    going = commands.add_parser("resume", help=resume.__doc__)
    going.add_argument("consumer", help="as `letters` names it")
    going.set_defaults(command=resume)
