"""Setting an edition's rules."""

from hashlib import sha256

from services.registration import store as kept
from services.registration.domain.editions import Rules
from services.registration.domain.refusals import RulesSavedBefore
from services.registration.store import Store, documents
from shared.store import Unit, by_id

DERIVED = {"first_day", "timezone"}
"""What an edition knows besides its rules: programme tells it."""


async def set_rules(store: Store, rules: Rules, *, actor: str, version: str | None = None) -> None:
    """Save categories, quotas and opening dates, and tell them; the places too, since quotas are part of them.

    `version` is that of the rules a page was built on: when they are others now, nothing is saved.
    """

    def decide(unit: Unit) -> None:
        document = unit.get(kept.EDITIONS, rules.id)
        before = store.parse.rules(document) if document else None
        if version is not None and (before is None or rules_version(before) != version):
            raise RulesSavedBefore
        if not (changed := differences(before, rules)):
            return
        count = documents.rules_told(document) + 1
        unit.put(kept.EDITIONS, documents.rules_document(rules, count))
        unit.record(documents.rules_changed(rules), count, aggregate=f"{rules.id}.rules")
        unit.put(kept.PLACES, documents.places_document(documents.places(unit.get(kept.PLACES, rules.id), rules.id)))
        unit.audit(actor, "edition.set-rules", rules.id, changed)

    await store.commit(decide, by_id(kept.EDITIONS, rules.id), by_id(kept.PLACES, rules.id))
    store.pages.forget()


def rules_version(rules: Rules) -> str:
    """Stands for the rules, so that a page can say on what it was built."""
    known = {name: value for name, value in vars(rules).items() if name not in DERIVED}
    return sha256(repr(sorted(known.items())).encode()).hexdigest()[:20]


def differences(before: Rules | None, after: Rules) -> list[str]:
    """The names of what changes: `quota` of the edition, `presse.quota` of a category, `presse` as a whole."""
    if before is None:
        return [*vars(after)]
    names = [name for name, value in vars(after).items() if name != "categories" and getattr(before, name) != value]
    old, new = ({one.id: one for one in rules.categories} for rules in (before, after))
    for id in dict.fromkeys([*old, *new]):
        if id not in old or id not in new:
            names.append(id)
        else:
            names += [f"{id}.{name}" for name, value in vars(new[id]).items() if getattr(old[id], name) != value]
    return names or (["categories"] if before.categories != after.categories else [])
