"""Everything this service holds about a person, for them to have. Links stay out: a file is passed on more easily."""

from dataclasses import asdict
from typing import Any

from services.registration.store import Store, documents


async def export(store: Store, id: str) -> dict[str, Any] | None:
    """The registration with needs, badge and journal; None when there is none."""
    one = await store.pages.registration(id)
    if one is None:
        return None
    badge = await store.pages.badge(id)
    return {
        "registration": asdict(one),
        "needs": asdict(await store.pages.needs(id)),
        "badge": {name: value for name, value in asdict(badge).items() if name != "link"} if badge else None,
        "lists_of_the_team": await store.imports.about(registration=id, who=documents.who(one.edition, one.person)),
        "changed_by_the_team": await store.pages.journal(id),
    }
