"""Where a text gets in: every field, filter, address and header that strangers, people and the team can fill."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes

from tests.security.wire import request

BYTES = "surrogatepass"
"""Half a character as the bytes that a careless encoder makes of it."""


def encoded(text: str, safe: str = "") -> str:
    """Percent-encoded, whatever it is."""
    return quote_from_bytes(text.encode("utf-8", BYTES), safe=safe)


@dataclass(frozen=True)
class Visit:
    """One request with the text it carries, and who sends it."""

    door: str
    kind: str
    text: str
    raw: bytes
    target: str
    method: str = "GET"

    def __str__(self) -> str:
        return f"{self.door}({self.text[:60]!r})"


@dataclass(frozen=True)
class Keys:
    """What opens the team's doors."""

    origin: str
    token: str
    cookie: str

    @property
    def host(self) -> str:
        return self.origin.partition("//")[2]


Build = Callable[[Keys, str], tuple[str, str, dict[str, str | bytes], bytes]]


CANARY = "canari.kervadec@mairie.example"
"""Who registers, unless the text stands in this place: to be found in no log."""


def person(**changed: Any) -> dict[str, Any]:
    """A registration that is in order."""
    return {
        "category": "agent",
        "given_name": "Solène",
        "family_name": "Kervadec",
        "email": CANARY,
        "language": "fr",
        "function": "Chargée de mission",
        "organisation": {"name": "Ville de Rennes", "kind": "other", "country": "FR"},
        "consents": {"privacy": True},
        **changed,
    }


def flat(**changed: str) -> dict[str, str]:
    """The same as the form sends it."""
    one = person()
    fields = {name: one[name] for name in ("category", "given_name", "family_name", "email", "language", "function")}
    return {**fields, "organisation_name": "Ville de Rennes", "organisation_country": "FR", "privacy": "on", **changed}


def form(fields: dict[str, str]) -> bytes:
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in fields.items()).encode()


FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
SPOKEN = "es"
"""The language of those who send JSON, and who look."""
PERSON = ("given_name", "family_name", "email", "function", "language", "category", "edition", "phone", "needs_other")
FORM_FIELDS = (
    *PERSON,
    "organisation_name",
    "organisation_country",
    "organisation_choice",
    "form_key",
    "form_mark",
    "sessions",
    "needs",
)


def _json(method: str, target: str, body: Any, *, token: bool = True) -> Build:
    def build(keys: Keys, text: str) -> tuple[str, str, dict[str, str | bytes], bytes]:
        said = json.dumps(body(text) if callable(body) else body).encode()
        power: dict[str, str | bytes] = {"Authorization": f"Bearer {keys.token}"} if token else {}
        return method, target, {"Content-Type": JSON, "Accept-Language": SPOKEN, **power}, said

    return build


def _post(target: str, field: str, others: dict[str, str] | None = None, *, team: bool = True) -> Build:
    def build(keys: Keys, text: str) -> tuple[str, str, dict[str, str | bytes], bytes]:
        power: dict[str, str | bytes] = {"Cookie": keys.cookie} if team else {}
        headers = {"Content-Type": FORM, "Origin": keys.origin, **power}
        return "POST", target, headers, form({**(others or {}), field: text})

    return build


def _get(target: str, *, program: bool = False) -> Build:
    """The text stands where the address has its `~`: as it is in a path, encoded in a query."""

    def build(keys: Keys, text: str) -> tuple[str, str, dict[str, str | bytes], bytes]:
        power = {"Authorization": f"Bearer {keys.token}"} if program else {"Cookie": keys.cookie}
        safe = "" if "?" in target else "%/;\\:@.~"
        return "GET", target.replace("~", encoded(text, safe)), {"Accept-Language": SPOKEN, **power}, b""

    return build


def _header(name: str, target: str, before: str = "") -> Build:
    def build(_keys: Keys, text: str) -> tuple[str, str, dict[str, str | bytes], bytes]:
        value = (before + text).encode("utf-8", BYTES)[:6000].translate(None, bytes((*range(32), 127)))
        return "GET", target, {name: value}, b""

    return build


REGISTER = "/api/registration/v1/registrations"
SESSION = "/api/programme/v1/editions/raict-2026/draft/sessions/siege"
SESSION_FIELDS = ("title", "description", "speakers", "kind", "room", "start", "date", "access")
CHECK_IN = {"token": "x", "gate": "Entrée", "nonce": "siege"}


def _session(field: str) -> Callable[[str], dict[str, Any]]:
    plain = {"kind": "atelier", "title": {"fr": "Titre"}, "date": "2026-07-08", "start": "14:30", "end": "15:30"}

    def body(text: str) -> dict[str, Any]:
        put = {"title": {"fr": text}, "description": {"fr": text}, "speakers": [{"name": text, "function": text}]}
        return {**plain, field: put.get(field, text)}

    return body


def _each(name: str, fields: Iterable[str], build: Callable[[str], Build]) -> dict[str, Build]:
    return {f"{name} {field}": build(field) for field in fields}


