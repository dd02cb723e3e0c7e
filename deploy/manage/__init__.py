"""Everyday commands of whoever runs the house: `python -m deploy.manage --help`. One file for each subject.

Beside `make run` they find the local house under `VAR`; elsewhere they use the environment of the service they
run in (`SERVICE`, `MONGO_URL`, …), as its container does.
"""

import argparse
import sys
from collections.abc import Sequence

import httpx

from deploy.children import Stopped
from deploy.manage import accounts, backup, editions, facts, letters, people, rebuild, restore, verify
from deploy.manage.reachable import environments
from deploy.programs import Missing
from shared.errors import Refusal

SUBJECTS = (accounts, backup, editions, facts, letters, people, rebuild, restore, verify)
"""Each adds its commands with `add`."""


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="python -m deploy.manage", description=(__doc__ or "").splitlines()[0])
    commands = top.add_subparsers(required=True, metavar="command")
    for subject in SUBJECTS:
        subject.add(commands)
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; a refusal or a missing thing is one line."""
    arguments = parser().parse_args(words)
    try:
        print(arguments.command(arguments, environments()))
    except verify.Broken as report:
        print(report)
        return 1
    except Refusal as refusal:
        print(refusal.text % refusal.params, file=sys.stderr)
        return 1
    except (Missing, Stopped, httpx.HTTPError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
