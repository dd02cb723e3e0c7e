"""A real SMTP server with the faults of real ones."""

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

ANSWERS = {"rcpt450": "450 4.2.1 try later", "rcpt550": "550 5.1.1 no such user"}
DATA_ANSWERS = {"data451": "451 4.3.0 greylisted", "data554": "554 5.7.1 spam"}


class MailServer:
    """Keeps what it accepted. `fault` names the way it misbehaves; `faults` is used up one message at a time first."""

    def __init__(self) -> None:
        self.fault = ""
        self.faults: list[str] = []
        self.hated: set[str] = set()
        """Recipients it hangs up on."""
        self.slow_for: set[str] = set()
        """Recipients whose messages wait for the gate; everybody's when empty."""
        self.held: list[bytes] = []
        self.recipients: list[str] = []
        self.connections = 0
        self.busiest = 0
        self._busy = 0
        self._server: asyncio.Server | None = None
        self._sessions: set[SMTP] = set()
        self.port = 0
        self.gate = asyncio.Event()
        self.gate.set()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, _class=EmailMessage, policy=policy.SMTPUTF8) for raw in self.held]

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._session, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        self.hang_up()
        await asyncio.sleep(0)

    def hang_up(self) -> None:
        for session in self._sessions:
            if session.transport:
                session.transport.abort()
        self._sessions.clear()

    async def handle_MAIL(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _o: list) -> str:  # noqa: N802
        if self._fault() == "mail550":
            return "550 5.7.1 sender not allowed"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, _session: Session, envelope: Envelope, address: str, _o: list) -> str:  # noqa: N802
        if self._fault() == "rcpt-hang-up" or address in self.hated:
            self._spent()
            server.transport.abort()
            return "421 gone"
        if self._fault() == "rcpt421":
            server.transport.write(b"421 4.3.2 shutting down\r\n")
            server.transport.close()
            return "421 4.3.2 shutting down"
        if self._fault() in ANSWERS:
            return ANSWERS[self._spent()]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._fault() in DATA_ANSWERS:
            return DATA_ANSWERS[self._spent()]
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        if not self.slow_for or self.slow_for & set(envelope.rcpt_tos):
            await self.gate.wait()
        self._busy -= 1
        self.held.append(envelope.original_content)
        self.recipients += envelope.rcpt_tos
        if self._fault() == "dropped":
            self._spent()
            server.transport.abort()
        if self._fault() == "slow":
            self._spent()
            await asyncio.sleep(1)
        return "250 2.0.0 queued"

    def _fault(self) -> str:
        return self.faults[0] if self.faults else self.fault

    def _spent(self) -> str:
        return self.faults.pop(0) if self.faults else self.fault

    def _session(self) -> SMTP:
        self.connections += 1
        session = SMTP(self, enable_SMTPUTF8=True, hostname="localhost", loop=asyncio.get_running_loop())
        self._sessions.add(session)
        return session
