"""Everyday commands of whoever runs the house: `python -m deploy.manage --help`.

Beside `make run` they find the local house under `VAR`; elsewhere they use the environment of the service they
run in (`SERVICE`, `MONGO_URL`, …), as its container does.
"""

import argparse
import asyncio
import os
import ssl
import sys
from collections.abc import Mapping, Sequence

import httpx

from deploy import access, sample_edition
from deploy.keys import Keys
from deploy.layout import Layout
from deploy.programs import Missing
from deploy.topology import SERVICES
from services.programme.domain.accounts import ROLES, SCOPES
from shared import mongo, outbox
from shared.errors import Refusal
from shared.ids import new_id

Environments = dict[str, Mapping[str, str]]


def environments(given: Mapping[str, str] = os.environ) -> Environments:
    """The environment of each service that can be reached from here, by service."""
    if "SERVICE" in given:
        return {given["SERVICE"]: given}
    layout = Layout.running(given)
    return {service: layout.service_environment(service) for service in SERVICES}


def _programme(reachable: Environments) -> Mapping[str, str]:
    if "programme" not in reachable:
        raise Missing("Accounts and tokens belong to the programme service: run this beside it.")
    return reachable["programme"]


def create_staff(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Open a staff account, or change an existing one and withdraw what was signed for it."""
    password = os.environ.get("STAFF_PASSWORD") or Keys.readable_password()
    roles = tuple(arguments.role or ["admin"])
    asyncio.run(access.open_staff(_programme(reachable), arguments.email, arguments.name, roles, password))
    return f"{arguments.email}  {password}"


def create_token(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Make an API token; it is shown once and kept nowhere."""
    scopes = tuple(arguments.scope or access.EVERYTHING)
    return asyncio.run(access.open_token(_programme(reachable), arguments.name, scopes, arguments.days))


def sample(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Load the edition of 2026 through the API, moved two months ahead unless `--as-printed`."""
    programme = _programme(reachable)
    token = asyncio.run(access.open_token(programme, f"sample {new_id()}", access.EVERYTHING, 1))
    root = programme.get("CERTIFICATE")
    edition = sample_edition.load(
        arguments.url or programme["PUBLIC_URL"],
        token,
        as_printed=arguments.as_printed,
        verify=ssl.create_default_context(cafile=root) if root else True,
    )
    return f"Edition {edition} is there, its programme is released, its registration is set."


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


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="python -m deploy.manage", description=(__doc__ or "").splitlines()[0])
    commands = top.add_subparsers(required=True, metavar="command")

    staff = commands.add_parser("create-staff", help=create_staff.__doc__)
    staff.add_argument("--email", required=True)
    staff.add_argument("--name", required=True)
    staff.add_argument("--role", action="append", choices=ROLES, help="admin when left out; may be given several times")
    staff.set_defaults(command=create_staff)

    token = commands.add_parser("create-token", help=create_token.__doc__)
    token.add_argument("--name", required=True, help="what it is for")
    token.add_argument("--scope", action="append", choices=SCOPES, help="everything when left out")
    token.add_argument("--days", type=int, default=365)
    token.set_defaults(command=create_token)

    edition = commands.add_parser("sample", help=sample.__doc__)
    edition.add_argument("--as-printed", action="store_true", help="keep the printed days of July 2026")
    edition.add_argument("--url", help="the public address, if it is not PUBLIC_URL")
    edition.set_defaults(command=sample)

    again = commands.add_parser("replay", help=replay.__doc__)
    again.add_argument("service", nargs="*", help="whose facts; all that can be reached when left out")
    again.set_defaults(command=replay)
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; a refusal or a missing thing is one line."""
    arguments = parser().parse_args(words)
    try:
        print(arguments.command(arguments, environments()))
    except Refusal as refusal:
        print(refusal.text % refusal.params, file=sys.stderr)
        return 1
    except (Missing, httpx.HTTPError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
