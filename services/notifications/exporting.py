"""Everything this service holds about a person, for them to have."""

from typing import Any

from services.notifications.masking import masked
from services.notifications.store import Store

_HELD = ("template", "recipient", "name", "language", "state", "reason", "attempts", "created", "changed")


async def export(store: Store, registration: str) -> dict[str, Any] | None:
    """What was told of the registration, and every mail to this person with its words; None when there is nothing.

    Mails to whoever held the place before are not theirs to have. Links are masked: a lost link's mail holds those of
    everybody who shares the mailbox.
    """
    known = await store.known(registration)
    if known is None:
        return None
    mails = []
    address = known.fact.person.email.casefold()
    for one in await store.of_person(registration):
        if one.recipient.casefold() != address:
            continue
        content = await store.content(one.id)
        said = {"title": content.title, "text": masked(content.text)} if content else {}
        mails.append({name: getattr(one, name) for name in _HELD} | said)
    return {"known_of_the_registration": known.fact.model_dump(mode="json", exclude={"manage_url"}), "mails": mails}
