"""A house whose databases are lost: what it knows before and after, field by field, and the operator's commands."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from deploy import manage as command
from deploy.administration import Administration
from deploy.layout import Layout
from tests.house import ROOT, House

Database = dict[str, dict[str, Any]]
"""Documents by collection and id."""

PLUMBING = {"leases", "audit", "rebuild", "attempts", "inbox"}

NOT_TOLD: Mapping[str, Mapping[str, set[str]]] = {
    "registration": {"registrations": {"phone"}, "queues": {"skips"}, "identities": {"known_since"}},
    "programme": {
        "editions": {"stamps", "identity.figures", "identity.highlights", "identity.practical", "identity.partners"}
    },
    "notifications": {
        "deliveries": {
            "attempts",
            "created",
            "changed",
            "due",
            "reason",
            "sequence",
            "about",
            "correlation",
            "causation",
        }
    },
    "badges": {"badges": {"issued_at"}},
}
"""Fields that no fact carries, or only roughly."""

LEFT_OUT: Mapping[str, set[str]] = {
    "registration": {"needs", "requests", "lookups"},
    "programme": {"accounts", "tokens", "sign_in_tries"},
    "notifications": {"contents", "reminder_rules", "reminder_editions", "reminder_firings"},
    "badges": {"check_ins", "desks", "desk_tries"},
}
"""Collections that no fact carries; check-ins are compared by what the facts say of them."""


def administration(house: House) -> Administration:
    """The way to this house's servers."""
    return Administration.of(Layout.running({"VAR": str(house.var)}))


def mongo(house: House) -> MongoClient[dict[str, Any]]:
    """A client with every right."""
    return MongoClient(administration(house).mongo_url, tz_aware=True)


def manage(house: House, *words: str, died: bool = False, refused: bool = False) -> str:
    """Run a command beside the house, by the house's clock; what it said.

    `died`: it is to be killed on the way, at a place that was armed; `refused`: it is to refuse.
    """
    if not died:
        code, said, complaint = beside(house.var, *words)
        assert bool(code) == refused, said + complaint
        return complaint if refused else said
    given = {name: value for name, value in os.environ.items() if name not in {"SERVICE", "MONGO_URL", "NATS_URL"}}
    environment = {**given, "VAR": str(house.var), **house.settings}
    program = [sys.executable, "-m", "deploy.manage", *words]
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode < 0, done.stdout + done.stderr
    return done.stdout


def beside(var: Path, *words: str) -> tuple[int, str, str]:
    """A command for the house of this folder, running or not, by its clock: its exit code, and what it said.

    In this process: a process of its own takes seconds to begin.
    """
    with pytest.MonkeyPatch.context() as environment, StringIO() as out, StringIO() as wrong:
        for name in ("SERVICE", "MONGO_URL", "NATS_URL"):
            environment.delenv(name, raising=False)
        environment.setenv("VAR", str(var))
        environment.setattr("shared.clock._AHEAD", str(var.parent / "failpoints/clock"))
        with redirect_stdout(out), redirect_stderr(wrong):
            code = command.main(words)
        return code, out.getvalue(), wrong.getvalue()


def known(house: House, service: str) -> Database:
    """What this service knows and its facts can tell, without what only counts writes."""
    with mongo(house) as client:
        database = client[service]
        names = {*database.list_collection_names()} - PLUMBING - LEFT_OUT[service]
        return {name: _documents(database[name].find(), service, name) for name in sorted(names)}


def _documents(found: Any, service: str, collection: str) -> dict[str, Any]:
    hidden = {"rev", "published_at", *NOT_TOLD[service].get(collection, ())}
    documents = {str(one["_id"]): _without(one, hidden) for one in found}
    if collection == "queues":
        return {id: one for id, one in documents.items() if one["live"]}
    if collection == "places":
        return {id: _without_zeros(one) for id, one in documents.items()}
    if collection == "told":  # whom no release concerns is not compared with any
        return {id: one if one["live"] else {**one, "reviewed": 0} for id, one in documents.items()}
    if collection == "outbox":
        return {id: {**one, "pending": False} for id, one in documents.items()}
    return documents


def _without(document: Any, hidden: set[str]) -> dict[str, Any]:
    left = {name: value for name, value in document.items() if name not in hidden}
    for path in hidden:
        outer, _, inner = path.partition(".")
        if inner and outer in left:
            left[outer] = {name: value for name, value in left[outer].items() if name != inner}
    return left


def _without_zeros(document: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {key: n for key, n in value.items() if n} if isinstance(value, dict) else value
        for name, value in document.items()
    }


def admissions(house: House) -> list[tuple[Any, ...]]:
    """Who was admitted where and when, and what was taken back."""
    with mongo(house) as client:
        found = client.badges.check_ins.find({"result": "admitted"})
        return sorted(
            (
                one["registration"],
                one["badge"],
                one["at"],
                one["day"],
                one["gate"],
                one["rehearsal"],
                str(one["undone_at"]),
            )
            for one in found
        )


def drop(house: House, service: str) -> None:
    """The database is lost."""
    with mongo(house) as client:
        for name in client[service].list_collection_names():
            client[service].drop_collection(name)


def quiet(house: House, services: tuple[str, ...]) -> Callable[[], bool]:
    """Whether every fact is relayed, and nothing waits for its consumer."""

    def look() -> bool:
        if any(house.lag(one) for one in services):
            return False  # a look at the databases costs a sign-in
        with mongo(house) as client:
            pending = sum(client[one].outbox.count_documents({"pending": True}) for one in services)
        return pending == 0 and all(house.lag(one) == 0 for one in services)

    return look


def differing(before: Any, after: Any, path: str = "") -> list[str]:
    """Where two answers differ, by path."""
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted({*before, *after}, key=str)
        return [one for name in names for one in differing(before.get(name), after.get(name), f"{path}/{name}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [
            one for n, pair in enumerate(zip(before, after, strict=True)) for one in differing(*pair, f"{path}/{n}")
        ]
    return [f"{path}: {str(before)[:300]} is now {str(after)[:300]}"]
