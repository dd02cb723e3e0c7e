"""Passwords and keys of a local house: made at the first start, kept in one file only its owner reads."""

import base64
import json
import os
import secrets
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.topology import NATS_USERS


class Keys:
    """Secrets by name, remembered in `keys.json`. What is asked for the first time is made."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "keys.json"
        self._folder = folder
        self._known = self._kept()

    def password(self, name: str) -> str:
        """Starts with a letter: the configuration of NATS reads a word of digits as a number."""
        return self._remember(name, "p" + secrets.token_hex(20))

    def staff_password(self) -> str:
        """The first account's password."""
        return self._remember("staff_password", self.readable_password())

    @staticmethod
    def readable_password() -> str:
        """64 bits in four groups, short enough to be typed from a screen."""
        return "-".join(secrets.token_hex(2) for _ in range(4))

    def private_key(self, name: str) -> str:
        """Base64 of an Ed25519 seed."""
        return self._remember(name, base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode())

    def public_key(self, name: str) -> str:
        """Base64 of the public half of `private_key(name)`."""
        private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(self.private_key(name)))
        return base64.b64encode(private.public_key().public_bytes_raw()).decode()

    def mongo_key_file(self) -> Path:
        """The key members of a replica set know each other by; MongoDB wants its file private."""
        file = self._folder / "mongo.key"
        if not file.exists():
            write_private(file, secrets.token_hex(64))
        return file

    def nats_environment(self) -> dict[str, str]:
        """The passwords `nats.conf` asks for."""
        return {f"NATS_PASSWORD_{user.upper()}": self.password(f"nats_{user}") for user in NATS_USERS}

    def _remember(self, name: str, fresh: str) -> str:
        if name not in self._known:
            self._known |= self._kept()  # a command beside the house may have made it meanwhile
        if name not in self._known:
            self._known[name] = fresh
            write_private(self._file, json.dumps(self._known, indent=2))
        return self._known[name]

    def _kept(self) -> dict[str, str]:
        kept: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return kept


PRIVATE = ("keys.json", "mongo.key", "access.json")
"""What only the owner of a house reads."""


def tighten(folder: Path) -> None:
    """Secrets that came there another way, such as keys out of a backup, are for their owner alone as well."""
    for file in (folder / name for name in PRIVATE):
        if file.exists() and file.stat().st_uid == os.getuid():
            file.chmod(0o600)
    found = folder.stat()
    if found.st_uid == os.getuid() and not found.st_mode & stat.S_IWOTH:  # else it is not ours alone to close
        folder.chmod(0o700)


def write_private(file: Path, text: str) -> None:
    """Replace `file` in one step, readable by its owner alone from the first byte on."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.write(text)
    draft.replace(file)
