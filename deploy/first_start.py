"""Furnishes an empty house, and says where to click."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx

from deploy import access, sample_edition, terminal
from deploy.children import Stopped
from deploy.layout import ROOT, Layout

STAFF_EMAIL = "equipe@rencontres.example"
STAFF_NAME = "Claire Morvan"
TOKEN_DAYS = 365


def furnish(layout: Layout) -> dict[str, Any]:
    """What `access.json` says; on an empty house the first account, a token and the sample edition are made first.

    Of what no longer opens anything, nothing is said: a password changed meanwhile, a token withdrawn.
    """
    file = layout.var / "access.json"
    environment = layout.service_environment("programme")
    known: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    if asyncio.run(access.is_empty(environment)):
        known = {}
    if "api_token" not in known:
        known = asyncio.run(_open(layout))
        _load_sample(layout, known["api_token"])
    else:
        known |= asyncio.run(_ended(environment, known))
    known.pop("certificate", None)
    certificate = {"certificate": str(layout.certificate)} if layout.host else {}
    return {**known, "base_url": layout.public_url, "maildir": _maildir(layout), **certificate}


async def _open(layout: Layout) -> dict[str, Any]:
    environment = layout.service_environment("programme")
    password = layout.keys.staff_password()
    await access.open_staff(environment, STAFF_EMAIL, STAFF_NAME, ("admin",), password)
    token = await access.open_token(environment, "make run", access.EVERYTHING, TOKEN_DAYS)
    return {"staff_email": STAFF_EMAIL, "staff_password": password, "api_token": token}


async def _ended(environment: Mapping[str, str], known: Mapping[str, Any]) -> dict[str, None]:
    """Those of the words handed out at the first start that were good until now, and are no longer."""
    password, token = known["staff_password"], known["api_token"]
    ended: dict[str, None] = {}
    if password and not await access.opens(environment, known["staff_email"], password):
        ended["staff_password"] = None
    if token and not await access.is_good(environment, token):
        ended["api_token"] = None
    return ended


def _load_sample(layout: Layout, token: str) -> None:
    if layout.given.get("SAMPLE") == "no":
        return
    try:
        sample_edition.load(layout.public_url, token, verify=layout.trust())
    except httpx.HTTPError as error:
        raise Stopped(f"The sample edition was not accepted. {error}") from error


def _maildir(layout: Layout) -> str | None:
    """Relative to the repository when it is inside; none when a real server sends the mail."""
    if "SMTP_URL" in layout.given:
        return None
    maildir = layout.maildir
    return str(maildir.relative_to(ROOT) if maildir.is_relative_to(ROOT) else maildir)


def welcome(layout: Layout, access: Mapping[str, Any]) -> str:
    """The last lines of a start."""
    base, file = access["base_url"], layout.var / "access.json"
    mail = f"kept in {access['maildir']}, and shown at {base}/equipe/messages" if access["maildir"] else "really sent"
    return f"""
  Rencontres is running.

  For everybody   {base}/
  Registration    {base}/inscription
  Staff           {base}/equipe   {_staff(layout, access)}
  At the door     {base}/accueil
  Mail            {mail}

  The same is in {file}. Ctrl-C stops everything; the data stays.
"""


def _staff(layout: Layout, access: Mapping[str, Any]) -> str:
    email, password = access["staff_email"], access["staff_password"]
    if password:
        return f"{email}   {password}"
    again = f"{layout.manage} create-staff --role admin --email {email} --name '{STAFF_NAME}'"
    return f"""with an account of the team
                  The password of the first start does not open {email} any more. To give it a new one, type
                  {again}"""


def on_the_network(layout: Layout, *, colour: bool) -> str:
    """How a phone on the same network comes in; this machine alone, when that is how it is called."""
    if layout.host in {"localhost", "127.0.0.1"}:
        return f"\n  {layout.public_url} is for this machine alone: for phones, give HOST its address on the network.\n"
    return f"""
  On the local network, scan this with a phone:

{terminal.qr(layout.public_url, colour=colour)}
  {layout.public_url}
  The certificate is this machine's own. The first visit warns: choose to go on (Chrome: "Advanced", Safari: "Show
  details"), or install {layout.certificate} on the phone and trust it.
"""
