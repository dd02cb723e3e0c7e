"""Prints a fresh set of passwords and keys for `deploy/.env`: `python -m deploy.new_keys >> deploy/.env`."""

import tempfile
from pathlib import Path

from deploy.keys import Keys
from deploy.topology import NATS_USERS, SERVICES


def lines() -> list[str]:
    """One setting a line, under the names `docker-compose.yml` reads."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(Path(folder))
        words = [
            "MONGO_KEY",
            "MONGO_ADMIN_PASSWORD",
            *(f"MONGO_PASSWORD_{service.upper()}" for service in SERVICES),
            *(f"NATS_PASSWORD_{user.upper()}" for user in NATS_USERS),
            "NATS_PASSWORD_ROUTE",
            *(f"LINK_SECRET_{service.upper()}" for service in SERVICES),
        ]
        return [
            *(f"{word}={keys.password(word)}" for word in words),
            f"STAFF_PRIVATE_KEY={keys.private_key('staff')}",
            f"STAFF_PUBLIC_KEY={keys.public_key('staff')}",
            f"BADGE_PRIVATE_KEY={keys.private_key('badge')}",
        ]


if __name__ == "__main__":
    print("\n".join(lines()))
