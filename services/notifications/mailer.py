"""Sends what is due: one message to one person at a time on each of a few connections.

One process at a time takes what is due, under a lease. Each delivery is stored as being sent before a word is said to
the mail server, so that a crash leaves a trace; who takes the lease next finds it and sends it again, flagged, once its
sender is gone (`presence.py`). A process that was frozen for so long that it may count as gone hands over nothing more.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from services.notifications.actions import sending
from services.notifications.actions.sending import Errand, Written
from services.notifications.composing import spoken
from services.notifications.domain.attempts import Outcome, Verdict
from services.notifications.domain.deliveries import Delivery
from services.notifications.domain.letters import Content
from services.notifications.mime import Parcel, Sender, Unsendable, parcel
from services.notifications.presence import Presence
from services.notifications.smtp import PostOffice
from services.notifications.store import Store
from services.notifications.writing import Papers, Writer
from shared import mongo
from shared.clock import now
from shared.errors import Away
from shared.ids import new_id
from shared.logs import bound, log

ORPHANS_EVERY = 1.0
"""Seconds between two looks for deliveries whose sender died."""
COMPANY_SECONDS = 0.1
"""How long a delivery waits for others to leave with, while many are on their way."""
SETTLE_AGAIN = 1.0
"""Seconds between two tries to store an outcome while MongoDB is away: forgetting it would send a mail twice."""


class Mailer:
    """The step of a leased loop: takes what is due, a few for each connection, and sends each as its turn comes."""

    def __init__(self, store: Store, writer: Writer, office: PostOffice, sender: Sender, at_once: int) -> None:
        self._store = store
        self._writer = writer
        self._office = office
        self._sender = sender
        self._at_once = at_once
        self._me = new_id()
        self._presence = Presence(store, self._me)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._taking: set[str] = set()
        self._stopping = False
        self._looked_for_orphans = 0.0

    async def step(self) -> bool:
        """Start as many deliveries as there is room for. True if there may be more to do at once."""
        if self._stopping:
            return False
        await self._adopt_orphans()
        await self._make_room()
        free = self._at_once - len(self._running)
        if not free:
            await asyncio.wait(self._running.values(), timeout=1, return_when=asyncio.FIRST_COMPLETED)
            return True
        due = await self._store.due(now(), await self._writer.refresh(), free)
        noted = await self._store.mail_server()  # perhaps by another process, before it ended or lost the lease
        if not due and not noted:
            await self._office.tidy()
            return False
        await self._await_server(noted)
        return await self._start([one for one in due if one.id not in self._running])

    async def _make_room(self) -> None:
        """Wait until half of the places are free, but not for long: what is taken together shares its transactions."""
        until = time.monotonic() + COMPANY_SECONDS
        while len(self._running) > self._at_once // 2 and (left := until - time.monotonic()) > 0:
            await asyncio.wait(self._running.values(), timeout=left, return_when=asyncio.FIRST_COMPLETED)

    async def _await_server(self, noted: dict[str, Any] | None) -> None:
        """Return when the mail server answers. Whether it does is noted for the health page, if not `noted` so."""
        try:
            await self._office.ready()
        except Away as error:
            answer = str(getattr(error.__cause__, "code", "") or "")
            if noted is None or noted["answer"] != answer:
                await self._store.mail_server_refuses(answer, now())
            raise
        if noted:
            await self._store.mail_server_answers()

    async def drain(self, seconds: float) -> None:
        """Begin nothing new, and let what is being sent come to its end."""
        self._stopping = True
        if self._running:
            await asyncio.wait(self._running.values(), timeout=seconds)
        left = [*self._running.values()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._presence.leave()
        await self._office.close()

    async def _adopt_orphans(self) -> None:
        if time.monotonic() - self._looked_for_orphans < ORPHANS_EVERY:
            return
        others = [one for one in await self._store.being_sent() if one.sender != self._me]
        gone = await self._presence.gone({one.sender for one in others})
        await self._adopt(one for one in others if one.sender in gone)
        for delivery in await self._store.put_off_by_clocks(now(), self._at_once):
            await sending.set_right(self._store, delivery)
        self._looked_for_orphans = time.monotonic()

    async def _reclaim(self) -> bool:
        """Find what this process took without knowing: the answer to the taking, or to the settling, was lost."""
        found = await self._store.being_sent()
        ours = {*self._running, *self._taking}
        await self._adopt(one for one in found if one.sender == self._me and one.id not in ours)
        return False

    async def _adopt(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            log().warning("delivery.abandoned", delivery=delivery.id)
            await sending.adopt(self._store, delivery)

    async def _start(self, due: list[Delivery]) -> bool:
        still_ours = await self._presence.say(self._reclaim)
        self._taking = {one.id for one in due}
        taken = await asyncio.gather(
            *(sending.take(self._store, one, self._me, self._writer.programme(one.edition)) for one in due),
            return_exceptions=True,
        )
        errands = [errand for errand in taken if isinstance(errand, Errand)]
        papers = asyncio.ensure_future(self._writer.papers([errand.delivery for errand in errands]))
        for errand in errands:
            self._running[errand.delivery.id] = asyncio.create_task(self._send(errand, papers, still_ours))
        self._taking = set()
        for failure in taken:
            if isinstance(failure, BaseException):
                raise failure
        return bool(due)

    async def _send(self, errand: Errand, papers: Awaitable[Papers], still_ours: Callable[[], bool]) -> None:
        delivery = errand.delivery
        try:
            with bound(delivery.correlation or delivery.id, delivery.causation):
                outcome, written = await self._attempt(errand, papers, still_ours)
                report = log().debug if outcome.verdict is Verdict.ACCEPTED else log().info
                report("delivery.tried", delivery=delivery.id, verdict=outcome.verdict)
                await self._settle(delivery, outcome, written)
        except Exception as error:  # noqa: BLE001 - the delivery stays `sending`, and the next look finds it
            log().error("delivery.unsettled", delivery=delivery.id, reason=type(error).__name__)
        finally:
            del self._running[delivery.id]

    async def _attempt(
        self, errand: Errand, papers: Awaitable[Papers], still_ours: Callable[[], bool]
    ) -> tuple[Outcome, Written | None]:
        written: Written | None = None
        try:
            written = self._writer.write(errand, await papers)
            made = self._parcel(errand.delivery, written.content)
        except Unsendable:
            return Outcome(Verdict.REFUSED, "address"), written
        except Exception as error:  # noqa: BLE001 - one mail that cannot be written must not stop the others
            if mongo.is_away(error):
                return Outcome(Verdict.INTERRUPTED, "database"), None
            log().error("mail.unwritten", delivery=errand.delivery.id, reason=type(error).__name__)
            return Outcome(Verdict.REFUSED_FOR_NOW, "unwritten"), None
        return await self._office.hand_over(made, still_ours), written

    def _parcel(self, delivery: Delivery, content: Content) -> Parcel:
        return parcel(
            content,
            recipient=delivery.recipient,
            sender=self._sender,
            reply_to=self._writer.editions[delivery.edition].changed.contact_email,
            id=delivery.id,
            language=spoken(delivery.language),
            date=now(),
        )

    async def _settle(self, delivery: Delivery, outcome: Outcome, written: Written | None) -> None:
        while True:
            try:
                await sending.settle(self._store, delivery, outcome, written, self._me)
            except Away:
                await asyncio.sleep(SETTLE_AGAIN)
            else:
                return
