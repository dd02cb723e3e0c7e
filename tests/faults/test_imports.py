"""I1, I2, I6 for a list that the team sends: whatever dies while it is carried out, each line comes to be once."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from deploy.children import await_until
from tests.house import House, running_house
from tests.journeys.story import Story, eventually

LINES = 230
HEADINGS = "Nom;Prénom;Fonction;Structure;Catégorie;Adresse électronique;Référence externe"
PATH = "/equipe/inscriptions/importer"


@pytest.fixture
def mark() -> str:
    """A word that stands in every name of one list."""
    return f"Liste{uuid4().hex[:8]}"


def sent(story: Story, mark: str, lines: int = LINES) -> str:
    """The page of a list of so many people, which is not confirmed yet."""
    rows = [
        f"{mark}{n:03};Ana;Maire;Association (fictive);equipe;{mark.lower()}{n:03}@mairie.example;{mark}-{n}"
        for n in range(lines)
    ]
    content = "\n".join([HEADINGS, *rows]).encode()
    answer = story.http.post(PATH, files={"file": ("liste.csv", content)}, follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def confirm(story: Story, page: str, mails: str) -> httpx.Response:
    form = {"mails": mails, "informed": "yes", "full": "beyond"}
    return story.http.post(page, data=form, follow_redirects=False)


def is_done(story: Story, page: str) -> bool:
    answer = story.http.get(page)
    return answer.status_code == 200 and "refresh" not in answer.headers


def people(story: Story, mark: str) -> list[str]:
    """The references of everybody who came of the list."""
    found = story.api.get("/api/registration/v1/registrations", params={"q": mark, "limit": 500}).json()["items"]
    return sorted(one["reference"] for one in found)


@pytest.fixture(scope="module")
def house(scratch: Path) -> Iterator[House]:
    """Of their own: more people come of these lists than the sample has places."""
    with running_house(scratch / "lists") as one:
        yield one


@pytest.fixture
def team(house: House) -> Iterator[Story]:
    """Signed in for the team, in a house where all is well."""
    house.await_ready()
    with closing(Story(house)) as story:
        form = {"email": house.staff_email, "password": house.staff_password, "suite": "/equipe"}
        story.http.post("/equipe/connexion", data=form)
        yield story
    house.disarm()


def test_list_of_five_megabytes_passes_the_front_door_and_a_larger_one_does_not(team: Story) -> None:
    for size, status in ((4_900, 422), (5_400, 413)):
        rows = (b"x" * 999 + b"\n") * size
        assert team.http.post(PATH, files={"file": ("liste.csv", b"Nom\n" + rows)}).status_code == status
    assert team.http.post("/equipe/inscriptions/nouvelle", data={"x": "x" * 1_100_000}).status_code == 413


@pytest.mark.parametrize("place", ["import-some", "before-commit", "after-commit"])
def test_process_that_dies_in_the_middle_leaves_each_line_once(team: Story, mark: str, place: str) -> None:
    page = sent(team, mark)
    with team.house.without("notifications"):  # what a list tells waits, and nobody is written to for hours
        team.house.arm("registration", place)
        with suppress(httpx.HTTPError):  # it may die of this very request
            confirm(team, page, "no")
        await_until(lambda: not team.house.is_armed("registration", place), "the end of registration", limit=60)
        eventually(lambda: team.http.get(page).is_success, "registration again")
        assert confirm(team, page, "no").status_code == 303
        eventually(lambda: is_done(team, page), "the list carried out")
    assert people(team, mark) == sorted(f"{mark}-{n}" for n in range(LINES))
    again = sent(team, mark)
    assert f"{LINES}</a></dd>" in team.http.get(again).text  # all of them known
    assert "Importer " not in team.http.get(again).text.partition("</h1>")[2]


def test_killed_from_outside_at_any_moment_it_goes_on(team: Story, mark: str) -> None:
    page = sent(team, mark)
    assert confirm(team, page, "no").status_code == 303
    for _ in range(2):
        os.kill(team.house.pid("registration"), signal.SIGKILL)
        await_until(lambda: team.house.pid("registration") != 0, "registration again", limit=60)
    eventually(lambda: team.http.get(page).is_success and is_done(team, page), "the list carried out")
    assert people(team, mark) == sorted(f"{mark}-{n}" for n in range(LINES))


@pytest.mark.parametrize("mails", ["yes", "no"])
def test_mail_leaves_if_the_team_said_so_and_the_badge_is_made_anyway(team: Story, mark: str, mails: str) -> None:
    page = sent(team, mark, lines=1)
    confirm(team, page, mails)
    eventually(lambda: is_done(team, page), "the list carried out")
    (one,) = team.api.get("/api/registration/v1/registrations", params={"q": mark}).json()["items"]
    badges = "/api/badges/v1/badges"
    eventually(lambda: team.api.get(badges, params={"registration": one["id"]}).json()["items"], "the badge")
    if mails == "yes":
        assert team.await_mail(one["email"], "confirmée")
        return
    team.api.post(f"/api/registration/v1/registrations/{one['id']}/cancel").raise_for_status()
    team.await_mail(one["email"], "annulée")  # told after the confirmation would have been
    deliveries = team.api.get("/api/notifications/v1/deliveries", params={"recipient": one["email"]}).json()["items"]
    assert [each["template"] for each in deliveries] == ["cancellation"]
