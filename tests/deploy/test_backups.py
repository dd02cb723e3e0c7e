"""Backups beside a new one: the old go, and nothing else. A restore that cannot end does not begin."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from deploy import manage
from deploy.administration import Administration
from deploy.archive import Manifest, Writer
from deploy.children import free_ports
from deploy.layout import ADMIN, Layout
from deploy.manage.backup import drop_old
from deploy.topology import SERVICES
from shared import rebuild

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_backups_older_than_the_notice_says_are_deleted(tmp_path: Path):
    names = {
        "rencontres-2026-10-27-115959.zip": False,
        "rencontres-2026-10-27-120000.zip": True,
        "rencontres-2026-11-26-115959.zip": True,
        "rencontres-2025-01-01-000000.zip": False,
        "rencontres-avant-la-migration.zip": True,
        "autre-2025-01-01-000000.zip": True,
    }
    for name in names:
        (tmp_path / name).touch()
    assert drop_old(tmp_path, 30, NOON) == 2
    assert {name: (tmp_path / name).exists() for name in names} == names


def test_a_restore_holds_no_database_while_nats_is_away(provisioned: Layout, tmp_path: Path, capsys, monkeypatch):
    Writer(file := tmp_path / "all.zip", Manifest(NOON.isoformat(), "")).finish()
    (port,) = free_ports(1)
    monkeypatch.setenv("MONGO_ADMIN_URL", provisioned.mongo_admin_url)
    monkeypatch.setenv("MONGO_ADMIN", ADMIN)
    monkeypatch.setenv("MONGO_ADMIN_PASSWORD", provisioned.keys.password("mongo_admin"))
    monkeypatch.setenv("NATS_ADMIN_URL", f"nats://127.0.0.1:{port}")

    code = manage.main(["restore", str(file)])

    assert (code, "NATS cannot be reached" in capsys.readouterr().err) == (1, True)
    with MongoClient[Any](Administration.of(provisioned).mongo_url) as client:
        assert [service for service in SERVICES if client[service][rebuild.COLLECTION].find_one()] == []
