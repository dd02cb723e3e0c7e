"""Writes `docs/asyncapi.yaml` from the fact classes: every channel, its publisher and the shape of its messages."""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

from shared.events import CATALOGUE, Fact

FILE = Path(__file__).parents[1] / "docs/asyncapi.yaml"

_HEADERS = {
    "ce-specversion": "always 1.0",
    "ce-id": "publisher, aggregate and sequence: the same fact twice is one",
    "ce-source": "/rencontres/<publisher>",
    "ce-type": "the subject without its key",
    "ce-time": "when it happened",
    "ce-subject": "the key: the id of the thing concerned",
    "ce-correlationid": "the request or command it all began with",
    "ce-causationid": "the fact that led to this one, if one did",
    "ce-sequence": "grows by one per aggregate: a projection takes the newest",
}


def document() -> dict[str, Any]:
    """The AsyncAPI 3.0 description of all facts."""
    schemas: dict[str, Any] = {}
    for fact in CATALOGUE.values():
        schema = fact.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        schemas.update(schema.pop("$defs", {}))
        schemas[_name(fact)] = schema
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rencontres: the facts",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 in NATS binary mode, on the JetStream stream RENCONTRES. Additive only.",
        },
        "channels": {_name(fact): _channel(fact) for fact in CATALOGUE.values()},
        "operations": {f"tell{_name(fact)}": _operation(fact) for fact in CATALOGUE.values()},
        "components": {
            "messages": {_name(fact): _message(fact) for fact in CATALOGUE.values()},
            "messageTraits": {"cloudEvent": {"headers": _headers()}},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _name(fact: type[Fact]) -> str:
    words = f"{fact.publisher}-{fact.name}".split("-")
    return "".join(word.capitalize() for word in words) + (f"V{fact.version}" if fact.version > 1 else "")


def _channel(fact: type[Fact]) -> dict[str, Any]:
    return {
        "address": f"{fact.type()}.{{{fact.key_field}}}",
        "parameters": {fact.key_field: {"description": "The id of the thing concerned."}},
        "messages": {_name(fact): {"$ref": f"#/components/messages/{_name(fact)}"}},
    }


def _operation(fact: type[Fact]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_name(fact)}"},
        "tags": [{"name": fact.publisher}],
        "summary": f"Only {fact.publisher} publishes this.",
    }


def _message(fact: type[Fact]) -> dict[str, Any]:
    return {
        "name": fact.type(),
        "summary": (fact.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"#/components/schemas/{_name(fact)}"},
    }


def _headers() -> dict[str, Any]:
    required = [name for name in _HEADERS if name != "ce-causationid"]
    properties = {name: {"type": "string", "description": text} for name, text in _HEADERS.items()}
    return {"type": "object", "required": required, "properties": properties}


def text() -> str:
    """The document as it is committed."""
    head = "# Written by `make events` from shared/events: do not edit.\n"
    body: str = yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120)
    return head + body


def main() -> int:
    """Write the document, or with `--check` say whether the committed one is current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        FILE.write_text(text())
        return 0
    if FILE.exists() and FILE.read_text() == text():
        return 0
    print("docs/asyncapi.yaml does not tell the facts of shared/events: type `make events`.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
