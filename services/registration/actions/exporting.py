"""Handing out many registrations at once: the journal remembers it before the first line leaves."""

from collections.abc import Sequence

from services.registration.store import Store


async def note_export(store: Store, edition: str, fields: Sequence[str], *, actor: str) -> None:
    """`fields` say which file it was: its format, what it was narrowed to, how many lines; never a name looked for."""
    await store.commit(lambda unit: unit.audit(actor, "registrations.export", edition, fields))
