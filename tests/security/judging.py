"""What an answer must be, whatever was asked: no failure, nothing reflected as it came, the policy, a fitting kind."""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from lxml import html

from tests.security.doors import Visit
from tests.security.wire import Answer

POLICY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
OURS = ("rencontres_staff=", "rencontres_desk=", "lang=fr;", "lang=en;", "lang=es;")
_PAGE, _PROBLEM = "text/html; charset=utf-8", "application/problem+json"
_FILES = (
    "application/pdf",
    "text/calendar; charset=utf-8",
    "text/javascript; charset=utf-8",
    "text/css; charset=utf-8",
)
_WORKED_OUT = re.compile(r"Solène\s+49\s+Kervadec|(?:49\s*){7}")
"""What became of the expressions between names, and of those in a row, where a template took them for its own. One that
stands alone would be a 49, and pages have such numbers of their own."""
_MARKUP = re.compile(r"[<>\"'].{4,}", re.DOTALL)


def faults(visit: Visit, answer: Answer, origin: str) -> Iterator[str]:
    """Everything wrong with this answer."""
    if _refused_at_the_gate(answer):
        return
    if not 200 <= answer.status < 500:
        yield f"status {answer.status}"
    yield from _without_policy(answer)
    if not _kind_fits(visit, answer):
        yield f"kind {answer.header('content-type')!r} of status {answer.status}"
    if any(not cookie.startswith(OURS) for cookie in answer.all("set-cookie")):
        yield f"cookie {answer.header('set-cookie')}"
    if "location" in dict(answer.headers) and not _stays(answer.header("location"), origin):
        yield f"sent to {answer.header('location')}"
    if answer.header("content-type") == _PAGE:
        yield from _reflected(visit, answer)


def _without_policy(answer: Answer) -> Iterator[str]:
    for name, value in POLICY.items():
        if answer.all(name) != [value]:
            yield f"{name}: {answer.all(name)}"
    policies = answer.all("content-security-policy")
    if len(policies) != 1 or "default-src 'none'" not in policies[0] or "frame-ancestors" not in policies[0]:
        yield f"policy {policies}"


def _refused_at_the_gate(answer: Answer) -> bool:
    """What is no HTTP, or too long a head, never gets as far as a page: some fixed words, and the end."""
    return answer.status in {400, 431} and answer.body.startswith(str(answer.status).encode()) and len(answer.body) < 60


def _kind_fits(visit: Visit, answer: Answer) -> bool:
    kind, path = answer.header("content-type"), visit.target.partition("?")[0]
    if answer.status in {204, 303, 304, 307}:
        return not answer.body
    if path.startswith("/api/") and not path.endswith("/docs"):
        return kind == ("application/json" if answer.status < 300 else _PROBLEM)
    if answer.status >= 300 or path.startswith("/equipe"):
        return kind == _PAGE
    return kind in {_PAGE, "application/json", *_FILES}


def _stays(location: str, origin: str) -> bool:
    there = urlsplit(location)
    return location.startswith(("/", "?", origin + "/")) and not there.netloc.replace(urlsplit(origin).netloc, "")


def _reflected(visit: Visit, answer: Answer) -> Iterator[str]:
    page = answer.text
    if (found := _MARKUP.search(visit.text)) and found.group() in page:
        yield f"shown as it came: {found.group()[:80]!r}"
    if "7*7" in visit.text and _WORKED_OUT.search(page):
        yield "worked out"
    if visit.kind == "scripts":
        yield from injected(page)


def injected(page: str) -> Iterator[str]:
    """What runs in a page of ours, or leads out of it: nothing of this kind is ever written there by us."""
    for element in html.document_fromstring(page.replace("\0", "")).iter():
        if not isinstance(element.tag, str):
            continue
        names = {str(name).lower(): unquote(str(value)) for name, value in element.attrib.items()}
        if any(name.startswith("on") or name in {"style", "srcdoc"} for name in names):
            yield f"<{element.tag} {sorted(names)}>"
        if element.tag == "script" and not names.get("src", "").startswith("/static/"):
            yield "a script in the page"
        if element.tag in {"object", "embed", "base", "math", "marquee", "isindex"}:
            yield f"<{element.tag}>"
        for name in {"href", "src", "action", "formaction", "data"} & names.keys():
            if re.match(r"[\s\x00-\x20]*(javascript|vbscript|data:text)", names[name], re.IGNORECASE):
                yield f"{name}={names[name][:60]}"
