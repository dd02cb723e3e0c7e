"""Talks to the mail server: connections used again, and the meaning of each of its answers."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from services.notifications.domain.attempts import Outcome, Verdict
from services.notifications.mime import Parcel
from shared.errors import Away
from shared.failpoints import reach
from shared.logs import log

IDLE_SECONDS = 10.0
"""Servers hang up on idle clients after a while, often without a word: a fresh connection costs less than a guess."""
PROBE_SECONDS = 3.0
"""How long one turn waits for a server that was away; the attempt itself goes on for the next turn."""
SLOW_SECONDS = 1.0
"""A message that takes longer than this no longer keeps others from leaving."""
CLOSING = 421
"""The server is closing the connection: nobody's message is at fault (RFC 5321 §3.8)."""
PERMANENT = 500


@dataclass(frozen=True)
class Route:
    """Where mail goes and in whose name."""

    url: str
    sender: str
    hello: str
    """The name we greet the server with."""
    timeout: float
    data_timeout: float

    def client(self) -> SMTP:
        """A connection not yet made: STARTTLS when the server offers it, TLS from the start for `smtps`."""
        url = urlsplit(self.url)
        tls = url.scheme == "smtps"
        return SMTP(
            hostname=url.hostname or "localhost",
            port=url.port or (465 if tls else 25),
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=tls,
            local_hostname=self.hello,
            timeout=self.timeout,
        )


class Link:
    """One connection to the mail server, carrying one message at a time."""

    def __init__(self, client: SMTP, route: Route) -> None:
        self._client = client
        self._route = route
        self._used = time.monotonic()
        self._broken = False

    @property
    def usable(self) -> bool:
        """Whether another message may be handed over on it."""
        rested = time.monotonic() - self._used
        return not self._broken and self._client.is_connected and rested < IDLE_SECONDS

    async def hand_over(self, parcel: Parcel, still_ours: Callable[[], bool]) -> Outcome:
        """Give the message to the server and say what became of it; never raises for what the server does."""
        outcome = await self._introduce(parcel)
        if outcome is None and not still_ours():
            await self._forget()
            outcome = Outcome(Verdict.INTERRUPTED, "not-ours-for-sure")
        if outcome is None:
            reach("mail-before-data")
            outcome = await self._transfer(parcel)
            if outcome.verdict is Verdict.ACCEPTED:
                reach("mail-after-data")
        if outcome.verdict in {Verdict.REFUSED, Verdict.REFUSED_FOR_NOW} and not self._broken:
            await self._forget()
        self._used = time.monotonic()
        return outcome

    async def close(self) -> None:
        """Say goodbye if the server still listens."""
        try:
            await self._client.quit(timeout=1)
        except (SMTPException, OSError):
            self._client.close()

    async def _introduce(self, parcel: Parcel) -> Outcome | None:
        """Sender and recipient; None when the server wants the message."""
        options, encoding = (["SMTPUTF8"], "utf-8") if parcel.international else ([], "ascii")
        if parcel.international and not self._client.supports_extension("SMTPUTF8"):
            return Outcome(Verdict.REFUSED, "smtputf8")
        try:
            await self._client.mail(self._route.sender, options=options, encoding=encoding)
            await self._client.rcpt(parcel.recipient, encoding=encoding)
        except SMTPSenderRefused as error:
            # Our own address is at fault, not this message: mail waits until somebody mends the setting.
            log().error("mail.sender-refused", code=error.code)
            return self._refused(error, Verdict.REFUSED_FOR_NOW)
        except SMTPRecipientRefused as error:
            return self._refused(error, _severity(error))
        except SMTPNotSupported:
            return Outcome(Verdict.REFUSED, "smtputf8")
        except (SMTPException, OSError) as error:
            self._broken = True
            return Outcome(Verdict.HUNG_UP, type(error).__name__)
        return None

    async def _transfer(self, parcel: Parcel) -> Outcome:
        try:
            answer = await self._client.data(parcel.message, timeout=self._route.data_timeout)
        except SMTPDataError as error:
            self._broken = error.code == CLOSING
            return Outcome(_severity(error), _words(error))
        except (SMTPException, OSError) as error:
            self._broken = True
            return Outcome(Verdict.UNKNOWN, type(error).__name__)
        return Outcome(Verdict.ACCEPTED, f"{answer.code} {answer.message}")

    def _refused(self, error: SMTPResponseException, verdict: Verdict) -> Outcome:
        if error.code == CLOSING:
            self._broken = True
            return Outcome(Verdict.HUNG_UP, _words(error))
        return Outcome(verdict, _words(error))

    async def _forget(self) -> None:
        try:
            await self._client.rset()
        except (SMTPException, OSError):
            self._broken = True


