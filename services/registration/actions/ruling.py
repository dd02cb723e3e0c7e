"""Setting an edition's rules."""

from services.registration import store as kept
from services.registration.domain.editions import Rules
from services.registration.store import Store, documents
from shared.store import Unit, by_id


async def set_rules(store: Store, rules: Rules, *, actor: str) -> None:
    """Save categories, quotas and opening dates; the places are told again, since quotas are part of them."""

    def decide(unit: Unit) -> None:
        document = unit.get(kept.EDITIONS, rules.id)
        before = vars(store.parse.rules(document)) if document else {}
        changed = [name for name, value in vars(rules).items() if name not in before or before[name] != value]
        if not changed:
            return
        unit.put(kept.EDITIONS, documents.rules_document(rules))
        unit.put(kept.PLACES, documents.places_document(documents.places(unit.get(kept.PLACES, rules.id), rules.id)))
        unit.audit(actor, "edition.set-rules", rules.id, changed)

    await store.commit(decide, by_id(kept.EDITIONS, rules.id), by_id(kept.PLACES, rules.id))
    store.pages.forget()
