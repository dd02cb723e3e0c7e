"""Which services a command can reach from where it runs."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from deploy.administration import Administration
from deploy.layout import Layout
from deploy.topology import SERVICES

if TYPE_CHECKING:
    import argparse

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives it no public name


def house(given: Mapping[str, str] = os.environ) -> str:
    """What to call the house a command works on. Raises `Missing` when there is none."""
    return given["PUBLIC_URL"] if "SERVICE" in given else Administration.read(given).name


Environments = dict[str, Mapping[str, str]]


def environments(given: Mapping[str, str] = os.environ) -> Environments:
    """The environment of each service that can be reached from here, by service."""
    if "SERVICE" in given:
        return {given["SERVICE"]: given}
    if "MONGO_ADMIN_URL" in given:  # beside provisioning: every database, and no service's own secrets
        url = Administration.read(given).mongo_url
        return {service: {"SERVICE": service, "MONGO_URL": url} for service in SERVICES}
    layout = Layout.running(given)
    return {service: layout.service_environment(service) for service in SERVICES}
