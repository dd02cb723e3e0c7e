"""Text that hurts is refused with a reason, or shown exactly as typed: on the page, in the mail, on the badge."""

import json
import unicodedata
from dataclasses import dataclass
from functools import partial
from typing import Any

import pymupdf
import pytest
from lxml import html as pages

from deploy.children import await_until
from tests.house import House
from tests.security.doors import REGISTER, person
from tests.security.judging import injected

KEPT = (
    *(
        "Razafindrakotoarimanana Rakotomalala",
        "Nguyễn Thị Minh Khai",
        "محمد بن سلمان",
        "ნინო ბერიძე",
        "山田太郎",
        "Ελένη",
        "Олександра",
    ),
    *(
        "Robert'); db.dropDatabase()",
        "=cmd|' /C calc'!A0",
        "{{7*7}}",
        "${7*7} %n%s",
        '#read("/etc/passwd")',
        "$ x^2 $ *a* _b_",
    ),
    *(
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "<!-- --> &lt;b&gt; &amp;",
        "{nom} {lien}",
        "a\\nb\\u0000",
    ),
    *(
        "O’Brien-Smith d'Été",
        "+33 6 12",
        "-1+1",
        "@SUM(A1)",
        "W" * 60,
        "e\u0301\u0323 Weiß İnci ﬁ",
        "</title></textarea>]]>",
        "%0d%0aBcc: x",
    ),
    *(
        '{"$ne": null}',
        "'; DROP TABLE x; --",
        "null",
        "undefined",
        "Null",
        "True",
        "0",
        "1e3",
        "../../etc/passwd",
        'a;b,c"d',
    ),
)
REFUSED = {
    "a\x00b": "U+0000",
    "a\u202eb": "U+202E",
    "a\U000e0041b": "U+E0041",
    "a\ufffeb": "U+FFFE",
    "a\u200bb": "U+200B",
    "a\ufeffb": "U+FEFF",
    "a\x1b[31mb": "U+001B",
    "a\ud800b": "",
    "x" * 61: "61",
    "x" * 100_000: "100000",
    "a" + "\u0301" * 200: "",
    "\u2800\u3164": "",
}
"""What would not be shown as typed, and what the reason says of it."""


@dataclass(frozen=True)
class Somebody:
    """Who registered under a name that hurts."""

    name: str
    email: str
    id: str
    manage: str


@pytest.fixture(scope="module")
def people(besieged: House) -> list[Somebody]:
    """Each text of `KEPT` as a family name, with an address of its own."""
    with besieged.program() as program:
        found = []
        for number, name in enumerate(KEPT):
            email = f"typed{number}@mairie.example"
            answer = program.post(
                REGISTER, json=person(family_name=name, given_name="", email=email, function=name[:140])
            )
            assert answer.status_code == 201, (name, answer.text)
            found.append(Somebody(name, email, answer.json()["id"], answer.json()["manage_url"]))
    return found


def shown(text: str) -> str:
    """As it is kept: composed."""
    return unicodedata.normalize("NFC", text)


def words(page: str) -> str:
    """What a person reads on a page: also what stands in fields."""
    tree: Any = pages.document_fromstring(page)
    return tree.text_content() + " ".join(tree.xpath("//@value"))


def bare(text: str) -> str:
    """Without the blanks where a line may have been broken, in one case."""
    return "".join(shown(text).casefold().split())


def test_every_text_is_shown_as_typed_to_programs_and_on_pages(besieged: House, people: list[Somebody]):
    with besieged.program() as program, besieged.visitor() as visitor:
        for one in people:
            answer = program.get(f"{REGISTER}/{one.id}").json()
            page = visitor.get(one.manage).text

            assert answer["family_name"] == answer["function"] == shown(one.name)
            assert shown(one.name) in words(page), one.name
            assert [*injected(page)] == []


def test_every_text_is_shown_as_typed_to_the_team(besieged: House, people: list[Somebody]):
    with besieged.visitor() as claire:
        claire.post("/equipe/connexion", data={"email": besieged.staff_email, "password": besieged.staff_password})
        for one in people[::2]:
            for address in (f"/equipe/inscriptions/{one.id}", f"/equipe/inscriptions/{one.id}/modifier"):
                page = claire.get(address).text

                assert shown(one.name) in words(page), (address, one.name)
                assert [*injected(page)] == []
        listed = claire.get("/equipe/inscriptions", params={"q": "typed"}).text
        assert [*injected(listed)] == []


def test_every_text_is_in_the_mail_as_typed(besieged: House, people: list[Somebody]):
    with besieged.program() as program:
        for one in people:
            asked = {"recipient": one.email, "state": "sent"}
            sent = partial(program.get, "/api/notifications/v1/deliveries", params=asked)
            await_until(lambda sent=sent: bool(sent().json()["items"]), f"the mail of {one.name}", limit=90)  # type: ignore[misc]
    mails = {str(mail["Delivered-To"]): mail for mail in besieged.mails("typed")}
    for one in people:
        mail = mails[one.email]
        plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
        assert plain
        assert rich
        marks = str.maketrans("", "", "\u2068\u2069")
        said = plain.get_content().translate(marks), words(rich.get_content()).translate(marks)

        assert [text for text in said if shown(one.name) not in text] == [], one.name
        assert len(one.name) < 5 or one.name not in " ".join(str(value) for value in mail.values())
        assert [fault for fault in injected(rich.get_content()) if "style" not in fault] == []


def test_every_text_is_on_the_badge_as_typed(besieged: House, people: list[Somebody]):
    with besieged.program() as program, besieged.visitor() as visitor:
        for one in people:
            pdf: list[bytes] = []

            def printed(one: Somebody = one, pdf: list[bytes] = pdf) -> bool:
                page = pages.document_fromstring(visitor.get(one.manage).text)
                links = [link for link in page.xpath("//a/@href") if "/badge/" in link]
                pdf.extend(visitor.get(link).content for link in links[:1])
                return bool(pdf)

            await_until(printed, f"the badge of {one.name}", limit=60)
            sheet = pymupdf.open(stream=pdf[0])[0].get_text()

            # From right to left, a reader of PDFs may give the words in another order.
            assert [word for word in one.name.split() if bare(word) not in bare(sheet)] == [], sheet
        assert program.get(f"{REGISTER}/{people[0].id}").is_success


@pytest.mark.parametrize("field", ["family_name", "function"])
@pytest.mark.parametrize(
    ("lang", "start"), [("fr", ("Nom", "Fonction")), ("en", ("Family name", "Position")), ("es", ("Apellido", "Cargo"))]
)
def test_what_cannot_be_shown_is_refused_in_words(besieged: House, field: str, lang: str, start: tuple[str, str]):
    with besieged.program() as program:
        for text, reason in REFUSED.items():
            if field == "function" and reason == "61":
                continue
            said = json.dumps(person(**{field: text})).encode()
            answer = program.post(
                REGISTER, content=said, headers={"Content-Type": "application/json", "Accept-Language": lang}
            )
            named = [error for error in answer.json().get("errors", []) if error["field"] == field]

            assert (answer.status_code, len(named)) == (422, 1), (text[:20], answer.text[:300])
            assert reason in named[0]["detail"].replace("\u202f", "").replace("\u00a0", ""), named
