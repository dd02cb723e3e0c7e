"""Lists of people as the team sends them, and what their pages tell."""

import csv
import io
import re
from html import unescape

import httpx

from services.registration.actions.importing import importing
from services.registration.store import Store
from tests.registration.conftest import (
    manage_url,
)

PATH = "/equipe/inscriptions/importer"
YES = {"mails": "yes", "informed": "yes"}


def a_line(name: str = "Kervadec", **changes: str) -> dict[str, str]:
    values = {
        "Nom": name,
        "Prénom": "Solène",
        "Fonction": "Maire",
        "Structure": "Association (fictive)",
        "Catégorie": "Élue ou élu",
        "Adresse électronique": f"{name.lower()}@mairie.example",
    }
    return {**values, **changes}


def a_csv(*lines: dict[str, str], between: str = ";", encoding: str = "utf-8-sig") -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(
        file, [*dict.fromkeys(key for line in lines for key in line)], delimiter=between, restval=""
    )
    writer.writeheader()
    writer.writerows(lines)
    return file.getvalue().encode(encoding)


async def sent(team: httpx.AsyncClient, *lines: dict[str, str], content: bytes = b"", lang: str = "fr") -> str:
    """The address of the list's page."""
    file = {"file": ("liste.csv", content or a_csv(*lines))}
    answer = await team.post(f"{PATH}?lang={lang}", files=file)
    assert answer.status_code == 303, re.findall(r'class="error".*?</p>', answer.text)
    return answer.headers["location"]


async def shown(team: httpx.AsyncClient, address: str, lang: str = "fr") -> str:
    return unescape((await team.get(f"{address}?lang={lang}")).text).replace("\xa0", " ")


def told(page: str) -> list[tuple[str, ...]]:
    """The cells to mend: line, column, value, what is right."""
    rows = re.findall(
        r'<tr role="row"><th role="rowheader"[^>]*>\D+(\d+)<small>.*?</small></th><td [^>]*>(.*?)</td>'
        r"<td [^>]*>(.*?)</td><td [^>]*>(.*?)</td></tr>",
        page,
    )
    return [tuple(row) for row in rows]


async def states(store: Store) -> dict[int, str]:
    return {one["number"]: one["state"] async for one in store.database.import_lines.find().sort("number", 1)}


async def carry_out(store: Store) -> None:
    step = importing(store, manage_url)
    while await step():
        pass


async def imported(team: httpx.AsyncClient, store: Store, *lines: dict[str, str], **form: str) -> str:
    """The list sent, confirmed and carried out."""
    address = await sent(team, *lines)
    answer = await team.post(address, data={**YES, **form})
    assert answer.status_code == 303
    await carry_out(store)
    return address
