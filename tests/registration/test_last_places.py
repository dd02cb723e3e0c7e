"""Four processes, more people than places: exactly the places are given, and everything agrees afterwards."""

from deploy.verify.places import recount
from tests.registration.conftest import EDITION, opened
from tests.registration.last_places import race

PEOPLE, PLACES = 1000, 300


async def test_four_processes_give_exactly_the_places_there_are(store, mongo_url):
    await opened(store, quota=PLACES)

    answers = await race(store.database, mongo_url, requests=PEOPLE)

    registrations = await store.database.registrations.find().to_list(None)
    counted = await store.database.places.find_one({"_id": EDITION})
    assert answers == {"placed": PLACES, "full": PEOPLE - PLACES}
    assert (len(registrations), counted["taken"], recount(registrations)["taken"]) == (PLACES, PLACES, PLACES)
    assert len({one["person"]["email"] for one in registrations}) == PLACES
    told = await store.database.outbox.find({"subject": {"$regex": "places-changed"}}).sort("sequence", 1).to_list(None)
    assert [one["sequence"] for one in told] == [*range(1, len(told) + 1)]
