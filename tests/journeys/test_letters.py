"""What a person changes on their own pages is said by mail: once, to the right address, with what goes along."""

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import icalendar
import lxml.html
import pymupdf
import pytest

from tests.house import House
from tests.journeys.story import Story, an_application, attachment, events, link, text

TAKEN, OTHER = "2026-06", "2026-07"


@pytest.fixture
def story(house: House) -> Iterator[Story]:
    told = Story(house)
    yield told
    told.close()


def submit(story: Story, address: str, changes: dict[str, Any], button: tuple[str, str] | None = None) -> Any:
    """Open a page, change what its form says, and send it; what comes back."""
    return submit_page(story, story.http.get(address), changes, button)


def submit_page(story: Story, answer: Any, changes: dict[str, Any], button: tuple[str, str] | None = None) -> Any:
    assert answer.status_code == 200, answer.text
    page = lxml.html.fromstring(answer.text)
    form = page.xpath("//main//form[@method='post']")[0]
    fields: dict[str, list[str]] = {}
    for name, value in form.form_values():
        fields.setdefault(name, []).append(value)
    for name, value in changes.items():
        fields[name] = value if isinstance(value, list) else [value]
    if button:
        fields[button[0]] = [button[1]]
    sent = story.http.post(form.action, data=fields)
    assert sent.status_code == 200, sent.text
    return sent


def printed(mail: EmailMessage) -> str:
    """What stands on the badge of this mail."""
    with pymupdf.open(stream=attachment(mail, "application/pdf")) as document:
        return str(document[0].get_text())


def test_each_change_a_person_makes_is_mailed_once(story: Story):
    application = an_application(sessions=[TAKEN])
    address = str(application["email"])
    story.register(application)
    page = link(story.await_mail(address, "confirmée"), "/mon-inscription/")

    submit(story, f"{page}/modifier", {"function": "Présidente du syndicat des eaux"})
    changed = story.await_mail(address, "est modifiée")
    assert "Présidente du syndicat des eaux" in text(changed)
    assert "syndicat des eaux" in " ".join(printed(changed).split())

    submit(story, f"{page}/seances", {"sessions": [OTHER]})
    chosen = story.await_mail(address, "vos séances ont changé")
    calendar = events(chosen)
    assert (str(calendar[TAKEN]["STATUS"]), str(calendar[OTHER]["STATUS"])) == ("CANCELLED", "CONFIRMED")

    submit(story, f"{page}/nouveau-lien", {})
    fresh = link(story.await_mail(address, "nouveau lien"), "/mon-inscription/")
    assert fresh != page
    assert story.http.get(page).status_code == 410

    submit(story, "/inscription/retrouver", {"email": address})
    assert link(story.await_mail(address, "le lien vers votre inscription"), "/mon-inscription/") == fresh
    assert_no_title_twice(story, address, 5)


def assert_no_title_twice(story: Story, address: str, count: int) -> None:
    titles = [str(mail["Subject"]) for mail in story.mails(address)]
    assert len(titles) == len(set(titles)) == count


def test_a_place_passed_on_is_mailed_to_both(story: Story):
    application = an_application(sessions=[OTHER])
    address = str(application["email"])
    story.register(application)
    page = link(story.await_mail(address, "confirmée"), "/mon-inscription/")

    successor = an_application()
    names = {"given_name": "Inès", "family_name": "Ouali", "email": successor["email"], "privacy": "yes"}
    asked = submit(story, f"{page}/transmettre", {**names, "function": "Directrice"})
    submit_page(story, asked, {}, ("confirmed", "yes"))
    received = story.await_mail(str(successor["email"]), "transmise")
    given = story.await_mail(address, "est transmise")
    assert "OUALI" in printed(received)
    assert OTHER in events(received)
    assert "mon-inscription" not in text(given)
    assert icalendar.Calendar.from_ical(attachment(given, "text/calendar"))["METHOD"] == "CANCEL"
    assert "Inès Ouali" in text(given)

    assert_no_title_twice(story, address, 2)
    assert_no_title_twice(story, str(successor["email"]), 1)
