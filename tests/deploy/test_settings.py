"""Every setting is in `env.example`, and production gives each service all it asks for."""

import importlib
import re

import pytest
import yaml

from deploy import new_keys
from deploy.keys import Keys
from deploy.layout import ROOT
from deploy.topology import LAPTOP, SERVICES
from shared.settings import Settings

EXAMPLE = (ROOT / "deploy/env.example").read_text()
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)["services"]
NAMED = set(re.findall(r"\b([A-Z][A-Z_]+)=", EXAMPLE))


def settings_of(service: str) -> type[Settings]:
    return importlib.import_module(f"services.{service}.settings").Settings


def required(service: str) -> set[str]:
    return {name.upper() for name, field in settings_of(service).model_fields.items() if field.is_required()}


@pytest.mark.parametrize("service", SERVICES)
def test_example_names_every_setting_of_a_service(service):
    assert {name.upper() for name in settings_of(service).model_fields} <= NAMED


def test_example_names_every_setting_of_deployment():
    compose = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", COMPOSE_TEXT))
    local = {f"{name.upper()}_PORT" for name in LAPTOP}

    assert compose | local <= NAMED


@pytest.mark.parametrize("service", SERVICES)
def test_production_gives_a_service_what_it_requires(service):
    given = COMPOSE[service]["environment"]

    assert required(service) <= set(given)
    assert given["SERVICE"] == service
    assert COMPOSE[service]["command"] == ["python", "-m", f"services.{service}.app"]


@pytest.mark.parametrize("service", SERVICES)
def test_production_gives_a_service_no_secret_of_another(service):
    others = {f"_{other.upper()}:" for other in SERVICES if other != service}
    given = " ".join(str(value) for value in COMPOSE[service]["environment"].values())

    assert not [other for other in others if other in given]
    assert ("STAFF_PRIVATE_KEY" in given) == (service == "programme")
    assert ("BADGE_PRIVATE_KEY" in given) == (service == "badges")


@pytest.mark.parametrize("service", SERVICES)
def test_laptop_gives_a_service_what_it_requires(service, layout):
    given = layout.service_environment(service)

    assert required(service) <= set(given)
    assert ("STAFF_PRIVATE_KEY" in given) == (service == "programme")
    assert ("BADGE_PRIVATE_KEY" in given) == (service == "badges")


def test_new_keys_fill_in_every_secret_of_the_example():
    made = {line.split("=", 1)[0] for line in new_keys.lines()}
    secrets = {
        name for name in re.findall(r"^([A-Z_]+)=$", EXAMPLE, re.MULTILINE) if re.search("KEY|PASSWORD|SECRET", name)
    }

    assert made == secrets


def test_two_programs_beside_a_house_make_each_key_once(tmp_path):
    one, other = Keys(tmp_path), Keys(tmp_path)

    assert one.public_key("staff") == other.public_key("staff")
    assert one.password("nats_badges") == Keys(tmp_path).password("nats_badges")
