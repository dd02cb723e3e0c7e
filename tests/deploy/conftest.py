"""Servers as `make run` starts them: with users, provisioned."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import local
from deploy.children import free_ports
from deploy.layout import Layout
from deploy.supervisor import Supervisor


@pytest.fixture(scope="session")
def layout(scratch: Path) -> Layout:
    (port,) = free_ports(1)
    return Layout.read({"VAR": str(scratch / "provisioned"), "PORT": str(port), "PATH": "/usr/bin:/bin"})


@pytest.fixture(scope="session")
def provisioned(layout: Layout) -> Iterator[Layout]:
    supervisor = Supervisor(layout.var)
    try:
        supervisor.start(*local.servers(layout))
        local.provision(layout)
        yield layout
    finally:
        supervisor.abandon()
