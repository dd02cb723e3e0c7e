"""Staff accounts and API tokens."""

import argparse
import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from deploy import access
from deploy.keys import Keys
from deploy.manage.reachable import Environments
from deploy.programs import Missing
from services.programme.domain.accounts import ROLES, SCOPES

if TYPE_CHECKING:
    from deploy.manage.reachable import Commands


def programme(reachable: Environments) -> Mapping[str, str]:
    """The environment of the service that accounts and tokens belong to; raises `Missing` elsewhere."""
    if "programme" not in reachable:
        raise Missing("Accounts and tokens belong to the programme service: run this beside it.")
    return reachable["programme"]


def create_staff(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Open a staff account, or change an existing one and withdraw what was signed for it."""
    password = os.environ.get("STAFF_PASSWORD") or Keys.readable_password()
    roles = tuple(arguments.role or ["admin"])
    asyncio.run(access.open_staff(programme(reachable), arguments.email, arguments.name, roles, password))
    return f"{arguments.email}  {password}"


def create_token(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Make an API token; it is shown once and kept nowhere."""
    scopes = tuple(arguments.scope or access.EVERYTHING)
    return asyncio.run(access.open_token(programme(reachable), arguments.name, scopes, arguments.days))


def add(commands: "Commands") -> None:
    """The commands of this subject."""
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
