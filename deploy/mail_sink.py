"""A mail server that delivers nowhere: each message becomes one file of a Maildir, byte for byte."""

import argparse
import asyncio
import os
import socket
import time
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

_numbers = count()


class Maildir:
    """Writes a message to `tmp` and moves it to `new`: a reader never sees half of one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the message; the recipient of the envelope goes on top, where a Bcc would otherwise be lost."""
        name = f"{time.time_ns()}.{os.getpid()}_{next(_numbers)}.{socket.gethostname()}"
        recipients = ", ".join(envelope.rcpt_tos)
        with (self._folder / "tmp" / name).open("wb") as file:
            file.write(f"Delivered-To: {recipients}\r\n".encode())
            file.write(envelope.original_content or b"")
            file.flush()
            os.fsync(file.fileno())
        (self._folder / "tmp" / name).rename(self._folder / "new" / name)
        return "250 kept"


async def serve(port: int, folder: Path, host: str = "127.0.0.1") -> None:
    """Accept mail until cancelled."""
    maildir = Maildir(folder)
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
