"""The JSON API as programs at the door use it."""

import pytest

from services.badges import actions
from tests.badges.factories import FIRST_MORNING, cancelled, confirmed, signed_in, tell, token

CHECK_INS = "/api/badges/v1/check-ins"


def scan(text, nonce="n1", **more):
    return {"token": text, "gate": "Iéna", "scanned_at": FIRST_MORNING.isoformat(), "nonce": nonce, **more}


async def test_badges_of_a_registration_carry_the_token_of_their_qr(site, workshop, issued):
    answer = await site.get("/api/badges/v1/badges", params={"registration": "r1"}, headers=token("registrations"))
    assert answer.json() == {
        "items": [
            {
                "id": issued.id,
                "registration": "r1",
                "token": workshop.token(issued),
                "code": issued.code,
                "state": "active",
                "category": "elu",
                "generation": 1,
            }
        ],
        "next": None,
    }


async def test_badges_are_paged(site, store, workshop, issued):
    for number in range(2, 6):
        await tell(store, confirmed(f"r{number}"), 1)
    await actions.issue_due(store, workshop)
    seen, cursor = [], None
    while cursor or not seen:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await site.get("/api/badges/v1/badges", params=params, headers=token("registrations"))).json()
        seen += [item["registration"] for item in page["items"]]
        cursor = page["next"]
    assert seen == ["r1", "r2", "r3", "r4", "r5"]


async def test_check_in_admits_then_says_already_then_refuses_a_cancelled_one(
    site, store, workshop, issued, on_the_day
):
    first = await site.post(CHECK_INS, json=scan(workshop.token(issued)), headers=token("desk"))
    assert first.status_code == 200
    assert first.json() == {
        "result": "admitted",
        "rehearsal": False,
        "holder": {
            "registration": "r1",
            "given_name": "Solène",
            "family_name": "Kervadec-Diallo",
            "function": "Adjointe au maire",
            "organisation": "Montreuil",
            "country": "FR",
            "category": "elu",
            "category_label": {"fr": "Élue ou élu"},
        },
        "first_seen": None,
        "first_gate": None,
        "reason": None,
        "undone_at": None,
    }
    again = (await site.post(CHECK_INS, json=scan(issued.code, "n2"), headers=token("desk"))).json()
    assert (again["result"], again["first_seen"], again["first_gate"]) == ("already", "2026-07-08T06:52:00Z", "Iéna")
    await tell(store, cancelled(), 2)
    refused = (await site.post(CHECK_INS, json=scan(workshop.token(issued), "n3"), headers=token("desk"))).json()
    assert (refused["result"], refused["holder"]["family_name"]) == ("revoked", "Kervadec-Diallo")


async def test_same_nonce_gives_the_same_answer(site, issued, on_the_day):
    answers = [(await site.post(CHECK_INS, json=scan(issued.code), headers=token("desk"))).json() for _ in range(3)]
    assert answers[0]["result"] == "admitted"
    assert answers[1:] == answers[:1] * 2
    other = await site.post(CHECK_INS, json=scan("0000000000"), headers=token("desk"))
    assert (other.status_code, other.json()["code"]) == (422, "nonce-reused")


async def test_attendance_lists_admissions_that_count(site, issued, on_the_day):
    await site.post(CHECK_INS, json=scan(issued.code), headers=token("desk"))
    answer = await site.get("/api/badges/v1/attendance", headers=token("desk"))
    assert answer.json() == {
        "items": [
            {
                "registration": "r1",
                "day": "2026-07-08",
                "seen_at": "2026-07-08T06:52:00Z",
                "gate": "Iéna",
                "desk": "token:a1",
                "category": "elu",
                "without_badge": False,
            }
        ],
        "next": None,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"gate": ""},
        {"gate": "x" * 81},
        {"gate": "a\nb"},
        {"gate": "a\u202eb"},
        {"token": {"$ne": ""}},
        {"token": "x" * 501},
        {"nonce": "$"},
        {"nonce": ""},
        {"scanned_at": "0001-01-01T00:00:00+14:00"},
        {"scanned_at": "9999-12-31T23:59:59-14:00"},
        {"scanned_at": "2026-07-08T08:52:00"},
        {"admin": True},
    ],
)
async def test_check_in_refuses_what_it_does_not_understand(site, issued, wrong):
    answer = await site.post(CHECK_INS, json=scan(issued.code) | wrong, headers=token("desk"))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), (token("import"), 403), ({"Authorization": "Bearer x"}, 401), (token("admin"), 200)],
)
async def test_api_wants_the_scope_desk(site, issued, headers, status):
    for answer in (
        await site.post(CHECK_INS, json=scan(issued.code), headers=headers),
        await site.get("/api/badges/v1/badges", headers=headers),
        await site.get("/api/badges/v1/attendance", headers=headers),
    ):
        assert answer.status_code == status


@pytest.mark.parametrize(("role", "status"), [("desk", 200), ("admin", 200), ("messages", 403)])
async def test_staff_may_check_in_in_the_role_desk(site, issued, role, status):
    headers = {"Origin": "https://example.org"}
    answer = await signed_in(site, role).post(CHECK_INS, json=scan(issued.code), headers=headers)
    assert answer.status_code == status


async def test_who_checks_in_may_not_list_what_opens_the_door(site, issued):
    answer = await site.get("/api/badges/v1/badges", headers=token("desk"))
    assert answer.status_code == 403
    assert (await signed_in(site, "desk").get("/api/badges/v1/badges")).status_code == 403


async def test_door_without_an_edition_says_so(site):
    answer = await site.post(CHECK_INS, json=scan("x"), headers=token("desk"))
    assert (answer.status_code, answer.json()["code"]) == (404, "no-edition")


async def test_openapi_describes_every_address(site):
    schema = (await site.get("/api/badges/openapi.json")).json()
    assert [*schema["paths"]] == [
        "/api/badges/v1/badges",
        "/api/badges/v1/check-ins",
        "/api/badges/v1/check-ins/{nonce}/undo",
        "/api/badges/v1/attendance",
        "/api/badges/v1/registrations/{id}/export",
    ]
