"""Each invariant and each trap has its tests, and one that fails, or shows the fault, with the guard taken away."""

import ast
from functools import lru_cache
from pathlib import Path

import pytest

from deploy.verify import CHECKS, NOT_SEEN
from tests.faults.guards import INVARIANTS, Guard
from tests.faults.traps import TRAPS

TESTS = Path(__file__).parents[1]
GUARDS = {**INVARIANTS, **{trap.what: trap for trap in TRAPS}}


@lru_cache
def named_in(file: str) -> set[str]:
    """The tests of a file below `tests/`."""
    tree = ast.parse((TESTS / file).read_text())
    functions = (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return {one.name for one in functions if one.name.startswith("test_")}


def is_there(name: str) -> bool:
    file, test = name.split("::")
    return (TESTS / file).exists() and test in named_in(file)


@pytest.mark.parametrize("guard", GUARDS.values(), ids=GUARDS)
def test_guard_is_shown_and_shown_to_be_what_holds(guard: Guard):
    assert guard.shown
    assert guard.off
    assert [name for name in (*guard.shown, *guard.off) if not is_there(name)] == []


def test_every_invariant_is_listed_once():
    assert [*INVARIANTS] == [f"I{number}" for number in range(1, 18)]
    assert len(TRAPS) == 18
    assert len(GUARDS) == 17 + 18


def test_every_invariant_is_verified_or_said_not_to_be():
    checked = {word for check in CHECKS for word in (check.look.__doc__ or "").split() if word.rstrip(":") in GUARDS}

    assert {word.rstrip(":") for word in checked} | {*NOT_SEEN} == {*INVARIANTS}


def test_name_that_is_gone_would_be_found():
    assert not is_there("faults/test_guards.py::test_that_nobody_wrote")
    assert not is_there("faults/test_nothing.py::test_name_that_is_gone_would_be_found")
