"""Everything is lost, and comes back from one file: the same documents, pages and badges, and nobody is written to."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from deploy import archive
from deploy.children import stop
from deploy.programs import Missing
from deploy.topology import SERVICES
from tests.faults.losing import PLUMBING, differing, manage, mongo, quiet
from tests.house import House, start
from tests.journeys.story import Story, an_application, eventually

SESSION = "2026-08"


def everything(house: House) -> dict[str, Any]:
    """Every document of every service, without what means nothing to another day."""
    with mongo(house) as client:
        return {
            service: {
                name: {str(one["_id"]): _lasting(one) for one in client[service][name].find()}
                for name in client[service].list_collection_names()
                if name not in PLUMBING - {"audit", "inbox"}
            }
            for service in SERVICES
        }


def _lasting(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in {"pending", "published_at", "rev"}}


def settle(story: Story) -> None:
    """Nothing is on its way any more."""
    story.house.await_ready()
    eventually(quiet(story.house, SERVICES), "every fact told and taken in")


def front_page(story: Story) -> str:
    return story.http.get("/").text.replace(story.house.base_url, "")


def the_same_file(file: Path, name: str) -> Path:
    return Path(shutil.copy(file, file.with_name(name)))


@contextmanager
def running(var: Path) -> Iterator[Story]:
    """The house of this folder, started and stopped again."""
    failpoints = var.parent / "failpoints"
    failpoints.mkdir(parents=True, exist_ok=True)
    settings = {"FAILPOINTS": str(failpoints)}
    child = start(var, **settings)
    story = Story(House(var, failpoints, settings))
    try:
        yield story
    finally:
        story.close()
        stop(child, patience=30)


def test_everything_comes_back_from_a_backup(scratch: Path, tmp_path: Path):
    var, file = scratch / "backup/var", tmp_path / "all.zip"
    stays, leaves, goes = (an_application(sessions=[SESSION]) for _ in range(3))
    with running(var) as story:
        badge = badge_link(story, stays)
        gone = story.register(goes)
        story.await_mail(goes["email"])
        settle(story)
        before, page = everything(story.house), front_page(story)
        assert "without the keys" in manage(story.house, "backup", str(file))
        assert file.stat().st_mode & 0o777 == 0o600
        assert "is not empty: --over" in manage(story.house, "restore", str(file), refused=True)

        story.register(leaves)
        story.await_mail(leaves["email"])
        story.cancel(gone["id"])
        settle(story)
        mails = [len(story.mails(one["email"])) for one in (stays, leaves, goes)]
    for folder in ("mongo", "nats"):
        shutil.rmtree(var / folder)
    assert damaged(story.house, file) == []

    assert "\n  0 mails that waited" in manage(story.house, "restore", str(file))

    with running(var) as story:
        settle(story)
        eventually(lambda: not differing(before, everything(story.house)), "every document as it was")
        assert differing(before, everything(story.house)) == []
        assert front_page(story) == page
        assert story.http.get(badge).headers["content-type"] == "application/pdf"
        assert "Everything that was seen holds" in manage(story.house, "verify")
        assert restored_over(story, file) == httpx.codes.NOT_FOUND
        story.register(last := an_application())
        story.await_mail(last["email"])
        assert [len(story.mails(one["email"])) for one in (stays, leaves, goes)] == mails


def restored_over(story: Story, file: Path) -> int:
    """The same beside the running house: what is answered about somebody who was forgotten after the backup."""
    person = story.register(application := an_application())
    story.await_mail(application["email"])
    second = file.with_name("second.zip")
    settle(story)
    manage(story.house, "backup", str(second))
    story.api.post(f"/api/registration/v1/registrations/{person['id']}/erase").raise_for_status()
    settle(story)
    manage(story.house, "restore", str(second), "--over")
    settle(story)
    return story.api.get(f"/api/registration/v1/registrations/{person['id']}").status_code


def badge_link(story: Story, application: dict[str, Any]) -> str:
    """The address of this person's badge, as their page gives it."""
    mine = story.register(application)
    story.await_mail(application["email"])
    story.badge(mine["id"])

    def look() -> str | None:
        page = story.http.get(urlsplit(mine["manage_url"]).path).text
        found = [part.split('"')[0] for part in page.split('href="') if "/badge/" in part.split('"')[0]]
        return next(iter(found), None)

    return urlsplit(eventually(look, "the badge on the page")).path


def damaged(house: House, file: Path) -> list[str]:
    """Copies of the backup that were truncated or altered, of which the restore did not say so."""
    short = the_same_file(file, "short.zip")
    short.write_bytes(file.read_bytes()[:-1000])
    altered = the_same_file(file, "altered.zip")
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(altered, "w") as other:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "registration/registrations.bson":
                content = content.replace(b"Kervadec", b"Kervadek")
            other.writestr(name, content)
    added = the_same_file(file, "added.zip")
    with zipfile.ZipFile(added, "a") as other:
        other.writestr("badges/more.bson", b"")
    text = the_same_file(file, "text.zip")
    text.write_text(json.dumps({}))
    assert "nothing was touched" in manage(house, "restore", str(short), refused=True)
    return [one.name for one in (altered, added, text) if not is_refused(one)]


def is_refused(file: Path) -> bool:
    try:
        archive.check(file)
    except Missing as refusal:
        return "nothing was touched" in str(refusal)
    return False
