"""Reads the registers of communes, EPCI, départements and régions (`@etalab/decoupage-administratif`, Licence Ouverte).

Objects become tuples while they are read: the files are 12 MB, and as dictionaries they would be ten times that.
"""

import ctypes
import gc
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from services.registration.authorities import ABBREVIATIONS, NOT_DEPARTMENTS, NOT_REGIONS, OF, SINGLE
from services.registration.organisations import Authority, Listed, Organisations, searchable


class _Commune(NamedTuple):
    code: str
    name: str
    department: str
    region: str
    population: int


class _Grouping(NamedTuple):
    """An EPCI or EPT by its SIREN, with the département where most of its inhabitants live."""

    code: str
    name: str
    form: str
    department: str
    population: int


def load(folder: Path) -> Organisations:
    """The index over everything in `folder`; raises `FileNotFoundError` when the package is not installed."""
    made = Organisations(_everything(folder))
    _give_back()
    return made


def _give_back() -> None:
    """Return what the reading needed to the system: 20 of 28 MiB, where the C library can (glibc)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)


def _everything(folder: Path) -> Iterator[Listed]:
    departments = {one["code"]: one for one in json.loads((folder / "departements.json").read_bytes())}
    labels = {code: f"{one['nom']} ({code})" for code, one in departments.items()}
    by_department: Counter[str] = Counter()
    by_region: Counter[str] = Counter()
    for commune in _communes(folder / "communes.json"):
        by_department[commune.department] += commune.population
        by_region[commune.region] += commune.population
        label = labels.get(commune.department, "")
        yield _listed(commune.population, Authority("commune", commune.code, commune.name, "", label))
    for kind in ("epci", "ept"):
        for one in _groupings(folder / f"{kind}.json"):
            authority = Authority(kind, one.code, one.name, one.form, labels.get(one.department, ""))
            spoken = f"{ABBREVIATIONS.get(one.form, '')} {one.name.removeprefix(f'{one.form} ')}"
            yield _listed(one.population, authority, spoken)
    yield from _departments(departments, by_department)
    yield from _regions(folder / "regions.json", by_region)
    for code, name, department, aliases in SINGLE:
        yield _listed(by_department[department], Authority("collectivite", code, name), *aliases)


def _departments(departments: dict[str, Any], population: Counter[str]) -> Iterator[Listed]:
    for code, one in departments.items():
        if code not in NOT_DEPARTMENTS and one["zone"] != "com":
            name = f"Département {OF[one['typeLiaison']]}{one['nom']}"
            yield _listed(population[code], Authority("departement", code, name), one["nom"])


def _regions(file: Path, population: Counter[str]) -> Iterator[Listed]:
    for one in json.loads(file.read_bytes()):
        code, name = one["code"], one["nom"]
        if code not in NOT_REGIONS and one["zone"] != "com":
            authority = Authority("region", code, f"Région {name}")
            yield _listed(population[code], authority, name, f"Conseil régional {name}")


def _listed(population: int, authority: Authority, *aliases: str) -> Listed:
    keys = dict.fromkeys(searchable(name) for name in (authority.name, *aliases))
    return Listed(population, authority, tuple(keys))


def _communes(file: Path) -> Iterator[_Commune]:
    """Present communes; the file also lists former ones and parts of the three largest cities."""

    def lean(one: dict[str, Any]) -> _Commune | None:
        if one["type"] != "commune-actuelle":
            return None
        return _Commune(one["code"], one["nom"], one["departement"], one["region"], one.get("population", 0))

    return filter(None, json.loads(file.read_bytes(), object_hook=lean))


def _groupings(file: Path) -> list[_Grouping]:
    def lean(one: dict[str, Any]) -> tuple[str, int] | _Grouping:
        if "membres" not in one:
            return _department_of(one["code"]), one.get("populationTotale", 0)
        inhabitants: Counter[str] = Counter()
        for department, population in one["membres"]:
            inhabitants[department] += population
        ((main, _),) = inhabitants.most_common(1)
        return _Grouping(one["code"], one["nom"], one["type"], main, inhabitants.total())

    found: list[_Grouping] = json.loads(file.read_bytes(), object_hook=lean)
    return found


def _department_of(commune: str) -> str:
    """The département in a commune's INSEE code: two signs, three overseas."""
    return commune[:3] if commune.startswith("97") else commune[:2]
