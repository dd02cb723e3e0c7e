"""Guesses at passwords and PINs, counted in the database for each place that they come from."""

from hashlib import sha256

from pydantic import TypeAdapter

from shared.delays import Cost, Tries
from shared.store import Store, Unit, by_id

_TRIES = TypeAdapter(Tries)


def place(client: str, secret: str) -> str:
    """A digest of where somebody guesses from and at what: it is not to be read who mistyped a password."""
    return sha256(f"{client}\0{secret}".encode()).hexdigest()


async def count(store: Store, collection: str, place: str, cost: Cost) -> None:
    """One more guess from this place; raises the refusal of `cost` when it comes too soon."""

    def decide(unit: Unit) -> None:
        known = unit.get(collection, place)
        tries = _TRIES.validate_python(known) if known else Tries()
        unit.put(collection, {"_id": place, **_TRIES.dump_python(cost.count(tries, unit.now))})

    await store.commit(decide, by_id(collection, place))
