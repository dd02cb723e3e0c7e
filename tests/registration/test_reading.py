"""Reading never acts, and a link that is not ours opens nothing: for every address there is, not for a list of them."""

import pytest

from services.registration import actions
from services.registration.web import ROUTERS
from shared.ids import new_id
from tests.registration.conftest import a_session, an_application, answers, opened
from tests.registration.test_form import hidden
from tests.registration.test_transferring import YANN

PARAMETERS = {"session": "2026-01", "what": "2026-01", "token": "x", "id": "x"}


def addresses(method):
    """Every address of the service for this method, without the team's."""
    routes = [one for router in ROUTERS for one in router.routes if method in one.methods]
    return sorted({one.path for one in routes if not one.path.startswith("/equipe")})


def filled(path, **known):
    """The address with its parameters."""
    values = {**PARAMETERS, **known}
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, f"say in PARAMETERS what stands for the parameter of {path}"
    return path


async def everything(store):
    """All documents of all collections."""
    return {
        name: sorted([str(one) async for one in store.database[name].find()])
        for name in await store.database.list_collection_names()
    }


@pytest.fixture
async def mine(desk, store):
    """A registration; answers its id and the token of its link."""
    await opened(store, a_session(), a_session("other", day=9))
    application = an_application(sessions=("2026-01",), needs=("vegetarian",))
    answer = await actions.register(store, application, id=new_id(), key=None, manage_url=desk.manage_url)
    return answer.id, desk.links.make(answer.id, 1)


async def test_reading_every_public_address_twice_changes_nothing(visitor, desk, store, mine):
    paths = [filled(path, token=mine[1], id=mine[0]) for path in addresses("GET")]
    before = await everything(store)
    statuses = [(await visitor.get(path)).status_code for path in paths for _ in range(2)]
    assert await everything(store) == before
    assert statuses.count(200) >= 2 * 10
    assert max(statuses) < 500
    for path in ("", "/modifier", "/seances", "/transmettre", "/nouveau-lien", "/annuler"):
        assert f"/mon-inscription/{mine[1]}{path}" in paths


async def test_a_link_that_is_not_ours_opens_nothing_anywhere(visitor, desk, store, mine):
    other = await actions.register(store, an_application(), id=new_id(), key=None, manage_url=desk.manage_url)
    id, generation, mac = mine[1].split(".")
    forged = [
        f"{other.id}.{generation}.{mac}",
        f"{id}.2.{mac}",
        f"{id}.0.{mac}",
        f"{id}.1.{'a' * 24}",
        mine[1].upper(),
        "x",
    ]
    before = await everything(store)
    for method in ("GET", "POST"):
        for path in addresses(method):
            for token in forged if "{token}" in path else ():
                data = {**answers(), **YANN, "confirmed": "yes"} if method == "POST" else None
                answer = await visitor.request(method, filled(path, token=token), data=data)
                assert answer.status_code == 404, (method, path, token)
                assert "Kervadec" not in answer.text
    assert await everything(store) == before


async def test_posting_everything_a_link_offers_twice_does_it_once(visitor, desk, store, mine):
    tails = ("modifier", "seances", "transmettre", "nouveau-lien", "annuler")
    for tail in tails:
        answer = await actions.register(
            store, an_application(sessions=("other",)), id=new_id(), key=None, manage_url=desk.manage_url
        )
        path = f"/mon-inscription/{desk.links.make(answer.id, 1)}/{tail}"
        page = await visitor.get(path)
        version = hidden(page, "version") if 'name="version"' in page.text else ""
        data = {**answers(), **YANN, "confirmed": "yes", "sessions": "2026-01", "version": version}
        await visitor.post(path, data=data)
        once = await everything(store)
        again = await visitor.post(path, data=data)
        assert again.status_code in {303, 410}, tail
        assert await everything(store) == once, tail
