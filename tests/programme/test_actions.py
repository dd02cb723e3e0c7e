"""What the programme service records, on the real database."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.programme import credentials
from services.programme.actions.accounts import create_staff
from services.programme.actions.editions import project_places, release, save
from services.programme.actions.signing_in import Verify, sign_in, sign_out
from services.programme.actions.tokens import create_token
from services.programme.domain.accounts import TooManyTries, WrongCredentials
from services.programme.domain.editions import UnknownRoom
from services.programme.domain.places import Use
from services.programme.store import Store
from shared.clock import now
from shared.errors import Busy, NotFound
from shared.events import Envelope
from shared.events.registration import Both, PlacesChanged, SessionPlaces
from shared.signing import Signer, Verifier
from tests.programme.conftest import HASH, PASSWORD, SEED
from tests.programme.factories import a_draft, a_session, an_edition

BEFORE = date(2026, 6, 1)


async def facts_of(store: Store) -> list[tuple[str, int]]:
    """Type and sequence of everything told, in order."""
    found = await store.database["outbox"].find().sort([("aggregate", 1), ("sequence", 1)]).to_list(None)
    return [(entry["subject"].split(".")[2], entry["sequence"]) for entry in found]


async def audit_of(store: Store) -> list[tuple[str, str]]:
    found = await store.database["audit"].find().sort("at", 1).to_list(None)
    return [(entry["actor"], entry["action"]) for entry in found]


async def test_saved_edition_is_read_back_with_its_draft(store: Store):
    await save(store, an_edition(), a_draft(a_session()), "ines")
    saved = await store.saved("raict-2026")
    assert (saved.edition, saved.draft) == (an_edition(), a_draft(a_session()))
    assert await facts_of(store) == [("edition-changed", 1)]
    assert await audit_of(store) == [("ines", "edition.save")]


async def test_saving_the_same_again_changes_nothing(store: Store):
    for _ in range(2):
        await save(store, an_edition(), a_draft(a_session()), "ines")
    assert await facts_of(store) == [("edition-changed", 1)]
    assert len(await audit_of(store)) == 1


async def test_draft_is_told_to_nobody_before_a_release(store: Store):
    await save(store, an_edition(), a_draft(), "ines")
    await save(store, an_edition(), a_draft(a_session()), "ines")
    assert await facts_of(store) == [("edition-changed", 1)]
    assert (await store.public("raict-2026")).release is None


async def test_contradiction_saves_nothing(store: Store):
    with pytest.raises(UnknownRoom):
        await save(store, an_edition(), a_draft(a_session(room="nowhere")), "ines")
    assert await store.saved("raict-2026") is None


async def test_release_freezes_the_draft(store: Store):
    await save(store, an_edition(), a_draft(a_session()), "ines")
    made, new = await release(store, "raict-2026", {"fr": "Première"}, "ines")
    await save(store, an_edition(), a_draft(a_session(room="laplace")), "ines")
    public = await store.public("raict-2026")
    assert (new, made.number) == (True, 1)
    assert public.release == made
    assert public.release.sessions[0].room == "monge"
    assert await facts_of(store) == [("edition-changed", 1), ("released", 2)]


async def test_second_release_stands_beside_the_first(store: Store):
    await save(store, an_edition(), a_draft(a_session()), "ines")
    first, _ = await release(store, "raict-2026", {}, "ines")
    await save(store, an_edition(), a_draft(a_session(room="laplace")), "ines")
    second, _ = await release(store, "raict-2026", {}, "ines")
    public = await store.public("raict-2026")
    assert (public.previous, public.release) == (first, second)
    assert await store.release("raict-2026", 1) == first


async def test_release_without_changes_answers_the_last_one(store: Store):
    await save(store, an_edition(), a_draft(a_session()), "ines")
    first, _ = await release(store, "raict-2026", {}, "ines")
    assert await release(store, "raict-2026", {}, "ines") == (first, False)
    assert await facts_of(store) == [("edition-changed", 1), ("released", 2)]


async def test_release_of_an_unknown_edition_is_refused(store: Store):
    with pytest.raises(NotFound):
        await release(store, "raict-1999", {}, "ines")


async def test_mark_changes_with_everything_public(store: Store):
    marks = [await store.mark(BEFORE)]
    await save(store, an_edition(), a_draft(a_session()), "ines")
    marks.append(await store.mark(BEFORE))
    await release(store, "raict-2026", {}, "ines")
    marks.append(await store.mark(BEFORE))
    await project_places(store, told(1), counted(1))
    marks.append(await store.mark(BEFORE))
    assert marks[0] is None
    assert len(set(marks)) == 4


async def test_released_edition_is_shown_before_a_later_one_that_is_not(store: Store):
    await save(store, an_edition(), a_draft(a_session()), "ines")
    await release(store, "raict-2026", {}, "ines")
    later = tuple(day.replace(year=2027) for day in an_edition().dates)
    await save(store, an_edition(id="raict-2027", dates=later), a_draft(), "ines")
    assert (await store.mark(BEFORE))[0] == "raict-2026"


async def test_edition_that_ends_next_is_shown_before_the_one_after_it(store: Store):
    later = tuple(day.replace(year=2027) for day in an_edition().dates)
    for edition in (an_edition(), an_edition(id="raict-2027", dates=later)):
        await save(store, edition, a_draft(), "ines")
        await release(store, edition.id, {}, "ines")
    shown = [(await store.mark(day))[0] for day in (BEFORE, date(2026, 7, 9), date(2026, 7, 10), date(2028, 1, 1))]
    assert shown == ["raict-2026", "raict-2026", "raict-2027", "raict-2027"]


def told(sequence: int) -> Envelope:
    """The envelope of a count of places."""
    return Envelope(
        id=f"registration:raict-2026:{sequence}",
        type=PlacesChanged.type(),
        source="/rencontres/registration",
        time=datetime(2026, 7, 1, tzinfo=UTC),
        key="raict-2026",
        sequence=sequence,
        correlation_id="c",
    )


def counted(taken: int) -> PlacesChanged:
    return PlacesChanged(
        edition="raict-2026", quota=600, taken=taken, sessions=(SessionPlaces(session="s-1", quota=60, taken=taken),)
    )


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 3, 1, 2)])
async def test_newest_count_of_places_wins_in_any_order(store: Store, order: tuple[int, ...]):
    await save(store, an_edition(), a_draft(a_session()), "ines")
    for sequence in order:
        await project_places(store, told(sequence), counted(sequence * 10))
    assert (await store.public("raict-2026")).places.of("s-1", 60) == Use(60, 30)


async def test_count_of_places_tells_who_waits_and_who_is_in_two_sessions(store: Store):
    await save(store, an_edition(), a_draft(a_session()), "ines")
    fact = PlacesChanged(
        edition="raict-2026",
        quota=600,
        taken=412,
        waiting=3,
        sessions=(SessionPlaces(session="s-1", quota=60, taken=59, waiting=2),),
        both=(Both(sessions=("s-1", "s-2"), count=27),),
    )
    await project_places(store, told(1), fact)
    places = (await store.public("raict-2026")).places
    assert (places.of("s-1", 60), places.whole) == (Use(60, 59, 2), Use(600, 412, 3))
    assert (places.shared("s-2", "s-1"), places.shared("s-1", "s-3")) == (27, 0)


async def at_once(known: str | None, password: str) -> bool:
    """A check that takes no time, where it is delays that are looked at."""
    return known is not None and password == PASSWORD


async def enter(store: Store, verify: Verify = credentials.verify_password, **changes: Any):
    asked = {"email": "ines@example.org", "password": PASSWORD, "client": "127.0.0.1", **changes}
    return await sign_in(store, verify, **asked)


async def an_account(store: Store, **changes: Any):
    given = {"email": "Ines@example.org", "name": "Inès", "roles": ("admin",), "password_hash": HASH, **changes}
    return await create_staff(store, **given)


async def test_right_password_opens_the_account(store: Store):
    account = await an_account(store)
    assert await enter(store, email=" INES@example.org") == account
    await sign_out(store, account.id, 1, "s1")
    assert [action for _, action in await audit_of(store)] == ["account.open", "sign-in", "sign-out"]


@pytest.mark.parametrize("wrong", [{"password": "autre"}, {"email": "nobody@example.org"}, {"password": ""}])
async def test_wrong_credentials_are_refused_alike(store: Store, wrong: dict[str, str]):
    await an_account(store)
    with pytest.raises(WrongCredentials):
        await enter(store, **wrong)
    assert (await audit_of(store))[-1] == ("-", "sign-in.fail")


async def test_failures_cost_a_growing_delay_that_success_forgives(store: Store, monkeypatch: pytest.MonkeyPatch):
    await an_account(store)
    clock = now()
    monkeypatch.setattr("shared.store.now", lambda: clock)
    waited = []
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await enter(store, at_once, password="autre")
        tries = await store.database["sign_in_tries"].find_one()
        waited.append((tries["next_at"] - clock).total_seconds())
        clock = tries["next_at"]
    assert [round(seconds) for seconds in waited] == [0, 0, 2, 4, 8]
    await enter(store, at_once)
    assert await store.database["sign_in_tries"].find_one() is None


async def test_somebody_elsewhere_does_not_wait_for_an_attack(store: Store):
    await an_account(store)
    for _ in range(20):
        with pytest.raises((WrongCredentials, TooManyTries)) as refused:
            await enter(store, at_once, password="autre", client="10.0.0.66")
    assert refused.type is TooManyTries
    assert await enter(store, at_once, client="10.0.0.1")


async def test_account_opened_again_is_changed_and_withdraws_its_cookies(store: Store):
    first = await an_account(store)
    await an_account(store, email="autre@example.org")
    again = await an_account(store, name="Inès B.", roles=("programme",))
    assert (again.id, again.generation, again.roles) == (first.id, 2, ("programme",))
    assert await facts_of(store) == [("access-changed", 1)]


async def test_words_are_signed_for_account_and_token(store: Store):
    signer = Signer(SEED)
    now = datetime(2026, 7, 1, tzinfo=UTC)
    account = await an_account(store)
    token = await create_token(store, name="sample", scopes=("admin",), life=timedelta(days=1))
    verifier = Verifier(signer.public)
    cookie = verifier.read(credentials.staff_word(signer, account, now, "s1"), now)
    key = verifier.read(credentials.token_word(signer, token), now)
    assert (cookie.sub, cookie.kind, cookie.roles) == (account.id, "staff", ("admin",))
    assert (key.sub, key.kind, key.roles) == (token.id, "token", ("admin",))


async def test_flood_of_sign_ins_is_asked_to_come_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(credentials, "LONGEST_QUEUE", 2)
    answers = await asyncio.gather(
        *(credentials.verify_password(HASH, PASSWORD) for _ in range(4)), return_exceptions=True
    )
    assert answers[:2] == [True, True]
    assert [type(one) for one in answers[2:]] == [Busy, Busy]
    assert await credentials.verify_password(HASH, PASSWORD)


async def test_one_client_has_its_share_of_the_line_and_no_more():
    with ExitStack() as places:
        for _ in range(credentials.FROM_ONE_CLIENT):
            places.enter_context(credentials.in_line("10.0.0.66"))
        with pytest.raises(TooManyTries), credentials.in_line("10.0.0.66"):
            pass
        with credentials.in_line("10.0.0.1"):
            pass
    with credentials.in_line("10.0.0.66"):
        pass
    assert not credentials._guessing


async def test_password_is_kept_nowhere(store: Store):
    await an_account(store)
    document = await store.database["accounts"].find_one()
    assert PASSWORD not in repr(document)
    assert document["password_hash"].startswith("$argon2id$")
