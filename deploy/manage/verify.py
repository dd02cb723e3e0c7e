"""Whether everything holds: one line for each invariant, in plain words."""

import argparse
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from deploy.administration import Administration
from deploy.manage.reachable import Environments
from deploy.verify import NOT_SEEN, Report, examine
from deploy.verify.finding import count

if TYPE_CHECKING:
    from deploy.manage.reachable import Commands

SHOWN = 20
"""Findings of one invariant that are listed; the others are counted."""


class Broken(Exception):
    """Something does not hold. The message is the report."""


def stream_url(given: Mapping[str, str] = os.environ) -> str | None:
    """NATS as the user who may read the stream; None beside a single service, which may not."""
    return None if "SERVICE" in given else Administration.read(given).nats_url


def verify(arguments: argparse.Namespace, reachable: Environments) -> str:
    """Check the invariants in the databases and in the stream, without changing anything."""
    texts = arguments.absent or ()
    report = examine(reachable, stream_url(), patience=arguments.patience, texts=texts)
    text = written(report)
    if report.findings:
        raise Broken(text)
    return text


def written(report: Report) -> str:
    """The report as it is printed."""
    lines: list[str] = []
    for one in report.checked:
        lines.append(str(one))
        lines += [f"      ! {finding}" for finding in one.findings[:SHOWN]]
        if len(one.findings) > SHOWN:
            lines.append(f"      ! and {len(one.findings) - SHOWN} more")
        lines += [f"      - {note}" for note in one.notes]
    lines += [f"not seen: {what}" for what in report.not_seen]
    lines += [f"not seen: {number} {what}" for number, what in NOT_SEEN.items()]
    found = len(report.findings)
    verdict = count(found, "finding") if found else "Everything that was seen holds"
    lines.append(f"{verdict} ({report.seconds:.1f} s).")
    return "\n".join(lines)


def add(commands: "Commands") -> None:
    """The commands of this subject."""
    check = commands.add_parser("verify", help=verify.__doc__)
    check.add_argument("--patience", type=float, default=20.0, help="seconds that what is on its way may take")
    check.add_argument("--absent", action="append", metavar="TEXT", help="a text that must be nowhere; may be repeated")
    check.set_defaults(command=verify)
