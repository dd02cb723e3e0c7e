"""Everything this service holds about a person, for them to have."""

from typing import Any

from services.notifications.store import Store

_HELD = ("template", "recipient", "name", "language", "state", "reason", "attempts", "created", "changed")


async def export(store: Store, registration: str) -> dict[str, Any] | None:
    """What was told of the registration, and every mail with its words; None when there is nothing."""
    known = await store.known(registration)
    if known is None:
        return None
    mails = []
    for one in await store.of_person(registration):
        content = await store.content(one.id)
        said = {"title": content.title, "text": content.text} if content else {}
        mails.append({name: getattr(one, name) for name in _HELD} | said)
    return {"known_of_the_registration": known.fact.model_dump(mode="json"), "mails": mails}
