"""Which language a request wants: `?lang=`, else the cookie, else the browser's choice, else French."""

from functools import lru_cache
from urllib.parse import parse_qs, parse_qsl, urlencode

from starlette.requests import HTTPConnection
from starlette.types import Scope

from shared.i18n import LANGUAGES, SOURCE

COOKIE = "lang"


def language(request: HTTPConnection) -> str:
    """The language of this request's answer: `fr`, `en` or `es`."""
    return of(request.scope)


def of(scope: Scope) -> str:
    """The same, from the bare scope; worked out once per request."""
    state = scope.setdefault("state", {})
    if "lang" not in state:
        state["lang"] = asked(scope) or _preferred(scope)
    return str(state["lang"])


def asked(scope: Scope) -> str | None:
    """The language named in the address, if it is one of ours."""
    if b"lang=" not in scope["query_string"]:
        return None
    named = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[-1]
    return named if named in LANGUAGES else None


def _preferred(scope: Scope) -> str:
    accepted = ""
    for name, value in scope["headers"]:
        if name == b"cookie" and (kept := _from_cookie(value.decode("latin-1"))):
            return kept
        if name == b"accept-language":
            accepted = value.decode("latin-1")
    return negotiate(accepted)


def _from_cookie(cookies: str) -> str | None:
    for part in cookies.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and value in LANGUAGES:
            return value
    return None


@lru_cache(maxsize=512)
def negotiate(accepted: str) -> str:
    """The best of ours for an `Accept-Language` header (RFC 9110 §12.5.4); French when none fits."""
    best, weight = SOURCE, 0.0
    for part in accepted[:1000].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            q = float(quality or 1)
        except ValueError:
            continue
        code = tag.split("-")[0].lower()
        if code in LANGUAGES and q > weight:
            best, weight = code, q
    return best


def url_for_lang(scope: Scope, lang: str) -> str:
    """This page in another language: same path, same query."""
    query = [pair for pair in parse_qsl(scope["query_string"].decode("latin-1"), True) if pair[0] != "lang"]
    return "?" + urlencode([*query, ("lang", lang)])
