"""What people do themselves, from the page to the mail and the door: correct, hand over, find and replace the link."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.house import House
from tests.journeys.story import Story, an_application, attachment, eventually, link, printed_code


@pytest.fixture(scope="module")
def story(house: House) -> Iterator[Story]:
    story = Story(house)
    yield story
    story.close()


def fields(page: str) -> dict[str, str]:
    """The version a page was built on."""
    found = re.search(r'name="version" value="([^"]*)"', page)
    return {"version": found[1]} if found else {}


def a_form(application: dict, **changes: str) -> dict[str, str]:
    """The answers under the form's field names."""
    names = ("given_name", "family_name", "email", "language", "function")
    organisation = {f"organisation_{name}": value for name, value in application["organisation"].items()}
    return {name: application[name] for name in names} | organisation | changes


def test_a_place_changes_hands_from_the_page_to_the_door(story: Story) -> None:
    application = an_application()
    mine = story.register(application)
    page = urlsplit(mine["manage_url"]).path
    first = printed_code(attachment(story.await_mail(application["email"], "confirmée"), "application/pdf"))

    known = story.http.get(f"{page}/modifier")
    corrected = a_form(application, function="Maire", **fields(known.text))
    assert story.http.post(f"{page}/modifier", data=corrected).is_success
    drawn_again = story.await_mail(application["email"], "modifiée")
    assert printed_code(attachment(drawn_again, "application/pdf")) == first

    colleague = an_application(given_name="Yann", family_name="Le Goff")
    handed = a_form(colleague, privacy="yes")
    asked = story.http.post(f"{page}/transmettre", data=handed)
    assert "Céder votre place à Yann Le Goff" in asked.text
    assert story.mails(colleague["email"]) == []
    assert (
        "maintenant à Yann Le Goff" in story.http.post(f"{page}/transmettre", data={**handed, "confirmed": "yes"}).text
    )

    arrived = story.await_mail(colleague["email"])
    second = printed_code(attachment(arrived, "application/pdf"))
    assert second != first
    assert story.check_in(first)["result"] == "revoked"
    assert story.check_in(second)["result"] == "admitted"
    assert story.await_mail(application["email"], "transmise")
    gone = story.http.get(page)
    assert (gone.status_code, "Le Goff" in gone.text) == (410, False)
    assert "Yann Le Goff" in story.http.get(urlsplit(link(arrived, "/mon-inscription/")).path).text


def test_a_lost_link_is_mailed_and_a_new_one_closes_it(story: Story) -> None:
    application = an_application()
    mine = story.register(application)
    story.await_mail(application["email"], "confirmée")
    asked = [
        story.http.post("/inscription/retrouver", data={"email": email})
        for email in (application["email"], "nobody@mairie.example")
    ]
    assert asked[0].text.replace(application["email"], "") == asked[1].text.replace("nobody@mairie.example", "")
    found = urlsplit(link(story.await_mail(application["email"], "le lien"), "/mon-inscription/")).path
    assert found == urlsplit(mine["manage_url"]).path
    assert story.mails("nobody@mairie.example") == []

    code = story.badge(mine["id"])["token"]
    story.http.post(f"{found}/nouveau-lien")

    def newer() -> str | None:
        links = [urlsplit(link(mail, "/mon-inscription/")).path for mail in story.mails(application["email"])]
        return next((one for one in links if one != found), None)

    replaced = eventually(newer, "the new link")
    assert story.http.get(found).status_code == 410
    assert "Kervadec-Diallo" in story.http.get(replaced).text
    assert story.check_in(code)["result"] == "admitted"


@pytest.mark.parametrize("service", ["badges", "notifications"])
def test_a_place_handed_over_while_another_service_is_down_changes_hands_all_the_same(
    story: Story, service: str
) -> None:
    application, colleague = an_application(), an_application(given_name="Awa", family_name="Ndiaye")
    mine = story.register(application)
    page = urlsplit(mine["manage_url"]).path
    first = printed_code(attachment(story.await_mail(application["email"], "confirmée"), "application/pdf"))

    with story.house.without(service):
        handed = a_form(colleague, privacy="yes", confirmed="yes")
        assert story.http.post(f"{page}/transmettre", data=handed).is_success
        assert story.http.get(page).status_code == 410

    arrived = story.await_mail(colleague["email"])
    second = printed_code(attachment(arrived, "application/pdf"))
    assert story.check_in(first)["result"] == "revoked"
    assert story.check_in(second)["result"] == "admitted"
    assert len(story.mails(application["email"], "transmise")) == 1
