"""A mail server that delivers nowhere: each message becomes one file of a Maildir, byte for byte.

`MAIL_MOOD` names a file with one word of `MOODS`: a test makes the server misbehave as real ones do.
"""

import argparse
import asyncio
import os
import socket
import time
from itertools import count
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

_numbers = count()

MOODS = {
    "refuses": "takes no recipient for now",
    "rejects": "takes no recipient, for good",
    "bars": "answers whoever greets it that it takes nothing from them",
    "greylists": "takes no message for now",
    "loses": "hangs up after the final dot, without the message",
    "keeps": "hangs up after the final dot, with the message",
    "hangs": "answers nothing after the final dot until its mood has changed",
}
BARRED = "554 5.7.1 we take nothing from you"


class Maildir:
    """Writes a message to `tmp` and moves it to `new`: a reader never sees half of one."""

    def __init__(self, folder: Path, mood: Path | None = None) -> None:
        self._folder = folder
        self._mood = mood
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, host: str, answers: list[str]
    ) -> list[str]:
        """Greet everybody."""
        session.host_name = host
        return [BARRED] if self._present() == "bars" else answers

    async def handle_HELO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, _envelope: Envelope, host: str
    ) -> str:
        """Greet everybody who greets in the old way, as clients do that were turned away in the new one."""
        session.host_name = host
        return BARRED if self._present() == "bars" else f"250 {server.hostname}"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[Any]
    ) -> str:
        """Accept everybody."""
        if self._present() == "refuses":
            return "450 4.2.1 try later"
        if self._present() == "rejects":
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the message; the recipient of the envelope goes on top, where a Bcc would otherwise be lost."""
        while (mood := self._present()) == "hangs":  # noqa: ASYNC110 - a file, which rings no bell
            await asyncio.sleep(0.1)
        if mood == "greylists":
            return "451 4.3.0 try later"
        if mood != "loses":
            self._keep(envelope)
        if mood in {"loses", "keeps"}:
            server.transport.abort()  # type: ignore[union-attr] # it has just carried a message
        return "250 kept"

    def _present(self) -> str:
        try:
            return self._mood.read_text() if self._mood else ""
        except FileNotFoundError:
            return ""

    def _keep(self, envelope: Envelope) -> None:
        name = f"{time.time_ns()}.{os.getpid()}_{next(_numbers)}.{socket.gethostname()}"
        recipients = ", ".join(envelope.rcpt_tos)
        with (self._folder / "tmp" / name).open("wb") as file:
            file.write(f"Delivered-To: {recipients}\r\n".encode())
            file.write(envelope.original_content or b"")
            file.flush()
            os.fsync(file.fileno())
        (self._folder / "tmp" / name).rename(self._folder / "new" / name)


async def serve(port: int, folder: Path, host: str = "127.0.0.1") -> None:
    """Accept mail until cancelled."""
    mood = os.environ.get("MAIL_MOOD")
    maildir = Maildir(folder, Path(mood) if mood else None)
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(maildir, enable_SMTPUTF8=True, hostname="localhost", loop=loop)

    server = await loop.create_server(session, host, port)
    async with server:
        await server.serve_forever()


def main() -> None:
    """`python -m deploy.mail_sink --port 1025 --maildir var/mail`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--maildir", type=Path, required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.maildir))


if __name__ == "__main__":
    main()
