"""Facts: telling them again."""

import argparse
import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from deploy.manage.reachable import Environments
from shared import mongo, outbox

if TYPE_CHECKING:
    from deploy.manage.reachable import Commands


def replay(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Tell every fact again: after NATS was wiped, the outboxes rebuild it. Consumers ignore what they know."""
    wanted = arguments.service or sorted(reachable)
    counts = asyncio.run(_mark_pending({service: reachable[service]["MONGO_URL"] for service in wanted}))
    return "\n".join(f"{service}: {count} facts will be told again" for service, count in counts.items())


async def _mark_pending(urls: Mapping[str, str]) -> dict[str, int]:
    counts = {}
    for service, url in urls.items():
        client = mongo.connect(url)
        entries = client[service][outbox.COLLECTION]
        answer = await entries.update_many({"pending": False}, {"$set": {"pending": True}})
        counts[service] = answer.modified_count
        client.close()
    return counts


def add(commands: "Commands") -> None:
    """The commands of this subject."""
    again = commands.add_parser("replay", help=replay.__doc__)
    again.add_argument("service", nargs="*", help="whose facts; all that can be reached when left out")
    again.set_defaults(command=replay)
