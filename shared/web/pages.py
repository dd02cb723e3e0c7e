"""Pages: Jinja2 templates of the service and of `shared`, one environment per language, French as the source."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.bccache import Bucket
from jinja2.runtime import Context

from shared import i18n
from shared.events import Text
from shared.i18n import dates
from shared.web import assets, languages

SHARED = Path(__file__).parent.parent
HTMX_SETTINGS = (
    '{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0,'
    '"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"503","swap":true},'
    '{"code":"[45]..","swap":false,"error":true}]}'
)
"""For htmx, as the page's policy demands; the front door's 503 is a card to show, not an error."""


class _Compiled(BytecodeCache):
    """Keeps each template once it was compiled, for all languages: what differs is looked up when a page is rendered.

    A filter that depends on the language must therefore have no constant before it: Jinja would fold it.
    """

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


class Pages:
    """Renders the pages of one service. `folder` is the service's package; its `templates/` come first.

    `edition` answers the edition to name in headers and footers (`EditionChanged`, from the service's own
    projection, kept in memory), or None while none is known; it may be set later, in `app.py`. `filters` are the
    service's own, for all languages alike.
    """

    def __init__(
        self,
        service: str,
        folder: Path,
        *,
        edition: Callable[[], Any] | None = None,
        filters: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self.service = service
        self.folder = folder
        self.edition = edition or (lambda: None)
        i18n.add(folder / "i18n")
        self._environments = {lang: self._environment(lang) for lang in i18n.LANGUAGES}
        for environment in self._environments.values():
            environment.filters |= dict(filters or {})

    def render(
        self,
        request: Request,
        template: str,
        status: int = 200,
        *,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """The page in the request's language. Staff pages are never stored by a browser."""
        person = getattr(request.state, "staff", None)
        lang = languages.language(request)
        body = self.text(
            lang,
            template,
            staff=person,
            path=request.url.path,
            url_for_lang=partial(languages.url_for_lang, request.scope),
            **context,
        )
        always = {
            "Content-Language": lang,
            "Vary": "Accept-Language, Cookie",
            "Cache-Control": "no-store" if person else "no-cache",
        }
        return HTMLResponse(body, status, headers={**always, **(headers or {})})

    def text(self, lang: str, template: str, **context: Any) -> str:
        """A template's text in one language, without a request: for a mail, or a page kept for many."""
        return self._environments[lang].get_template(template).render({"edition": self.edition(), **context})

    def _environment(self, lang: str) -> Environment:
        environment = Environment(
            loader=FileSystemLoader([self.folder / "templates", SHARED / "templates"]),
            autoescape=select_autoescape(disabled_extensions=("txt",), default=True, default_for_string=True),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_compiled,
        )
        environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
            partial(i18n.gettext, lang), partial(i18n.ngettext, lang), newstyle=True
        )
        environment.globals["ngettext"] = _counted(environment.globals["ngettext"], lang)
        environment.globals |= {"lang": lang, "asset": assets.address, "htmx_settings": HTMX_SETTINGS}
        environment.filters |= {
            "day": partial(_in, dates.day, lang),
            "days": partial(_in, dates.days, lang),
            "time": partial(_in, dates.time, lang),
            "time_range": lambda start, end, **more: dates.time_range(start, end, lang, **more),
            "number": partial(_in, dates.number, lang),
            "text": partial(text, lang),
            "capitalize": capitalize,
            "text_lang": partial(text_lang, lang),
        }
        return environment


def _counted(ngettext: Any, lang: str) -> Callable[..., str]:
    """Jinja's own writes `%(num)s` as 1270: ours as all other numbers of a page are written."""

    @pass_context
    def counted(context: Context, singular: str, plural: str, count: int, /, **named: Any) -> str:
        return str(ngettext(context, singular, plural, count, **{"num": dates.number(count, lang), **named}))

    return counted


def _in(show: Callable[..., str], lang: str, value: Any, **more: Any) -> str:
    return show(value, lang, **more)


def capitalize(words: str) -> str:
    """A capital at the beginning. Jinja's own filter also lowers the rest: "Thursday 21 january"."""
    return words[:1].upper() + words[1:]


def text(lang: str, said: Text) -> str:
    """A text in this language, or in French."""
    return said.get(lang) or said.get(i18n.SOURCE, "")


def text_lang(lang: str, said: Text) -> str:
    """The language `text` answers in: pages mark words that are in another language than the page."""
    return lang if said.get(lang) else i18n.SOURCE
