"""What a person does about dead letters and paused consumers: replay, dismiss, resume; each is audited."""

from collections.abc import Awaitable, Callable
from typing import Any

from shared.broker import Bus
from shared.deadletters import COLLECTION, REPLAYS, DeadLetters
from shared.errors import Away, NotFound, Refusal
from shared.failpoints import reach
from shared.logs import log
from shared.pauses import COLLECTION as PAUSES
from shared.store import Store, Unit, by_id

WHY = 200
"""Characters of the reason for which a letter is dismissed."""


class NotWaiting(Refusal):
    """The letter was replayed or dismissed before, or is being replayed."""

    code = "letter-not-waiting"
    status = 409
    text = "Ce message n’attend plus : il a déjà été rejoué ou classé, ou il est en train de l’être."


class ReasonMissing(Refusal):
    """A letter is dismissed with a reason."""

    code = "reason-missing"
    status = 422
    text = "Dites en une phrase pourquoi ce message est classé."
    field = "why"


class NotPaused(Refusal):
    """The consumer is not paused."""

    code = "not-paused"
    status = 409
    text = "Cette lecture n’est pas en pause."


async def replay(store: Store, ref: str, actor: str) -> None:
    """Ask for one more try; the service's own loop makes it."""

    def ask(unit: Unit, letter: dict[str, Any]) -> None:
        unit.put(COLLECTION, {**letter, "replay_at": unit.now, "replays": 0})
        unit.audit(actor, "replay-letter", ref)

    await _change(store, ref, ask)


async def dismiss(store: Store, ref: str, actor: str, why: str) -> None:
    """Put the letter away, with a reason; it is kept."""
    reason = " ".join(why.split())[:WHY]
    if not reason:
        raise ReasonMissing

    def put_away(unit: Unit, letter: dict[str, Any]) -> None:
        unit.put(COLLECTION, {**letter, "dismissed_at": unit.now, "dismissed_by": actor, "why": reason})
        unit.audit(actor, "dismiss-letter", ref, ["why"])

    await _change(store, ref, put_away)


async def resume(store: Store, consumer: str, actor: str) -> None:
    """End a pause. Five more failures in a row begin the next."""

    def go_on(unit: Unit) -> None:
        known = unit.get(PAUSES, consumer)
        if known is None or not known.get("since"):
            raise NotPaused
        unit.put(PAUSES, {**known, "since": None, "row": [], "trying": None})
        unit.audit(actor, "resume-consumer", consumer)

    await store.commit(go_on, by_id(PAUSES, consumer))


class Replaying:
    """The step of a leased loop: gives each letter that somebody asked for to its consumer's handler again.

    The handler acts once for each fact, so a process that dies in between only leaves the letter to the next one.
    """

    def __init__(self, letters: DeadLetters, bus: Bus, alive: Callable[[], Awaitable[bool]]) -> None:
        self._letters = letters
        self._bus = bus
        self._alive = alive
        self._cut = ""
        """The letter whose replay an absence of the world has cut: that try ended no process, and counts once."""

    async def step(self) -> bool:
        """One letter. True if there was one; raises `Away` while the world is, and counts nothing."""
        if not await self._alive():
            raise Away("MongoDB")
        letter = await self._letters.begin_replay(self._cut)
        if letter is None:
            return False
        self._cut = letter["_id"]
        if letter["replays"] > REPLAYS:
            failure: str | None = "no replay came to an end"
        else:
            consumer = letter["_id"].split(":")[0]
            failure = await self._bus.replay(consumer, letter["headers"], letter["body"])
            reach("before-replayed")
        kept = await self._letters.end_replay(letter["_id"], failure)
        self._cut = ""
        event = "letter.gone" if not kept else "letter.replayed" if failure is None else "letter.kept"
        log().info(event, letter=letter["ref"], reason=failure or "")
        return True


async def _change(store: Store, ref: str, change: Callable[[Unit, dict[str, Any]], None]) -> None:
    id = await DeadLetters(store.database).id_of(ref)
    if id is None:
        raise NotFound

    def decide(unit: Unit) -> None:
        letter = unit.get(COLLECTION, id)
        if letter is None:
            raise NotFound
        if letter.get("replayed_at") or letter.get("dismissed_at") or letter.get("replay_at"):
            raise NotWaiting
        change(unit, dict(letter))

    await store.commit(decide, by_id(COLLECTION, id))
