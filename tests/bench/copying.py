"""A hundred thousand registrations out of a thousand, copied inside MongoDB with all that they led to.

Registering them would take half an hour. Each copy has ids, words and a place in the lists of its own; the PDF of its
badge and the words of its mails are left out, which no list and no decision reads.
"""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

Document = dict[str, Any]

COLLECTIONS: Mapping[str, Mapping[str, Document]] = {
    "registration": {"registrations": {}, "addresses": {}, "needs": {}, "badges": {}, "outbox": {}, "inbox": {}},
    "badges": {"holders": {}, "badges": {}, "check_ins": {}, "audit": {}, "outbox": {"body": ""}, "inbox": {}},
    "notifications": {
        "registrations": {},
        "badges": {},
        "told": {},
        "deliveries": {},
        "contents": {"text": "", "html": ""},
        "outbox": {},
        "inbox": {},
    },
}
"""What is copied, by service and collection, and what of it is left out."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID = re.compile(f"[{_ALPHABET}]{{26}}")
_KEYS = {"_id", "id", "code"}
_MARK = 4
"""So many signs of an id are the same for months; in a copy they say which copy it is."""


def copy(client: MongoClient[Document], registration: str, total: int) -> None:
    """Fill the databases up to `total` registrations. `registration` is the id of one that there is."""
    there = client.registration.registrations.estimated_document_count()
    copies = [_mark(number) for number in range(1, max(1, total // there))]
    work = [(client, s, c, left_out) for s, found in COLLECTIONS.items() for c, left_out in found.items()]
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(lambda one: _copy(*one, registration[:_MARK], copies), work):
            pass


def _mark(number: int) -> str:
    return "1" + "".join(_ALPHABET[number >> shift & 31] for shift in (10, 5, 0))


def _copy(
    client: MongoClient[Document], service: str, collection: str, left_out: Document, begin: str, copies: list[str]
) -> None:
    quick = client[service].get_collection(collection, write_concern=WriteConcern(1, j=False))
    example = quick.find_one(sort=[("$natural", -1)])
    if example is None:
        return
    steps: list[Document] = [
        {"$set": {"copy": copies}},
        {"$unwind": "$copy"},
        {"$set": {**_changed(example, begin), **left_out}},
        {"$unset": "copy"},
        {"$merge": {"into": collection, "on": "_id", "whenMatched": "keepExisting"}},
    ]
    quick.aggregate(steps)


def _changed(example: Document, begin: str) -> Document:
    """What makes a copy another document: an expression for each field that names it or sorts it."""
    changed: Document = {}
    for name, value in example.items():
        field = f"${name}"
        if name == "words":
            changed[name] = {"$map": {"input": field, "as": "word", "in": {"$concat": ["$$word", "$copy"]}}}
        elif name in {"sort", "place", "email"}:
            changed[name] = {"$concat": [field, "$copy"]}
        elif isinstance(value, str) and (name in _KEYS or _ID.search(value)) and name != "body":
            begins = begin in value
            named = {"$replaceAll": {"input": field, "find": begin, "replacement": "$copy"}}
            changed[name] = named if begins else {"$concat": ["$copy", field]}
    return changed
