"""The sample edition."""

import argparse
import asyncio
import ssl
from typing import TYPE_CHECKING

from deploy import access, sample_edition
from deploy.manage.accounts import programme
from deploy.manage.reachable import Environments
from shared.ids import new_id

if TYPE_CHECKING:
    from deploy.manage.reachable import Commands


def sample(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Load the edition of 2026 through the API, moved two months ahead unless `--as-printed`."""
    environment = programme(reachable)
    token = asyncio.run(access.open_token(environment, f"sample {new_id()}", access.EVERYTHING, 1))
    root = environment.get("CERTIFICATE")
    edition = sample_edition.load(
        arguments.url or environment["PUBLIC_URL"],
        token,
        as_printed=arguments.as_printed,
        verify=ssl.create_default_context(cafile=root) if root else True,
    )
    return f"Edition {edition} is there, its programme is released, its registration is set."


def add(commands: "Commands") -> None:
    """The commands of this subject."""
    edition = commands.add_parser("sample", help=sample.__doc__)
    edition.add_argument("--as-printed", action="store_true", help="keep the printed days of July 2026")
    edition.add_argument("--url", help="the public address, if it is not PUBLIC_URL")
    edition.set_defaults(command=sample)
