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
from services.programme.domain.accounts import ROLES
from services.programme.domain.tokens import SCOPES
from shared.clock import now
from shared.errors import NotFound

if TYPE_CHECKING:
    from deploy.manage.reachable import Commands


SEVERAL = "may be given several times"


def programme(reachable: Environments) -> Mapping[str, str]:
    """The environment of the service that accounts and tokens belong to; raises `Missing` elsewhere."""
    if "STAFF_PRIVATE_KEY" not in reachable.get("programme", {}):
        raise Missing("Accounts and tokens belong to the programme service: run this beside it.")
    return reachable["programme"]


def create_staff(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Open a staff account, or change an existing one and withdraw what was signed for it."""
    password = os.environ.get("STAFF_PASSWORD") or Keys.readable_password()
    roles = tuple(arguments.role)
    asyncio.run(access.open_staff(programme(reachable), arguments.email, arguments.name, roles, password))
    return f"{arguments.email}  {password}"


def create_token(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Make an API token; it is shown once and kept nowhere."""
    made = access.open_token(programme(reachable), arguments.name, tuple(arguments.scope), arguments.days)
    return asyncio.run(made)


def list_staff(_arguments: argparse.Namespace, reachable: Environments) -> str:
    """Every staff account: address, name, roles, open or withdrawn."""
    found = asyncio.run(access.list_staff(programme(reachable)))
    return "\n".join(
        f"{one.email}  {one.name}  {','.join(one.roles) or '-'}  {'open' if one.open else 'withdrawn'}" for one in found
    )


def withdraw_staff(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Close a staff account at once, with the tokens and desk links it made; `create-staff` opens it, not those."""
    try:
        asyncio.run(access.withdraw_staff(programme(reachable), arguments.email))
    except NotFound:
        raise Missing(f"There is no account for {arguments.email}.") from None
    return f"{arguments.email} is withdrawn."


def list_tokens(_arguments: argparse.Namespace, reachable: Environments) -> str:
    """Every API token: id, name, scopes, made, expires, state."""
    moment = now()
    return "\n".join(
        f"{one.id}  {one.name}  {','.join(one.scopes)}  {one.made_at.date() if one.made_at else '-'}"
        f"  {one.expires_at.date()}  {one.state(moment)}"
        for one in asyncio.run(access.list_tokens(programme(reachable)))
    )


def withdraw_token(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Close an API token at once, in every service; `list-tokens` says its id."""
    try:
        asyncio.run(access.withdraw_token(programme(reachable), arguments.id))
    except NotFound:
        raise Missing(f"There is no token {arguments.id}.") from None
    return f"Token {arguments.id} is withdrawn."


def add(commands: "Commands") -> None:
    """The commands of this subject."""
    staff = commands.add_parser("create-staff", help=create_staff.__doc__)
    staff.add_argument("--email", required=True)
    staff.add_argument("--name", required=True)
    staff.add_argument(
        "--role", action="append", required=True, choices=ROLES, help=f"{SEVERAL}; admin may do everything"
    )
    staff.set_defaults(command=create_staff)

    token = commands.add_parser("create-token", help=create_token.__doc__)
    token.add_argument("--name", required=True, help="what it is for")
    token.add_argument(
        "--scope", action="append", required=True, choices=SCOPES, help=f"{SEVERAL}; admin and import: everything"
    )
    token.add_argument("--days", type=int, default=365)
    token.set_defaults(command=create_token)

    commands.add_parser("list-staff", help=list_staff.__doc__).set_defaults(command=list_staff)
    out = commands.add_parser("withdraw-staff", help=withdraw_staff.__doc__)
    out.add_argument("--email", required=True)
    out.set_defaults(command=withdraw_staff)

    commands.add_parser("list-tokens", help=list_tokens.__doc__).set_defaults(command=list_tokens)
    void = commands.add_parser("withdraw-token", help=withdraw_token.__doc__)
    void.add_argument("id")
    void.set_defaults(command=withdraw_token)