def _register(field: str) -> Build:
    """A program that registers somebody; `organisation.name` is a field of a field, `needs[]` one of a list."""
    plain = person()

    def body(text: str) -> dict[str, Any]:
        if field.startswith("organisation."):
            return {**plain, "organisation": {**plain["organisation"], field.partition(".")[2]: text}}
        return {**plain, field.removesuffix("[]"): [text] if field.endswith("[]") else text}

    return _json("POST", REGISTER, body, token=False)


def _rules(field: str) -> Build:
    category = {"id": "a", "label": {"fr": "A"}}

    def body(text: str) -> dict[str, Any]:
        typed = {"fr": text, text: "x"} if field in {"label", "hint"} else text
        return {"opens_days_before": 9, "closes_days_before": 1, "categories": [{**category, field: typed}]}

    return _json("PUT", "/api/registration/v1/editions/siege", body)


def _check_in(field: str) -> Build:
    return _json("POST", "/api/badges/v1/check-ins", lambda text: {**CHECK_IN, field: text})


def _listed(column: str) -> Build:
    """A list of one person, of whom this column holds the text; or a list that calls a column so."""
    fields = ("family_name", "function", "organisation_name", "category", "email", "sessions", "reference")

    def build(keys: Keys, text: str) -> tuple[str, str, dict[str, str | bytes], bytes]:
        plain = {**dict.fromkeys(fields, ""), **flat(), column or text: text}
        rows = ([*plain], [*plain.values()])
        sheet = "\n".join(";".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
        head = b'--X\r\nContent-Disposition: form-data; name="file"; filename="liste.csv"\r\n\r\n'
        headers = {"Content-Type": "multipart/form-data; boundary=X", "Origin": keys.origin, "Cookie": keys.cookie}
        return "POST", "/equipe/inscriptions/importer", headers, head + sheet.encode("utf-8", BYTES) + b"\r\n--X--\r\n"

    return build


def _posts(target: str, others: dict[str, str]) -> Callable[[str], Build]:
    return lambda field: _post(target, field, others)


_WORDS = {"title": "T", "opening": "{nom}", "closing": ""}
_HOURS = {"porte": "", "debut": "2026-07-08T07:30", "fin": "x"}
_SESSION = {"title_fr": "T", "kind": "atelier", "date": "2026-07-08", "start": "14 h 30", "end": "15 h"}
_SESSION_FIELDS = (
    "start", "end", "capacity", "name_0", "function_0", "version", "base", "room", "title_fr", "description_en",
)  # fmt: skip

WRITING: dict[str, Build] = {
    **_each("api", PERSON, _register),
    **_each("api", (f"organisation.{field}" for field in ("name", "kind", "code", "country")), _register),
    **_each("api", ("sessions[]", "waiting[]", "needs[]"), _register),
    **_each("form", FORM_FIELDS, lambda field: _post("/inscription", field, flat(), team=False)),
    "form lost link": _post("/inscription/retrouver", "email", team=False),
    **_each("session", SESSION_FIELDS, lambda field: _json("PUT", SESSION, _session(field))),
    **_each("check-in", CHECK_IN, _check_in),
    **_each("rules", ("id", "label", "hint", "quota"), _rules),
    **_each("door", ("code", "porte", "nonce", "inscription"), _posts("/accueil", {"code": "K4P7-2RMXAB"})),
    "door undone": _post("/accueil/annuler", "passage"),
    **_each("words", (*_WORDS, "pour"), _posts("/equipe/messages/modeles/confirmation/fr/apercu", _WORDS)),
    **_each("draft", _SESSION_FIELDS, _posts("/equipe/programme/seances/siege", _SESSION)),
    **_each("person", ("given_name", "function", "organisation_name"), _posts("/equipe/inscriptions/nouvelle", flat())),
    **_each("desk", (*_HOURS, "id"), _posts("/equipe/badges/postes", _HOURS)),
    **_each("batch", ("structure", "encore"), _posts("/equipe/badges/tirages", {"nombre": "1"})),
    **_each("reminder", ("amount", "unit", "anchor", "session", "version"), _posts("/equipe/messages/rappels", {})),
    **_each("list", ("family_name", "category", "sessions", "reference", ""), _listed),
    "rules of an edition": _post("/equipe/inscriptions/reglages", "quota", {}),
}
"""Doors through which something may be kept."""

READING: dict[str, Build] = {
    **{
        f"address {target}": _get(target)
        for target in (
            *(
                "/~",
                "/programme/~",
                "/programme/seances/~",
                "/programme/seances/~.ics",
                "/programme/versions/~",
                "/static/~",
            ),
            *(
                "/static/registration/~",
                "/mon-inscription/~",
                "/mon-inscription/~/merci",
                "/mon-inscription/~/offre/edition",
            ),
            *(
                "/badge/~.pdf",
                "/accueil/poste/~",
                "/equipe/~",
                "/equipe/inscriptions/~",
                "/equipe/inscriptions/~/arrivee",
                "/equipe/inscriptions/imports/~",
            ),
            *(
                "/equipe/messages/~",
                "/equipe/messages/~/apercu",
                "/equipe/messages/modeles/~/fr",
                "/equipe/programme/seances/~",
            ),
            *("/equipe/fragments/registration/person/~", "/equipe/fragments/badges/person/~", "/equipe/fragments/~"),
            *("/equipe/fragments/notifications/person/~", "/mon-inscription/~/calendrier.ics", "/api/~", "/health/~"),
        )
    },
    **{
        f"query {target}": _get(target)
        for target in (
            *(
                "/programme?jour=~",
                "/programme?format=~&salle=~",
                "/?lang=~",
                "/programme?lang=~&jour=~",
                "/inscription?lang=~",
            ),
            *(
                "/inscription/structures?q=~",
                "/inscription/structures?q=a&country=~",
                "/equipe/connexion?suite=~",
                "/equipe?~=1",
            ),
            *(
                "/equipe/inscriptions?q=~",
                "/equipe/inscriptions?etat=~&categorie=~",
                "/equipe/inscriptions?suite=~",
                "/equipe/inscriptions/exporter?q=~&categorie=~",
                "/accueil?porte=~",
            ),
            *(
                "/equipe/inscriptions/attente?liste=~",
                "/equipe/badges?q=~",
                "/equipe/badges?page=~",
                "/equipe/badges/tirages?structure=~&categorie=~",
                "/equipe/badges/tirages?lesquels=~&ordre=~&format=~",
                "/accueil/recherche?q=~&porte=~",
            ),
            *(
                "/equipe/messages?destinataire=~",
                "/equipe/messages?etat=~&modele=~",
                "/equipe/messages?suite=~",
                "/equipe?lang=~",
            ),
            *(
                "/equipe/programme/seances/nouvelle?de=~&jour=~",
                "/equipe/messages/modeles/confirmation/fr/apercu?pour=~",
            ),
        )
    },
    **{
        f"api {target}": _get(target, program=True)
        for target in (
            *("/api/registration/v1/registrations?q=~", "/api/registration/v1/registrations?status=~&category=~"),
            *(
                "/api/registration/v1/registrations?cursor=~",
                "/api/registration/v1/registrations?edition=~",
                "/api/registration/v1/form?edition=~",
            ),
            *(
                "/api/registration/v1/registrations?q[$ne]=~",
                "/api/registration/v1/registrations?limit=~",
                "/api/registration/v1/registrations/~",
            ),
            *(
                "/api/notifications/v1/deliveries?recipient=~",
                "/api/notifications/v1/deliveries?cursor=~",
                "/api/notifications/v1/deliveries/~",
            ),
            *(
                "/api/notifications/v1/deliveries?state=~",
                "/api/notifications/v1/templates/~/fr",
                "/api/notifications/v1/templates/confirmation/~",
            ),
            *(
                "/api/badges/v1/badges?registration=~",
                "/api/badges/v1/badges?cursor=~",
                "/api/badges/v1/attendance?cursor=~",
                "/api/badges/v1/~",
            ),
            *(
                "/api/programme/v1/editions/~",
                "/api/programme/v1/releases/~",
                "/api/programme/v1/releases?cursor=~&edition=~",
            ),
            *(
                "/api/programme/v1/sessions/~",
                "/api/programme/v1/speakers?cursor=~",
                "/api/programme/v1/rooms?edition=~",
            ),
            *("/api/programme/v1/editions/raict-2026/draft/sessions/~", "/api/programme/v1/editions/~/findings"),
        )
    },
    **{
        f"header {name}": _header(name, target, before)
        for name, target, before in (
            *(
                ("Accept-Language", "/inscription", ""),
                ("Cookie", "/equipe", "rencontres_staff="),
                ("Cookie", "/programme", "lang="),
            ),
            *(("Authorization", "/api/registration/v1/registrations", "Bearer "), ("If-None-Match", "/programme", '"')),
            *(
                ("X-Forwarded-For", "/inscription", ""),
                ("X-Forwarded-Host", "/programme.ics", ""),
                ("X-Correlation-Id", "/api/x", ""),
            ),
            *(
                ("Referer", "/inscription", ""),
                ("User-Agent", "/", ""),
                ("Range", "/programme", "bytes="),
                ("Hx-Current-Url", "/equipe", ""),
            ),
        )
    },
}
"""Doors through which one only looks."""


def visits(texts: dict[str, list[str]], keys: Keys, *, writing: int = 2) -> Iterator[Visit]:
    """Each text through one door or two, so that every door sees many texts of every kind.

    Every `writing`th goes through a door that may keep it, each through one that only looks.
    """
    number = 0
    for kind, listed in texts.items():
        for text in listed:
            number += 1
            if number % writing == 0:
                yield _visit(WRITING, number // writing, kind, text, keys)
            yield _visit(READING, number, kind, text, keys)


def _visit(doors: dict[str, Build], number: int, kind: str, text: str, keys: Keys) -> Visit:
    door = [*doors][number % len(doors)]
    method, target, headers, body = doors[door](keys, text)
    return Visit(door, kind, text, request(method, target, {"Host": keys.host, **headers}, body), target, method)
