"""The team writes the words of a mail, takes them back, and tries them."""

from services.notifications.domain import trials, wording
from services.notifications.domain.attempts import Outcome
from services.notifications.domain.deliveries import Template
from services.notifications.domain.trials import Trial
from services.notifications.domain.wording import Wording, Words
from services.notifications.store import Store
from services.notifications.store.wordings import TRIALS, WORDINGS, read_trial, trial_document, wording_document
from services.notifications.store.wordings import wording as stored
from shared.store import Unit, by_id


async def rewrite(
    store: Store, template: Template, lang: str, words: Words | None, expected: int | None, *, actor: str, name: str
) -> Wording:
    """Keep these words from now on, or with None our own again; mails that wait leave with the newest.

    `name` is who colleagues read about. Raises `BadWords`, or `ChangedMeanwhile` when `expected` is no longer the
    version that is kept.
    """

    def decide(unit: Unit) -> Wording:
        before = stored(unit, template, lang)
        after = wording.rewritten(before, words, expected, by=name, now=unit.now)
        unit.put(WORDINGS, wording_document(after))
        changed = [field for field in ("title", "opening", "closing") if _of(before, field) != _of(after, field)]
        unit.audit(actor, "template.write" if words else "template.reset", f"{template}/{lang}", changed)
        return after

    return await store.commit(decide)


def _of(one: Wording, field: str) -> str | None:
    return getattr(one.words, field) if one.words else None


async def ask_trial(store: Store, trial: Trial, template: Template, actor: str) -> None:
    """Send this mail once, to somebody of the team."""

    def decide(unit: Unit) -> None:
        unit.add(TRIALS, trial_document(trial))
        unit.audit(actor, "template.trial", f"{template}/{trial.language}", ["recipient"])

    await store.commit(decide)


async def settle_trial(store: Store, id: str, outcome: Outcome) -> None:
    """Write down how an attempt ended; nothing when it is gone."""

    def decide(unit: Unit) -> None:
        document = unit.get(TRIALS, id)
        if document:
            unit.put(TRIALS, trial_document(trials.tried(read_trial(document), outcome, now=unit.now)))

    await store.commit(decide, by_id(TRIALS, id), patient=True)
