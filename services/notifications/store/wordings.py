"""What the team wrote in place of our words, and mails sent to try them."""

from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from pymongo import ASCENDING, IndexModel

from services.notifications.domain.deliveries import Template
from services.notifications.domain.letters import Content
from services.notifications.domain.trials import Trial
from services.notifications.domain.wording import Wording, Words
from shared.store import Document, Unit

WORDINGS = "wordings"
TRIALS = "trials"

INDEXES = {
    # the sender of trials: what waits, oldest first
    TRIALS: [
        IndexModel([("state", ASCENDING), ("at", ASCENDING)]),
        # nobody looks at a trial the day after; it holds an address
        IndexModel([("at", ASCENDING)], expireAfterSeconds=86_400),
    ],
}


def wording_id(template: Template, lang: str) -> str:
    """The `_id` of a template's words in one language."""
    return f"{template}:{lang}"


def wording_document(wording: Wording) -> Document:
    """The words as stored."""
    words = vars(wording.words) if wording.words else None
    return {**vars(wording), "_id": wording_id(wording.template, wording.lang), "words": words}


def read_wording(document: Document) -> Wording:
    """The words as stored."""
    words = Words(**document["words"]) if document["words"] else None
    return Wording(
        Template(document["template"]), document["lang"], words, document["version"], document["at"], document["by"]
    )


def wording(unit: Unit, template: Template, lang: str) -> Wording:
    """The words of a template in one language, as this transaction sees them."""
    document = unit.get(WORDINGS, wording_id(template, lang))
    return read_wording(document) if document else Wording(template, lang)


def trial_document(trial: Trial) -> Document:
    """A trial as stored."""
    content = trial.content
    return {
        **{name: value for name, value in vars(trial).items() if name not in {"id", "content"}},
        "_id": trial.id,
        "title": content.title,
        "text": content.text,
        "html": content.html,
    }


def read_trial(document: Document) -> Trial:
    """A trial as stored."""
    content = Content(document["title"], document["text"], document["html"])
    names = ("reply_to", "recipient", "language", "at", "state", "attempts", "reason")
    return Trial(id=document["_id"], content=content, **{name: document[name] for name in names})


class Wordings:
    """The queries about words and trials; a part of the store."""

    database: AsyncIOMotorDatabase

    async def wordings(self) -> dict[tuple[Template, str], Wording]:
        """Everything the team ever wrote, by template and language."""
        documents: list[Any] = await self.database[WORDINGS].find().to_list(None)
        known = {str(template) for template in Template}
        found = [read_wording(document) for document in documents if document["template"] in known]
        return {(one.template, one.lang): one for one in found}

    async def wording(self, template: Template, lang: str) -> Wording:
        """The words of a template in one language."""
        document = await self.database[WORDINGS].find_one({"_id": wording_id(template, lang)})
        return read_wording(document) if document else Wording(template, lang)

    async def recipients(self, edition: str, limit: int) -> list[Any]:
        """The registrations of an edition to preview a mail on: the newest ones that are not cancelled."""
        cursor = self.database["registrations"].find({"fact.edition": edition, "cancelled": False}, sort=[("_id", -1)])
        return list(await cursor.to_list(limit))

    async def trial(self, id: str) -> Trial | None:
        """One trial."""
        document = await self.database[TRIALS].find_one({"_id": id})
        return read_trial(document) if document else None

    async def waiting_trials(self, limit: int) -> list[Trial]:
        """The trials that have not left, oldest first."""
        cursor = self.database[TRIALS].find({"state": "waiting"}, sort=[("at", 1)])
        return [read_trial(document) for document in await cursor.to_list(limit)]
