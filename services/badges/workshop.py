"""Where badges are made and read: keys, links and the press together, so that actions need only say what they want."""

import asyncio
import base64
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from services.badges.designs import fingerprint, sheet
from services.badges.domain import Badge, Edition, Holder
from services.badges.drawing import YIELDING
from services.badges.printing import Printer
from services.badges.rendering import Paper, Press, Sheet, qr
from services.badges.tokens import Mint, typed_code
from shared.signing import Links


@dataclass(frozen=True)
class Made:
    """A badge with what its fact carries: the absolute link, and the PDF in base64."""

    badge: Badge
    link: str
    pdf: str
    older: tuple[Badge, ...] = ()
    """The badges of this registration's generations before: void, but perhaps in somebody's hands."""


def _stand_back() -> None:
    """Only this thread: who stands at the door is answered by another one."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), YIELDING)


class Workshop:
    """Makes badges, their links and PDFs, and reads what is shown at the door."""

    def __init__(self, mint: Mint, press: Press, printer: Printer, links: Links, public_url: str) -> None:
        self._mint = mint
        self._press = press
        self._drawing = ThreadPoolExecutor(1, "drawing", initializer=_stand_back)
        self._printer = printer
        self._links = links
        self._public_url = public_url

    async def make(self, holder: Holder, edition: Edition, now: datetime) -> Made:
        """The badge of this holder's generation: the same id, code and link whenever it is made."""
        badge = self._badge(holder, holder.generation, now)
        older = tuple(self._badge(holder, generation, now) for generation in range(1, holder.generation))
        pdf = await self.pdf(badge, holder, edition)
        return Made(badge, self.absolute(self.path(badge)), base64.b64encode(pdf).decode(), older)

    async def pdf(self, badge: Badge, holder: Holder, edition: Edition) -> bytes:
        """The badge as PDF. Rendering takes some 10 ms, so a thread does it, which gives way to all others."""
        drawn = self.sheet(badge, holder, edition)
        return await asyncio.get_running_loop().run_in_executor(self._drawing, self._press.pdf, drawn)

    def sheet(self, badge: Badge, holder: Holder, edition: Edition) -> Sheet:
        """What stands on this badge."""
        return sheet(badge, holder, edition, self.token(badge))

    def fingerprint(self, badge: Badge, holder: Holder, edition: Edition) -> str:
        """The same as long as nothing changes that a reader would see."""
        return fingerprint(sheet(badge, holder, edition, token=""))

    async def paper(self, paper: Paper) -> bytes:
        """Many badges as one PDF, made by another process."""
        return await self._printer.pdf(paper)

    def token(self, badge: Badge) -> str:
        """The text in the badge's QR."""
        return self._mint.token(badge.edition, badge.id, badge.generation)

    def qr(self, badge: Badge) -> str:
        """The badge's QR code as SVG."""
        return qr(self.token(badge))

    def path(self, badge: Badge) -> str:
        """The capability link to the PDF, without the host."""
        return f"/badge/{self._links.make(badge.id, badge.generation)}.pdf"

    def absolute(self, path: str) -> str:
        """The address of one of our paths, as others type it."""
        return self._public_url + path

    def read_link(self, link: str) -> tuple[str, int]:
        """The badge id and generation of a link we made; raises `NotFound`."""
        return self._links.read(link)

    def read(self, text: str, edition: str) -> dict[str, str] | None:
        """What a scanned or typed text names: the `id` or the `code` of a badge, or None if it cannot be one."""
        scanned = self._mint.read(edition, text)
        if scanned:
            return {"id": scanned[0]}
        code = typed_code(text)
        return {"code": code} if code else None

    def _badge(self, holder: Holder, generation: int, now: datetime) -> Badge:
        secrets = self._mint.secrets(holder.registration, generation)
        return Badge(
            registration=holder.registration,
            generation=generation,
            edition=holder.edition,
            id=secrets.id,
            code=secrets.code,
            state="active",
            issued_at=now,
            name=holder.name if generation == holder.generation else "",
        )
