"""A million forged badges, none admitted (I9): `make test` makes the first ten thousand, `make fuzz` all of them."""

import asyncio
import json
import os
from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.children import await_until
from services.badges.tokens import CODE_DIGITS, Mint, typed_code
from tests.house import House
from tests.security.doors import JSON, Keys, person
from tests.security.forging import Forger
from tests.security.wire import Wire, request

EDITION = "raict-2026"
FORGED = int(os.environ.get("FORGED", "10000"))
SEED = int(os.environ.get("SEED", "4"))
AT_THE_DOOR = 800
CHECK_INS = "/api/badges/v1/check-ins"


def a_mint() -> tuple[Mint, list[str]]:
    mint = Mint(bytes(range(32)))
    return mint, [mint.token(EDITION, mint.secrets(f"r{number}", 1).id, 1) for number in range(20)]


def admitted(mint: Mint, seen: list[str], count: int) -> list[str]:
    """Which of so many forgeries this mint takes for its own."""
    return [text for text in islice(Forger(seen, EDITION, SEED).forged(), count) if mint.read(EDITION, text)]


def test_no_forged_badge_is_taken_for_a_real_one():
    mint, seen = a_mint()

    assert all(mint.read(EDITION, text) for text in seen)
    assert admitted(mint, seen, FORGED) == []


def test_forgeries_are_all_different_ones():
    forged = [*islice(Forger(a_mint()[1], EDITION, SEED).forged(), 5000)]

    assert len(set(forged)) == len(forged)


def test_mint_that_checks_no_signature_takes_forged_ones(monkeypatch: pytest.MonkeyPatch):
    """The control: with the guard off, the same forgeries are admitted."""
    mint, seen = a_mint()
    keys = mint._keys(EDITION)
    blind = SimpleNamespace(private=keys.private, id=keys.id, public=SimpleNamespace(verify=lambda *_: None))
    monkeypatch.setattr(mint, "_keys", lambda _edition: blind)

    assert len(admitted(mint, seen, 2000)) > 300


def test_code_cannot_be_guessed():
    """1.1 × 10¹⁵ codes: a million guesses at 1,500 badges find one with a chance of one in 750,000."""
    codes = 32**CODE_DIGITS

    assert typed_code("0" * (CODE_DIGITS - 1)) is None
    assert 1_000_000 * 1_500 / codes < 1 / 700_000


@pytest.fixture
def seen(besieged: House) -> Iterator[list[str]]:
    """The texts of two real badges of the house."""
    with besieged.program() as program:
        people = [
            program.post("/api/registration/v1/registrations", json=person(email=f"b{n}@mairie.example")).json()
            for n in (1, 2)
        ]

        def badges() -> list[dict[str, Any]]:
            return [
                one
                for who in people
                for one in program.get("/api/badges/v1/badges", params={"registration": who["id"]}).json()["items"]
            ]

        await_until(lambda: len(badges()) == 2, "two badges", limit=60)
        yield [badge["token"] for badge in badges()]


def test_no_forged_badge_passes_the_door(besieged: House, keys: Keys, seen: list[str]):
    forged = iter([*enumerate(islice(Forger(seen, EDITION, SEED).forged(), AT_THE_DOOR))])

    def asked(number: int, text: str) -> bytes:
        said = json.dumps({"token": text, "gate": "Iéna", "nonce": f"forged-{number}"}).encode()
        return request("POST", CHECK_INS, {"Content-Type": JSON, "Authorization": f"Bearer {keys.token}"}, said)

    async def show(results: list[str]) -> None:
        async with Wire(besieged.ports["public"]) as wire:
            for number, text in forged:
                answer = await wire.ask(asked(number, text))
                results.append(json.loads(answer.body)["result"] if answer.status == 200 else str(answer.status))

    async def all_of_them() -> tuple[list[str], str]:
        results: list[str] = []
        await asyncio.gather(*(show(results) for _ in range(6)))
        async with Wire(besieged.ports["public"]) as wire:
            real = await wire.ask(asked(AT_THE_DOOR, seen[0]))
        return results, json.loads(real.body)["result"]

    results, real = asyncio.run(all_of_them())

    assert len(results) == AT_THE_DOOR
    assert {*results} <= {"unknown", "422"}
    assert results.count("unknown") > AT_THE_DOOR * 0.9
    assert real != "unknown"
