"""Broken rules and failures, told at the edge: a page for a person, RFC 9457 problem+json for a program."""

from collections.abc import Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from shared.errors import Away, Forbidden, NotFound, NotSignedIn, Refusal
from shared.i18n import N_, SOURCE, dates, translate
from shared.logs import failure, log
from shared.mongo import is_away
from shared.web.addresses import safe_path
from shared.web.languages import language
from shared.web.validation import explain

SIGN_IN = "/equipe/connexion"
PROBLEM = "application/problem+json"


class WrongMethod(Refusal):
    """The page exists, but not for this method."""

    code = "method-not-allowed"
    status = 405
    text = N_("Cette adresse ne répond pas à cette demande.")


class Unreadable(Refusal):
    """The request itself cannot be read."""

    code = "unreadable"
    status = 400
    text = N_("Cette demande est illisible.")


class TooLarge(Refusal):
    """More than `most` megabytes were sent."""

    code = "too-large"
    status = 413
    text = N_("L’envoi est trop lourd : %(most)s Mo au plus.")

    def __init__(self, most: int = 1) -> None:
        super().__init__(most=most)


class CrossSite(Refusal):
    """Another site tried to send something in this person's name."""

    code = "cross-site"
    status = 403
    text = N_("Cette demande vient d’un autre site. Rouvrez la page ici, puis recommencez.")


class NotUnderstood(Refusal):
    """Some fields are not as they should be; `errors` of the answer lists them."""

    code = "invalid"
    status = 422
    text = N_("Quelques réponses sont à corriger.")


class Stopped(Refusal):
    """MongoDB cannot be reached at the moment."""

    code = "away"
    status = 503
    text = N_("Cette partie du site est arrêtée pour le moment. Rien n’est perdu, réessayez dans une minute.")
    retry_after = 10


class Broken(Refusal):
    """A mistake of ours."""

    code = "broken"
    status = 500
    text = N_("Une erreur de notre part a empêché de répondre. Elle est notée ; réessayez, ou écrivez-nous.")


_BY_STATUS: dict[int, type[Refusal]] = {
    refusal.status: refusal
    for refusal in (Unreadable, NotSignedIn, Forbidden, NotFound, WrongMethod, TooLarge, NotUnderstood)
}


def said(lang: str, refusal: Any, zone: str = dates.ZONE) -> str:
    """The sentence of a refusal (or of anything with `text` and `params`); dates among its words are spelled out.

    A placeholder named `weekday`, `date` or `time` (or ending so: `end_time`) gets that part alone, one that ends with
    `_on` the day with its year, any other the day with its weekday. A text in several languages is given in this one.
    """
    params = {name: _spelled(name, value, lang, zone) for name, value in refusal.params.items()}
    return translate(lang, refusal.text, **params)


def _spelled(name: str, value: object, lang: str, zone: str) -> object:
    if isinstance(value, Mapping):
        return value.get(lang) or value.get(SOURCE, "")
    if not isinstance(value, date):
        return value
    if name == "weekday":
        return dates.weekday(value, lang, zone=zone)
    if name.endswith("time") and isinstance(value, datetime):
        return dates.time(value, lang, zone=zone)
    return dates.day(value, lang, weekday=name != "date", year=name.endswith("_on"), zone=zone)


def is_api(request: Request) -> bool:
    """Whether a program asked, and wants JSON."""
    return request.url.path.startswith("/api/")


def patience(refusal: Refusal | None) -> dict[str, str]:
    """The header that says in how many seconds to come back, where waiting helps."""
    seconds = getattr(refusal, "retry_after", None)
    return {"Retry-After": str(seconds)} if seconds else {}


def answer(request: Request, refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a refused request, as page or as JSON."""
    extra = {**(headers or {}), **patience(refusal)}
    if is_api(request):
        return problem(request, refusal, extra)
    if isinstance(refusal, NotSignedIn):
        return _to_sign_in(request)
    return _page(request, refusal, extra)


def problem(
    request: Request,
    refusal: Refusal,
    headers: Mapping[str, str],
    errors: list[dict[str, str]] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """The refusal as `application/problem+json`; `errors` lists the fields to mend, `more` are members of its own."""
    lang = language(request)
    status = HTTPStatus(refusal.status)
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": said(lang, refusal),
        "code": refusal.code,
    }
    found = errors or _mistakes(lang, refusal)
    asked = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    always = {"Content-Language": lang, "Cache-Control": "no-store"}
    return JSONResponse(
        {**body, **({"errors": found} if found else {}), **(more or {})},
        status.value,
        {**always, **asked, **headers},
        media_type=PROBLEM,
    )


def _mistakes(lang: str, refusal: Any) -> list[dict[str, str]]:
    listed = getattr(refusal, "mistakes", None) or ([refusal] if refusal.field else [])
    return [{"field": one.field, "code": one.code, "detail": said(lang, one)} for one in listed]


def _page(request: Request, refusal: Refusal, headers: Mapping[str, str]) -> Response:
    headers = {"Cache-Control": "no-store", **headers}
    template = "fragment-error.html" if "hx-request" in request.headers else "error.html"
    sentence = said(language(request), refusal)
    page: Response = request.app.state.pages.render(
        request, template, refusal.status, headers=headers, sentence=sentence, code=refusal.status
    )
    return page


def _to_sign_in(request: Request) -> Response:
    """To the sign-in page and back. A fragment cannot be one, so it sends the whole page there."""
    if "hx-request" in request.headers:
        page = urlsplit(request.headers.get("hx-current-url", ""))
        here = safe_path(page.path + (f"?{page.query}" if page.query else ""))
        return Response(status_code=204, headers={"HX-Redirect": f"{SIGN_IN}?suite={quote(here, safe='/')}"})
    here = request.url.path if request.method in {"GET", "HEAD"} else "/equipe"
    query = f"?{request.url.query}" if request.url.query and here != "/equipe" else ""
    headers = {"Cache-Control": "no-store"}
    return RedirectResponse(f"{SIGN_IN}?suite={quote(here + query, safe='/')}", 303, headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return answer(request, error)


async def _away(request: Request, error: Exception) -> Response:
    log().warning("request.away", what=str(error))
    return answer(request, Stopped())


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code < 400:
        return Response(status_code=error.status_code, headers=error.headers)
    refusal = _BY_STATUS.get(error.status_code, Unreadable if error.status_code < 500 else Broken)()
    allowed = {"Allow": _allowed(request)} if error.status_code == WrongMethod.status else {}
    return answer(request, refusal, {**(error.headers or {}), **allowed})


def _allowed(request: Request) -> str:
    """Every method of this address (RFC 9110 §10.2.1); the framework names those of the first route alone."""
    routes = (one.original_route for one in iter_route_contexts(request.app.routes))
    near = [one for one in routes if isinstance(one, Route) and one.matches(request.scope)[0] is Match.PARTIAL]
    return ", ".join(sorted({method for route in near for method in route.methods or ()}))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if not is_api(request):
        return answer(request, NotFound() if request.method in {"GET", "HEAD"} else NotUnderstood())
    return problem(request, NotUnderstood(), {}, explain(error.errors(), language(request)))


def broken(request: Request, error: Exception) -> Response:
    """The answer to an unexpected error. The log gets the kind and the places, never the values."""
    if is_away(error):
        log().warning("request.away", what="MongoDB")
        return answer(request, Stopped())
    log().error("request.failed", **failure(error))
    return answer(request, Broken())


def install(app: FastAPI) -> None:
    """Let the application answer every failure in the person's language."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(Away, _away)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
