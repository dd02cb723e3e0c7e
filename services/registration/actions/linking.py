"""A lost link: the question is written down, alike for every address, and answered in the background.

Whoever asks learns nothing from the answer or from how long it took: only the loop looks whether anybody is there.
"""

from dataclasses import replace

from services.registration import store as kept
from services.registration.actions.telling import ManageUrl, address_key, standing, told
from services.registration.domain import lookups
from services.registration.domain.lookups import Lookup
from services.registration.store import Store, documents
from shared.events.registration import LinkRequested
from shared.store import Unit, by_id


async def request_link(store: Store, edition: str, email: str) -> None:
    """Write down that the link of this address is asked for; asked for again within ten minutes, nothing changes."""
    id = address_key(edition, email)

    def decide(unit: Unit) -> None:
        document = unit.get(kept.LOOKUPS, id)
        before = documents.lookup(document) if document else None
        after = lookups.asked(before, Lookup(id, edition, unit.now, email.casefold()))
        if after != before:
            unit.put(kept.LOOKUPS, documents.lookup_document(after))

    await store.commit(decide, by_id(kept.LOOKUPS, id))


async def answer_lookup(store: Store, lookup: Lookup, *, manage_url: ManageUrl) -> None:
    """Tell once that the link is wanted, under the newest registration of the address, if there is one that lives."""
    found = await store.pages.newest_at(lookup.edition, lookup.email)

    def decide(unit: Unit) -> None:
        document = unit.get(kept.LOOKUPS, lookup.id)
        if document is None or not documents.lookup(document).open:
            return
        unit.put(kept.LOOKUPS, documents.lookup_document(documents.lookup(document).closed()))
        if found is None:
            return
        before, house = standing(store, unit, found.id)
        if before.lives and before.person.email.casefold() == lookup.email:
            after = replace(before, sequence=before.sequence + 1)
            store.keep(unit, house, (after, house))
            unit.record(told(after, house, manage_url, fact=LinkRequested), after.sequence)

    await store.commit(decide, by_id(kept.LOOKUPS, lookup.id), patient=True)
