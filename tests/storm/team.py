"""Those who run the gathering: they decide, move sessions, change quotas; and those at the door."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.storm.client import Client
from tests.storm.history import Operation
from tests.storm.people import API, SLOTS, Met

EDITION = "raict-2026"
PROGRAMME = f"/api/programme/v1/editions/{EDITION}"
GATES = ("Iéna", "Étoile")
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOVE = timedelta(minutes=15)


class Team:
    """Somebody with every right, who does one thing after the other. `rules` are those in force."""

    def __init__(self, client: Client, rules: dict[str, Any]) -> None:
        self._client = client
        self._rules = rules

    async def work(self) -> None:
        """Until the storm is over."""
        acts = (self.decide, self.decide, self.change_quota, self.move_a_session)
        while not self._client.ended:
            await self._client.random.choice(acts)()
            await self._client.rest(0.5, 2.0)

    async def decide(self) -> None:
        """Yes or no to one who asked."""
        found = await self._client.look(API, params={"status": "pending", "limit": 20})
        pending = found.json()["items"] if found else []
        if pending:
            one = self._client.random.choice(pending)["id"]
            act = self._client.random.choice(["approve", "approve", "refuse"])
            await self._client.ask(act, {"id": one}, "POST", f"{API}/{one}/{act}", headers=self._client.right)

    async def change_quota(self) -> None:
        """Around what is taken, so that the edition is nearly full: sometimes below it, mostly a few above."""
        found = await self._client.look("/api/registration/v1/form")
        left = found.json()["places_left"] if found else None
        if left is None:
            return
        quota = max(25, self._rules["quota"] - left + self._client.random.randint(-3, 8))
        if quota == self._rules["quota"]:
            return
        rules = {**self._rules, "quota": quota}
        path = f"/api/registration/v1/editions/{EDITION}"
        headers = self._client.right
        done = await self._client.ask("rules", {"quota": quota}, "PUT", path, json=rules, headers=headers)
        if done.outcome != "refused":
            self._rules = rules

    async def move_a_session(self) -> None:
        """A quarter of an hour later, or back again; then everybody is to see it."""
        session = self._client.random.choice([one for slot in SLOTS for one in slot])
        path = f"{PROGRAMME}/draft/sessions/{session}"
        found = await self._client.look(path)
        if found is None:
            return
        headers = {**self._client.right, "If-Match": found.headers["ETag"]}
        moved = later(found.json())
        about = {"session": session, "start": moved["start"]}
        await self._client.ask("edit", about, "PUT", path, json=moved, headers=headers)
        about = {"edition": EDITION}
        path = "/api/programme/v1/releases"
        await self._client.ask("release", about, "POST", path, json=about, headers=self._client.right)


def later(session: dict[str, Any]) -> dict[str, Any]:
    """The same session a quarter of an hour later, or earlier when it does not begin at a full half-hour."""
    start, end = (datetime.fromisoformat(f"2026-01-01T{session[name]}") for name in ("start", "end"))
    by = MOVE if start.minute in {0, 30} else -MOVE
    return {**session, "start": f"{start + by:%H:%M}", "end": f"{end + by:%H:%M}"}


class Door:
    """Two gates. Badges come there in every state, and from every source."""

    def __init__(self, client: Client, met: Met) -> None:
        self._client = client
        self._met = met

    async def work(self) -> None:
        """Until the storm is over."""
        acts = (self.one, self.one, self.both_gates, self.forged, self.withdrawn)
        while not self._client.ended:
            await self._client.random.choice(acts)()
            await self._client.rest(0.2, 1.0)

    async def one(self) -> None:
        """A good badge, once or twice with the same nonce; sometimes it was a mistake."""
        if badge := await self._badge(self._met.coming, "active"):
            nonce = uuid4().hex
            said = await self._scan(badge, "good", nonce)
            if self._client.random.random() < 0.3:
                await self._scan(badge, "good", nonce)
            if said.is_ok and said.answer["result"] == "admitted" and self._client.random.random() < 0.3:
                path = f"/api/badges/v1/check-ins/{nonce}/undo"
                await self._client.ask("undo", {"nonce": nonce}, "POST", path, headers=self._client.right)

    async def both_gates(self) -> None:
        """The same badge at the same moment."""
        if badge := await self._badge(self._met.coming, "active"):
            await asyncio.gather(*(self._scan(badge, "good", uuid4().hex, gate) for gate in GATES))

    async def forged(self) -> None:
        """A good badge with one sign of its signature changed."""
        if badge := await self._badge(self._met.coming, "active"):
            place = self._client.random.randrange(40, len(badge["token"]) - 2)
            token = badge["token"]
            sign = self._client.random.choice([one for one in ALPHABET if one != token[place]])
            await self._scan({**badge, "token": token[:place] + sign + token[place + 1 :]}, "forged", uuid4().hex)

    async def withdrawn(self) -> None:
        """The badge of somebody who cancelled."""
        if badge := await self._badge(self._met.gone, "revoked"):
            await self._scan(badge, "withdrawn", uuid4().hex)

    async def _badge(self, of: list[str], state: str) -> dict[str, Any] | None:
        if not of:
            return None
        registration = self._client.random.choice(of[-200:])
        found = await self._client.look("/api/badges/v1/badges", params={"registration": registration})
        badges = [one for one in (found.json()["items"] if found else []) if one["state"] == state]
        return badges[-1] if badges else None

    async def _scan(self, badge: dict[str, Any], sort: str, nonce: str, gate: str = GATES[0]) -> Operation:
        body = {"token": badge["token"], "gate": gate, "nonce": nonce}
        about = {"badge": badge["id"], "registration": badge["registration"], "sort": sort, "nonce": nonce}
        path = "/api/badges/v1/check-ins"
        return await self._client.ask("scan", about, "POST", path, json=body, headers=self._client.right)
