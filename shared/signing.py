"""What proves a right without a database: capability links, the staff cookie, API tokens.

A link is good for whoever holds it: `<id>.<generation>.<MAC>`, made and read by the service that owns the thing.
The staff cookie and API tokens are claims signed with Ed25519 by the programme service; the others hold only the
public key, so each checks them alone. What was withdrawn since is in `shared.access`.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.errors import NotFound, NotSignedIn

MAC_BYTES = 15
"""120 bits: 24 letters in base32, none of which a mail program cuts off at the end of a link."""


class Links:
    """Capability links of one owner. Another `purpose` makes links that do not open this one's things."""

    def __init__(self, secret: str, purpose: str = "") -> None:
        self._key = hmac.digest(secret.encode(), b"rencontres-link:" + purpose.encode(), "sha256")

    def make(self, id: str, generation: int) -> str:
        """The link's token. Raising the generation withdraws all links made before."""
        return f"{id}.{generation}.{self._mac(id, generation)}"

    def read(self, token: str) -> tuple[str, int]:
        """The id and generation of a token we made; raises `NotFound` for any other text."""
        try:
            id, generation, mac = token.split(".")
            number = int(generation) if generation.isascii() and generation.isdecimal() else -1
        except ValueError:
            raise NotFound from None
        if not hmac.compare_digest(mac.encode(), self._mac(id, number).encode()) or str(number) != generation:
            raise NotFound
        return id, number

    def _mac(self, id: str, generation: int) -> str:
        digest = hmac.digest(self._key, f"{id}.{generation}".encode(), sha256)
        return base64.b32encode(digest[:MAC_BYTES]).decode().lower()


@dataclass(frozen=True)
class Claims:
    """Who a staff cookie or token speaks for. For a token, `roles` are its scopes."""

    sub: str
    kind: Literal["staff", "token"]
    name: str
    roles: tuple[str, ...]
    generation: int
    exp: datetime
    email: str = ""
    sid: str = ""
    """One sign-in of a person: its cookie and those that renew it have the same, so that leaving ends them all."""


class Signer:
    """Signs claims; held by the programme service alone. `private` is base64 of the 32-byte Ed25519 seed."""

    def __init__(self, private: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(private))

    def sign(self, claims: Claims) -> str:
        """The claims as one cookie-safe and header-safe word."""
        body = json.dumps({**asdict(claims), "exp": int(claims.exp.timestamp())}, ensure_ascii=False).encode()
        return f"{_pack(body)}.{_pack(self._key.sign(body))}"

    @property
    def public(self) -> str:
        """The key that checks: base64 of 32 bytes, the setting `STAFF_PUBLIC_KEY`."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()


class Verifier:
    """Checks claims with the public key alone. `public` is base64 of the 32-byte Ed25519 key."""

    def __init__(self, public: str) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
        self._known: dict[str, Claims] = {}

    def read(self, token: str, now: datetime) -> Claims:
        """The claims of a word that `Signer` signed and that has not expired; raises `NotSignedIn`."""
        claims = self._known.get(token) or self._check(token)
        if claims.exp <= now:
            self._known.pop(token, None)
            raise NotSignedIn
        return claims

    def _check(self, token: str) -> Claims:
        try:
            body, signature = (_unpack(part) for part in token.split("."))
            self._key.verify(signature, body)
            said = json.loads(body)
            said["exp"] = datetime.fromtimestamp(said["exp"], UTC)
            claims = Claims(**{**said, "roles": tuple(said["roles"])})
        except (ValueError, binascii.Error, InvalidSignature, KeyError, TypeError):
            raise NotSignedIn from None
        if len(self._known) >= 1000:
            self._known.clear()
        self._known[token] = claims
        return claims


def _pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unpack(text: str) -> bytes:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _pack(raw) != text:  # one signature, one spelling
        raise ValueError(text)
    return raw


Withdrawn = Callable[[Claims], Awaitable[bool]]
"""Says whether these credentials were withdrawn since they were signed."""


def digest(link: str) -> str:
    """What a service keeps of another's capability link that it only needs to recognise."""
    return sha256(link.rpartition("/")[2].encode()).hexdigest()


def matches(token: str, kept: str) -> bool:
    """Whether this is the token of the link whose digest was kept."""
    return hmac.compare_digest(sha256(token.encode()).hexdigest(), kept)
