"""Sends the mails that the team tries its words with, beside the others and counted nowhere."""

from services.notifications.actions import wording
from services.notifications.domain.attempts import Outcome, Verdict
from services.notifications.domain.trials import Trial
from services.notifications.mime import Sender, Unsendable, parcel
from services.notifications.smtp import PostOffice
from services.notifications.store import Store
from shared.clock import now
from shared.ids import new_id

AT_ONCE = 5


class Trials:
    """The step of a leased loop: hands over what waits, one after the other."""

    def __init__(self, store: Store, office: PostOffice, sender: Sender) -> None:
        self._store = store
        self._office = office
        self._sender = sender

    async def step(self) -> bool:
        """Try what waits; the next try of what was not taken is the loop's next turn."""
        for trial in await self._store.waiting_trials(AT_ONCE):
            await self._office.ready()
            await wording.settle_trial(self._store, trial.id, await self._attempt(trial))
        return False

    async def _attempt(self, trial: Trial) -> Outcome:
        try:
            made = parcel(
                trial.content,
                recipient=trial.recipient,
                sender=self._sender,
                reply_to=trial.reply_to,
                id=new_id(),
                language=trial.language,
                date=now(),
            )
        except Unsendable:
            return Outcome(Verdict.REFUSED, "address")
        return await self._office.hand_over(made)
