"""I17: whether a text, such as an erased person's address, is left anywhere in the databases or in the stream."""

import asyncio
import json
from collections.abc import Sequence

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from deploy.verify.finding import Checked, Finding, count
from deploy.verify.seen import Environments, messages, reading


def check_traces(reachable: Environments, stream_url: str | None, texts: Sequence[str]) -> Checked:
    """I17: none of `texts` is in any collection or message, whether plain or as JSON writes it."""
    needles = {text: {text.encode(), json.dumps(text)[1:-1].encode()} for text in texts}
    findings: dict[tuple[str, str], int] = {}
    documents = 0
    for service, environment in reachable.items():
        with MongoClient[RawBSONDocument](environment["MONGO_URL"], document_class=RawBSONDocument) as client:
            for name in sorted(client[service].list_collection_names()):
                for document in client[service][name].find():
                    documents += 1
                    _note(findings, f"{service}, {name}", bytes(document.raw), needles)
    read = asyncio.run(_search(stream_url, findings, needles)) if stream_url else 0
    found = tuple(
        Finding("I17", f"{where}, {text!r}", f"is still in {count(times, 'place')}")
        for (where, text), times in sorted(findings.items())
    )
    looked_at = f"{count(len(texts), 'text')} in {count(documents, 'document')} and {count(read, 'message')}"
    return Checked("I17", "traces", looked_at, found)


def _note(findings: dict[tuple[str, str], int], where: str, content: bytes, needles: dict[str, set[bytes]]) -> None:
    for text, written in needles.items():
        if any(one in content for one in written):
            findings[where, text] = findings.get((where, text), 0) + 1


async def _search(url: str, findings: dict[tuple[str, str], int], needles: dict[str, set[bytes]]) -> int:
    read = 0
    async with reading(url) as stream:
        async for message in messages(stream):
            read += 1
            headers = " ".join((message.headers or {}).values()).encode()
            _note(findings, "stream", message.subject.encode() + b" " + headers + b" " + message.data, needles)
    return read
