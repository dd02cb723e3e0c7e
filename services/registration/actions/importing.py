"""A list that the team sent: kept, carried out line by line, each once whatever dies meanwhile, or thrown away."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from services.registration import store as kept
from services.registration.actions.registering import keep_new, shares_address
from services.registration.actions.telling import ManageUrl, address_key, told
from services.registration.domain import importing as domain
from services.registration.domain.importing import Choices, Import, Line, LineState
from services.registration.domain.refusals import ImportUnderWay, LineBroken
from services.registration.domain.registrations import Application
from services.registration.store import Store, documents
from services.registration.store.store import house_reads
from shared.errors import Away, NotFound, Refusal
from shared.failpoints import reach
from shared.ids import new_id
from shared.logs import failure, log
from shared.mongo import is_away
from shared.store import Unit, by_id

AT_ONCE = 100
"""Lines of one step: they share their transactions."""


async def keep_import(store: Store, made: Import, lines: Sequence[Line]) -> None:
    """Keep a list that was checked. Its lines come first: a list that is there is there as a whole."""
    rest = iter(lines)
    while some := [*islice(rest, AT_ONCE)]:
        await asyncio.gather(*(store.commit(_adding(line), patient=True) for line in some))

    def decide(unit: Unit) -> None:
        unit.add(kept.IMPORTS, documents.import_document(made))
        unit.audit(made.actor, "import.send", made.id, [f"lines:{len(lines)}"])

    await store.commit(decide)


def _adding(line: Line) -> Callable[[Unit], None]:
    return lambda unit: unit.add(kept.LINES, documents.line_document(line))


async def confirm_import(
    store: Store, id: str, choices: Choices, *, actor: str, counts: Mapping[LineState, int]
) -> None:
    """Let a list be carried out, once; raises `NotFound`, or `ImportUnderWay` when it was in other words."""

    def decide(unit: Unit) -> None:
        document = unit.get(kept.IMPORTS, id)
        if document is None:
            raise NotFound
        before = documents.import_(document)
        after = before.confirmed(choices)
        if after == before:
            return
        unit.put(kept.IMPORTS, documents.import_document(after))
        taken = sum(counts.get(state, 0) for state in choices.taken)
        said = {"lines": taken, "left": sum(counts.values()) - taken, **vars(choices)}
        unit.audit(actor, "import.confirm", id, [f"{name}:{value}".lower() for name, value in said.items()])

    await store.commit(decide, by_id(kept.IMPORTS, id))


async def discard_import(store: Store, id: str, *, actor: str) -> None:
    """Throw a list away with its lines; who was registered stays. Raises `ImportUnderWay` while it is carried out."""

    def decide(unit: Unit) -> None:
        document = unit.get(kept.IMPORTS, id)
        if document is None:
            raise NotFound
        if document["state"] == "running":
            raise ImportUnderWay
        unit.remove(kept.IMPORTS, id)
        unit.audit(actor, "import.discard", id)

    await store.commit(decide, by_id(kept.IMPORTS, id))
    while ids := await store.imports.ids(id, AT_ONCE):
        await asyncio.gather(*(store.commit(_removing(line), by_id(kept.LINES, line), patient=True) for line in ids))


def _removing(line: str) -> Callable[[Unit], None]:
    return lambda unit: unit.remove(kept.LINES, line)


async def forget_lines(store: Store, email: str, *, actor: str) -> int:
    """Forget what lists say of an address, whoever it is; how many lines that were."""
    address = documents.address_hash(email)

    def decide(unit: Unit) -> int:
        found = unit.find(kept.LINES, "address", address)
        for line in found:
            unit.remove(kept.LINES, line["_id"])
        if found:
            unit.audit(actor, "import.forget", "", [f"lines:{len(found)}"])
        return len(found)

    return await store.commit(decide)


def importing(store: Store, manage_url: ManageUrl) -> Callable[[], Awaitable[bool]]:
    """The step of a leased loop: registers some lines of a list; a process that dies is followed by another."""

    async def step() -> bool:
        made = await store.imports.running()
        if made is None or made.choices is None:
            return False
        lines = await store.imports.lines(made.id, made.choices.taken, AT_ONCE)
        if not lines:
            await _end(store, made)
            return True
        lines = await _apart_from_twins(store, made, lines)
        work = (_carry_out(store, made, line, manage_url) for line in lines)
        await asyncio.gather(*work)
        reach("import-some")
        return True

    return step


async def _apart_from_twins(store: Store, made: Import, lines: Sequence[Line]) -> Sequence[Line]:
    """The lines without those whose person registered since the list was checked, unless twins are wanted."""
    if made.choices is None or made.choices.twins:
        return lines
    people = [line.application.person for line in lines if line.application]
    there = await store.imports.resembling(made.edition, people)
    for line in lines:
        if line.who in there:
            await _change(store, replace(line, state="twin", registration=there[line.who]))
    return [line for line in lines if line.who not in there]


async def _carry_out(store: Store, made: Import, line: Line, manage_url: ManageUrl) -> None:
    """One line, and if we break on it, that one alone."""
    try:
        await register_line(store, made, line, manage_url=manage_url)
    except Exception as error:
        if isinstance(error, Away) or is_away(error):
            raise
        log().error("import.broken", line=line.id, **failure(error))
        await _change(store, domain.refused(line, LineBroken(), {}))


async def _change(store: Store, line: Line) -> None:
    """Keep a line as it is now, if it is still there."""

    def decide(unit: Unit) -> None:
        if unit.get(kept.LINES, line.id):
            unit.put(kept.LINES, documents.line_document(line))

    await store.commit(decide, by_id(kept.LINES, line.id), patient=True)


async def register_line(store: Store, made: Import, line: Line, *, manage_url: ManageUrl) -> None:
    """Register who is in a line, once: it says in the same transaction that it is done. A refusal stays with it."""
    application, choices, new = line.application, made.choices, new_id()
    if application is None or choices is None:
        return
    reference = documents.reference_key(made.edition, application.reference) if application.reference else ""

    def decide(unit: Unit) -> None:
        document = unit.get(kept.LINES, line.id)
        if document is None or document["state"] not in choices.taken:
            return
        if reference and (known := unit.get(kept.REFERENCES, reference)):
            after = domain.there_already(line, known["registration"])
        else:
            after = _registered(store, unit, _Turn(made, choices, line, application, new), manage_url)
        unit.put(kept.LINES, documents.line_document(after))

    reads = [by_id(kept.LINES, line.id), by_id(kept.ADDRESSES, address_key(made.edition, application.person.email))]
    reads += [by_id(kept.REFERENCES, reference)] if reference else []
    await store.commit(decide, *reads, *house_reads(made.edition, *_queues(application)), patient=True)


@dataclass(frozen=True)
class _Turn:
    """A line whose turn it is. `new` is the id of the registration, if one comes of it."""

    made: Import
    choices: Choices
    line: Line
    application: Application
    new: str


def _queues(application: Application) -> tuple[str, ...]:
    """The waiting lists that somebody may join."""
    return (*application.sessions, *application.waiting, "")


def _registered(store: Store, unit: Unit, turn: _Turn, manage_url: ManageUrl) -> Line:
    """The line after its person was registered, or why they could not be."""
    application, full = turn.application, turn.choices.full
    try:
        house = store.house(unit, application.edition, *_queues(application))
        shared = shares_address(unit, application)
        stand = domain.bring(application, house, id=turn.new, now=unit.now, shared=shared, full=full)
    except Refusal as refusal:
        return domain.refused(turn.line, refusal, turn.made.headings)
    keep_new(store, unit, house, stand, application)
    if application.reference:
        key = documents.reference_key(application.edition, application.reference)
        unit.put(kept.REFERENCES, {"_id": key, "registration": turn.new})
    beyond = full == "beyond" and domain.is_full(application, house, unit.now)
    unit.audit(turn.made.actor, "registration.import", turn.new, ["beyond-quota"] if beyond else [])
    unit.record(told(*stand, manage_url, actor="staff", quiet=not turn.choices.mails), stand[0].sequence)
    return domain.registered(turn.line, turn.new)


async def _end(store: Store, made: Import) -> None:
    """All its lines had their turn."""

    def decide(unit: Unit) -> None:
        document = unit.get(kept.IMPORTS, made.id)
        if document and document["state"] == "running":
            ended = replace(documents.import_(document), state="done", ended_at=unit.now)
            unit.put(kept.IMPORTS, documents.import_document(ended))

    await store.commit(decide, by_id(kept.IMPORTS, made.id), patient=True)
