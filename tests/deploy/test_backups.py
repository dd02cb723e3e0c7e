"""Backups beside a new one: the old go, and nothing else."""

from datetime import UTC, datetime
from pathlib import Path

from deploy.manage.backup import drop_old

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
