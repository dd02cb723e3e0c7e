"""Loads the edition of 2026 through the API, as any client would."""

import json
import ssl
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

SAMPLE = Path(__file__).parent / "sample/raict-2026.json"
AHEAD = timedelta(days=61)
"""About two months, so that registration is open and the door in rehearsal."""


def moved(sample: dict[str, Any], today: date) -> dict[str, Any]:
    """The same edition about two months ahead. Whole weeks: a Wednesday stays a Wednesday."""
    first = date.fromisoformat(sample["programme"]["dates"][0])
    weeks = round((today + AHEAD - first) / timedelta(weeks=1))
    shift = timedelta(weeks=weeks)
    result = deepcopy(sample)
    programme = result["programme"]
    programme["dates"] = [_moved_day(day, shift) for day in programme["dates"]]
    for session in programme["sessions"]:
        session["date"] = _moved_day(session["date"], shift)
    return result


def _moved_day(day: str, shift: timedelta) -> str:
    return (date.fromisoformat(day) + shift).isoformat()


def load(
    base_url: str,
    token: str,
    *,
    as_printed: bool = False,
    today: date | None = None,
    verify: ssl.SSLContext | bool = True,
) -> str:
    """Put the edition, its release and its registration; answers the edition's id. Raises `httpx.HTTPError`."""
    sample = json.loads(SAMPLE.read_text())
    if not as_printed:
        sample = moved(sample, today or date.today())  # noqa: DTZ011 - the machine's day is near enough
    edition = sample["edition"]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=base_url, headers=headers, timeout=30, verify=verify) as client:
        for method, path, body in (
            ("PUT", f"/api/programme/v1/editions/{edition}", sample["programme"]),
            ("POST", "/api/programme/v1/releases", {"edition": edition}),
            ("PUT", f"/api/registration/v1/editions/{edition}", sample["registration"]),
        ):
            answer = client.request(method, path, json=body)
            if answer.is_error:
                raise httpx.HTTPError(f"{method} {path}: {answer.status_code} {answer.text[:1000]}")
    return str(edition)