def _severity(error: SMTPResponseException) -> Verdict:
    return Verdict.REFUSED if error.code >= PERMANENT else Verdict.REFUSED_FOR_NOW


def _words(error: SMTPResponseException) -> str:
    return f"{error.code} {error.message}"


class PostOffice:
    """A few connections to the mail server, each used for many messages.

    A message that takes long stops counting, so that those behind it get a connection of their own: at most twice as
    many as are wanted are open because of that.
    """

    def __init__(self, route: Route, connections: int) -> None:
        self._route = route
        self._room = asyncio.Semaphore(connections)
        self._spare = asyncio.Semaphore(connections)
        self._idle: list[Link] = []
        self._busy = 0
        self._returned = asyncio.Event()
        self._probe: asyncio.Task[Link] | None = None

    async def ready(self) -> None:
        """Return when the mail server answers; raises `Away` when it does not: nobody's message is at fault."""
        await self.tidy()
        if self._idle or self._busy:
            return
        probe = self._probe = self._probe or asyncio.ensure_future(connect(self._route))
        done, _ = await asyncio.wait({probe}, timeout=PROBE_SECONDS)
        if not done:
            raise Away("SMTP")
        first, self._probe = self._probe is probe, None
        if error := probe.exception():
            raise Away(f"SMTP: {error!r}") from error
        if first:  # of those who waited together, one brings the connection in
            self._idle.append(probe.result())

    async def hand_over(self, parcel: Parcel, still_ours: Callable[[], bool] = lambda: True) -> Outcome:
        """Give a message to the server on a free connection, and say what became of it.

        `still_ours` is asked at the last moment before the message's text: if it is not, the message stays here.
        """
        async with self._place():
            try:
                link = await self._link()
            except (SMTPException, OSError) as error:
                return Outcome(Verdict.INTERRUPTED, type(error).__name__)
            self._busy += 1
            try:
                return await link.hand_over(parcel, still_ours)
            finally:
                self._busy -= 1
                self._idle.append(link)
                self._returned.set()

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """One of the places there are; given to the next when this one takes long and a spare one is free."""
        await self._room.acquire()
        moving = asyncio.ensure_future(self._step_aside())
        try:
            yield
        finally:
            aside = moving.done()
            moving.cancel()
            (self._spare if aside else self._room).release()

    async def _step_aside(self) -> None:
        await asyncio.sleep(SLOW_SECONDS)
        await self._spare.acquire()
        self._room.release()

    async def close(self) -> None:
        """Close every connection."""
        if self._probe:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
        await asyncio.gather(*(link.close() for link in self._idle))

    async def _link(self) -> Link:
        """A connection that works. A server that allows fewer than we want makes us wait for one of ours."""
        while True:
            while self._idle:
                link = self._idle.pop()
                if link.usable:
                    return link
                await link.close()
            try:
                return await connect(self._route)
            except (SMTPException, OSError):
                if not self._busy:
                    raise
            self._returned.clear()
            await self._returned.wait()

    async def tidy(self) -> None:
        """Close what is broken or has rested for long."""
        old = [link for link in self._idle if not link.usable]
        self._idle = [link for link in self._idle if link.usable]
        await asyncio.gather(*(link.close() for link in old))


async def connect(route: Route) -> Link:
    """A new connection, greeted and signed in."""
    client = route.client()
    await client.connect()
    return Link(client, route)
