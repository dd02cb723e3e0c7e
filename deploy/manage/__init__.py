"""Everyday commands of whoever runs the house: `python -m deploy.manage --help`. One file for each subject.

Beside `make run` they find the local house under `VAR`; elsewhere they use the environment of the service they
run in (`SERVICE`, `MONGO_URL`, …), as its container does. A subject marks a command that cannot be undone with
`final=True`: it names the house before it begins.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
from nats.errors import Error as NatsError
from pymongo.errors import PyMongoError

import services
from deploy.children import Stopped
from deploy.layout import MANAGE
from deploy.manage import accounts, backup, editions, facts, letters, people, rebuild, restore, verify
from deploy.manage.reachable import environments, house
from deploy.programs import Missing
from deploy.topology import SERVICES
from shared import i18n
from shared.errors import Away, Refusal
from shared.mongo import is_away

SUBJECTS = (accounts, backup, editions, facts, letters, people, rebuild, restore, verify)
"""Each adds its commands with `add`."""

ABOUT = """Look after a house: backups, accounts, people, repairs. docs/operations.md says when to use what, and
where to type it. Beside `make run` the house is the one in var; VAR=var2 before the command names another."""


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog=MANAGE, description=ABOUT)
    commands = top.add_subparsers(required=True, metavar="command")
    for subject in SUBJECTS:
        subject.add(commands)
    return top


def in_english(refusal: Refusal) -> str:
    """The sentence of a refusal, as the rest of what is printed here."""
    for service in SERVICES:
        i18n.add(Path(services.__file__ or "").parent / service / "i18n")
    return i18n.translate("en", refusal.text, **refusal.params)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; a refusal or a missing thing is one line."""
    arguments = parser().parse_args(words)
    try:
        reachable = environments()
        if "final" in arguments:
            print(f"House: {house()}", flush=True)
        print(arguments.command(arguments, reachable))
    except verify.Broken as report:
        print(report)
        return 1
    except Refusal as refusal:
        print(in_english(refusal), file=sys.stderr)
        return 1
    except (Missing, Stopped, httpx.HTTPError) as error:
        print(error, file=sys.stderr)
        return 1
    except NatsError as error:
        print(f"NATS failed ({error}): type this again when it answers.", file=sys.stderr)
        return 1
    except (Away, PyMongoError) as error:
        if isinstance(error, PyMongoError) and not is_away(error):
            raise
        print("The database does not answer. Beside `make run`, the house has to run for this.", file=sys.stderr)
        return 1
    return 0
