"""What must be true of places and waiting lists after every step, counted again from the registrations alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations

from services.registration.domain.queues import Queue
from services.registration.domain.registrations import House, Registration


@dataclass(frozen=True)
class Scene:
    """Everything there is at one moment."""

    people: Mapping[str, Registration]
    house: House
    now: datetime


@dataclass
class Lines:
    """The reference: each waiting list as a plain list, kept from what people did and nothing else."""

    lines: dict[str, list[str]] = field(default_factory=dict)

    def follow(self, after: Scene) -> None:
        """Who waits newly goes to the end; who waits no longer goes out of the line."""
        for session in after.house.queues:
            line = [id for id in self.lines.get(session, []) if waits(after.people[id], session)]
            line += [id for id, one in after.people.items() if waits(one, session) and id not in line]
            self.lines[session] = line


def waits(one: Registration, session: str) -> bool:
    """In the line of a session, or with none of the edition."""
    if not session:
        return one.status == "waitlisted"
    wish = one.wish(session)
    return one.lives and wish is not None and wish.offered_until is None


def is_offered(one: Registration, session: str) -> bool:
    """A place in the session, or at the edition, is held."""
    if not session:
        return one.status == "offered"
    wish = one.wish(session)
    return one.lives and wish is not None and wish.offered_until is not None


def taken(scene: Scene) -> Counter[str]:
    """Places in use by what they are of: the edition "", each category, each session."""
    used: Counter[str] = Counter()
    for one in scene.people.values():
        if one.status in {"confirmed", "offered"}:
            used.update(["", f"category {one.category}"])
        if one.lives:
            used.update(one.sessions)
            used.update(wish.session for wish in one.waiting if wish.offered_until)
    return used


def limits(house: House) -> dict[str, int | None]:
    """The quota of each."""
    found: dict[str, int | None] = {"": house.edition.quota}
    found |= {f"category {one.id}": one.quota for one in house.edition.categories}
    return found | {one.id: one.capacity for one in house.programme.sessions.values()}


def check_counts(scene: Scene) -> None:
    """Every counter is the sum over the registrations."""
    places, people = scene.house.places, scene.people.values()
    used = taken(scene)
    status = Counter(one.status for one in people)
    assert places.taken == used[""] == status["confirmed"] + status["offered"]
    assert (places.confirmed, places.offered) == (status["confirmed"], status["offered"])
    assert (places.pending, places.refused, places.cancelled) == (
        status["pending"],
        status["refused"],
        status["cancelled"],
    )
    assert places.total == len(scene.people)
    assert positive(places.categories) == {
        key.removeprefix("category "): count for key, count in used.items() if key.startswith("category ")
    }
    assert positive(places.sessions) == {key: used[key] for key in scene.house.programme.sessions if used[key]}
    assert positive(places.queued) == Counter(one.category for one in people if one.status == "waitlisted")
    assert positive(places.waiting) == Counter(
        session for one in people for session in scene.house.programme.sessions if waits(one, session)
    )
    assert positive(places.both) == Counter(
        " ".join(sorted(pair)) for one in people if one.lives for pair in combinations(one.sessions, 2)
    )


def positive(counts: Mapping[str, int]) -> dict[str, int]:
    """Without what is at zero; nothing may be below."""
    assert min(counts.values(), default=0) >= 0
    return {key: count for key, count in counts.items() if count}


def check_lists(scene: Scene, lines: Lines) -> None:
    """Each list is the line of the reference, in its order; its offers are those that people have."""
    for session, queue in scene.house.queues.items():
        assert [one.registration for one in queue.waiting] == lines.lines.get(session, [])
        assert {one.registration for one in queue.offers} == {
            id for id, one in scene.people.items() if is_offered(one, session)
        }


def check_quotas(before: Scene, after: Scene) -> None:
    """I3: whatever was given in this step was there to give. A quota lowered below what is taken throws nobody out."""
    was, quotas = taken(before), limits(after.house)
    for key, count in taken(after).items():
        quota = quotas.get(key)
        assert quota is None or count <= max(quota, was[key]), f"{count} of {quota} places taken: {key or 'edition'}"


def check_order(before: Scene, after: Scene) -> None:
    """I4: nobody is served before somebody ahead of them, unless a reason is kept why that one was passed over."""
    for session, queue in after.house.queues.items():
        line = [one.registration for one in before.house.queues[session].waiting]
        served = [id for id in line if is_offered(after.people[id], session) or _entered(after.people[id], session)]
        if served:
            for id in line[: line.index(served[-1])]:
                assert not waits(after.people[id], session) or _reason(queue, id), f"{id} was passed over in silence"
        _check_newcomers(before, after, session)


def _entered(one: Registration, session: str) -> bool:
    return session in one.sessions and one.lives if session else one.status == "confirmed"


def _check_newcomers(before: Scene, after: Scene, session: str) -> None:
    """Who was not in the line takes no place that somebody in it could have had."""
    for id, one in after.people.items():
        was = before.people.get(id)
        if was and (_entered(was, session) or waits(was, session) or is_offered(was, session)):
            continue
        if not _entered(one, session):
            continue
        for entry in before.house.queues[session].waiting:
            assert not _could_have(before, entry.category, session, one.category), f"{id} overtook {entry.registration}"


def _could_have(scene: Scene, category: str, session: str, newcomer: str) -> bool:
    if session:
        return True
    rules = scene.house.category(category)
    if rules is None or not scene.house.edition.is_open(scene.now, rules):
        return False
    full = rules.quota is not None and taken(scene)[f"category {category}"] >= rules.quota
    return category == newcomer or not full


def _reason(queue: Queue, id: str) -> bool:
    return any(skip.registration == id for skip in queue.skips)


def check_offers(before: Scene, after: Scene) -> None:
    """A10: no offer after the beginning, for a closed category or a cancelled session, nor one that outlasts them."""
    for id, one in after.people.items():
        was = before.people.get(id)
        for session in after.house.queues:
            if not is_offered(one, session) or (was and is_offered(was, session)):
                continue
            if session:
                found = after.house.programme.sessions[session]
                assert found.status == "scheduled"
                assert after.now < one.wish(session).offered_until <= found.start
            else:
                assert after.house.edition.is_open(after.now, after.house.category(one.category))
                assert after.now < one.offered_until <= after.house.edition.starts()


def check_nothing_idle(scene: Scene) -> None:
    """After promotion has come to rest, no place lies free that somebody in a line could have."""
    used, quotas = taken(scene), limits(scene.house)

    def free(key: str) -> bool:
        return quotas[key] is None or used[key] < quotas[key]

    for session, queue in scene.house.queues.items():
        assert all(one.until > scene.now for one in queue.offers)
        if session:
            found = scene.house.programme.sessions[session]
            is_on = found.status == "scheduled" and found.start > scene.now
            assert not (is_on and queue.waiting and free(session)), f"a place in {session} lies idle"
        elif free(""):
            for entry in queue.waiting:
                rules = scene.house.category(entry.category)
                is_open = scene.house.edition.is_open(scene.now, rules)
                assert not (is_open and free(f"category {entry.category}")), "a place at the edition lies idle"


def check_step(before: Scene, after: Scene, lines: Lines) -> None:
    """All of it, for what one step made of `before`."""
    lines.follow(after)
    check_counts(after)
    check_lists(after, lines)
    check_quotas(before, after)
    check_order(before, after)
    check_offers(before, after)
