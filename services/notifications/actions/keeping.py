"""Writes what a decision changed, with the facts it tells."""

from dataclasses import replace

from services.notifications.domain import deliveries
from services.notifications.domain.mails import Correspondence, changes
from services.notifications.store import (
    DELIVERIES,
    REGISTRATIONS,
    TOLD,
    delivery_document,
    known_document,
    told_document,
)
from shared.logs import causation, correlation
from shared.store import Unit


def keep(unit: Unit, before: Correspondence, after: Correspondence) -> None:
    """Store the difference. Each delivery that came to its end is told in the same transaction.

    A new one remembers what it follows from, so that its end, minutes later, is told as part of the same story.
    """
    if after.known and after.known != before.known:
        unit.put(REGISTRATIONS, known_document(after.known))
    if after.known:
        _keep_told(unit, before, after)
    for delivery in changes(before, after):
        if delivery.id not in before.deliveries:
            delivery = replace(delivery, correlation=correlation.get() or "", causation=causation.get())  # noqa: PLW2901
        fact = deliveries.facts(delivery)
        if fact:
            delivery = replace(delivery, facts=delivery.facts + 1)  # noqa: PLW2901 - counted as it is told
            unit.record(fact, delivery.facts, aggregate=delivery.id)
        unit.put(DELIVERIES, delivery_document(delivery))


def _keep_told(unit: Unit, before: Correspondence, after: Correspondence) -> None:
    """Store each telling that changed, or whose registration did: a document says whether releases matter to it."""
    for generation, told in after.tellings.items():
        document = told_document(after, told)
        known = generation in before.tellings and before.known
        if not known or document != told_document(before, before.tellings[generation]):
            unit.put(TOLD, document)
