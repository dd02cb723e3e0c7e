"""Facts keep their shape: one golden example for each version, never edited once it is published."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.events import CATALOGUE, Envelope

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.mark.parametrize("kind", CATALOGUE)
def test_the_golden_example_reads_and_writes_back_unchanged(kind: str):
    golden = json.loads((HERE / f"{kind}.json").read_text())
    written = CATALOGUE[kind].model_validate(golden).model_dump(mode="json")
    assert known(written, golden) == golden


def known(written: object, golden: object) -> object:
    """What was written, without the optional fields that came after the golden example."""
    if isinstance(golden, dict) and isinstance(written, dict):
        return {name: known(written[name], golden[name]) for name in golden}
    if isinstance(golden, list) and isinstance(written, list) and len(golden) == len(written):
        return [known(*pair) for pair in zip(written, golden, strict=True)]
    return written


@pytest.mark.parametrize("kind", CATALOGUE)
def test_a_field_of_a_later_version_is_ignored(kind: str):
    golden = json.loads((HERE / f"{kind}.json").read_text())
    fact = CATALOGUE[kind]
    assert fact.model_validate({**golden, "invented_later": 1}) == fact.model_validate(golden)


@pytest.mark.parametrize("kind", CATALOGUE)
def test_a_fact_cannot_be_changed(kind: str):
    fact = CATALOGUE[kind].model_validate_json((HERE / f"{kind}.json").read_text())
    with pytest.raises(ValueError, match="frozen"):
        setattr(fact, fact.key_field, "other")


def test_every_golden_example_belongs_to_a_fact():
    assert {path.stem for path in HERE.glob("*.json")} == set(CATALOGUE)


def test_types_and_keys_are_tokens_of_a_subject():
    for kind, fact in CATALOGUE.items():
        assert re.fullmatch(r"rencontres\.(registration|programme|badges|notifications)\.[a-z-]+\.v\d+", kind)
        assert fact.key_field in fact.model_fields


def test_an_envelope_survives_its_headers():
    envelope = Envelope("id", "type", "/source", datetime(2026, 7, 8, tzinfo=UTC), "key", 3, "correlation", "cause")
    assert Envelope.from_headers(envelope.headers()) == envelope
    assert envelope.subject == "type.key"


def test_identity_travels_only_under_the_persons_own_key():
    for kind, fact in CATALOGUE.items():
        names = json.dumps(fact.model_json_schema()["properties"])
        personal = any(word in names for word in ("Person", "email", "manage_url"))
        editions_own_address = "contact_email" in names
        assert not personal or editions_own_address or fact.key_field == "registration", kind
