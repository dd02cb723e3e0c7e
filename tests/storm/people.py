"""Those who register: they come twice with one click, change their minds, hand over, cancel, and answer offers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.journeys.story import an_application
from tests.storm.client import Client
from tests.storm.history import Operation

API = "/api/registration/v1/registrations"
CATEGORIES = ["elu"] * 5 + ["agent"] * 3 + ["exposant"] * 2 + ["presse"] * 2
"""As often as they come. Exhibitors have a quota of their own, the press is approved one by one."""

SLOTS = (("2026-01", "2026-02", "2026-03"), ("2026-06", "2026-07", "2026-08"), ("2026-13", "2026-15"))
"""Sessions one signs up to; those of a row are at the same time."""

ACTS = {"amend": 3, "choose": 3, "transfer": 1, "send_again": 1, "answer": 6}
"""What people do, and how often."""


@dataclass
class Met:
    """Registrations that others know of: the door's, the team's."""

    coming: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


@dataclass
class Visitor:
    """One person, from the form to the day they cancel or come."""

    client: Client
    met: Met
    id: str = ""
    application: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    known: dict[str, Any] = field(default_factory=dict)
    etag: str = ""

    async def live(self) -> None:
        """A whole life; nothing in it needs the answer to what came before but the registration."""
        random = self.client.random
        await self.register()
        for _ in range(random.randint(1, 5) if self.id else 0):
            await self.client.rest(0.1, 1.5)
            await getattr(self, random.choices([*ACTS], [*ACTS.values()])[0])()
        for _ in range(random.randint(0, 8) if self._waits() else 0):
            await self.client.rest(0.5, 2.0)
            await self.answer()
        if self.id and random.random() < 0.45:
            await (self.cancel if random.random() < 0.9 else self.erase)()

    async def register(self) -> None:
        """Once; or by a double click; or with the same key and other answers afterwards."""
        random = self.client.random
        chosen = self._some_sessions()
        waiting = self._some_sessions() if random.random() < 0.4 else []
        self.application = an_application(
            category=random.choice(CATEGORIES), sessions=chosen, waiting=waiting, wait=random.random() < 0.85, needs=[]
        )
        self.key = uuid4().hex
        made = await self._post("register", clicks=random.choices([1, 2, 3], [6, 3, 1])[0])
        if made.is_ok:
            self.id = made.answer["id"]
            self.met.coming.append(self.id)
            if random.random() < 0.15:
                await self._post("other-body", {**self.application, "given_name": "Maëlle"})

    async def _post(self, kind: str, body: dict[str, Any] | None = None, clicks: int = 1) -> Operation:
        about = {"key": self.key, "email": self.application["email"]}
        headers = {"Idempotency-Key": self.key, "Accept": "application/json"}
        request: dict[str, Any] = {"json": body or self.application, "headers": headers}
        sent = [self.client.ask(kind, about, "POST", API, **request) for _ in range(clicks)]
        return (await asyncio.gather(*sent))[0]

    async def send_again(self) -> None:
        """The same key and body, much later: the same answer."""
        await self._post("register-again")

    async def amend(self) -> None:
        """Another function, which nobody else has: it can be looked for."""
        await self._patch("amend", {})

    async def choose(self) -> None:
        """Other sessions, some of them only waited for."""
        await self._patch("choose", {"sessions": self._some_sessions(), "waiting": self._some_sessions()})

    async def _patch(self, kind: str, change: dict[str, Any]) -> None:
        if not await self._look():
            return
        marker = f"Fonction {uuid4().hex}"
        headers = {**self.client.right, "If-Match": self.etag}
        body = {**change, "function": marker}
        about = {"id": self.id, "marker": marker, **change}
        await self.client.ask(kind, about, "PATCH", f"{API}/{self.id}", json=body, headers=headers)

    async def transfer(self) -> None:
        """Somebody else comes instead; the link goes with the place."""
        if not await self._look() or self.known["status"] != "confirmed":
            return
        successor = an_application()
        names = ("given_name", "family_name", "email", "language", "function")
        organisation = {f"organisation_{name}": value for name, value in successor["organisation"].items()}
        form = {**{name: successor[name] for name in names}, **organisation, "privacy": "oui", "confirmed": "oui"}
        about = {"id": self.id, "email": successor["email"]}
        await self.client.ask("transfer", about, "POST", self._mine("/transmettre"), data=form)

    async def answer(self) -> None:
        """Whatever is offered is taken, left to others, or not answered."""
        if not await self._look():
            return
        offered = ["place"] if self.known["status"] == "offered" else []
        offered += [one["session"] for one in self.known["waiting"] if one["offered_until"]]
        for what in offered:
            word = self.client.random.choices(["oui", "non", ""], [6, 2, 2])[0]
            if word:
                kind = "accept" if word == "oui" else "decline"
                about = {"id": self.id, "what": what}
                await self.client.ask(kind, about, "POST", self._mine(f"/offre/{what}"), data={"reponse": word})

    async def cancel(self) -> None:
        """By the link, or through a program of the team."""
        if self.client.random.random() < 0.5 and await self._look():
            await self.client.ask("cancel", {"id": self.id, "by": "person"}, "POST", self._mine("/annuler"))
        else:
            about = {"id": self.id, "by": "team"}
            await self.client.ask("cancel", about, "POST", f"{API}/{self.id}/cancel", headers=self.client.right)
        self.met.gone.append(self.id)

    async def erase(self) -> None:
        """To be forgotten everywhere."""
        path = f"{API}/{self.id}/erase"
        await self.client.ask("erase", {"id": self.id}, "POST", path, headers=self.client.right)
        self.met.gone.append(self.id)

    async def _look(self) -> bool:
        answer = await self.client.look(f"{API}/{self.id}")
        if answer is not None:
            self.known, self.etag = answer.json(), answer.headers["ETag"]
        return answer is not None

    def _waits(self) -> bool:
        return bool(self.known and (self.known["status"] in {"waitlisted", "offered"} or self.known["waiting"]))

    def _mine(self, path: str) -> str:
        return str(urlsplit(self.known["manage_url"]).path) + path

    def _some_sessions(self) -> list[str]:
        random = self.client.random
        slots: Sequence[Sequence[str]] = [slot for slot in SLOTS if random.random() < 0.5]
        return [random.choice(slot) for slot in slots]


async def keep_coming(client: Client, met: Met) -> None:
    """One after the other until the storm is over."""
    while not client.ended:
        await Visitor(client, met).live()
        await client.rest(0.1, 1.0)
