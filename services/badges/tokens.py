"""What a badge carries to the door: a signed QR text, and a code that a person can type.

Both are derived from one secret, so a badges database that was lost and rebuilt from the facts gives every
registration the same badge again, and what was printed stays valid.

The QR text is 84 bytes in base45 (RFC 9285, the alphabet of QR's alphanumeric mode): version (1 byte), edition
key (2), badge id (16), generation (1), Ed25519 signature of these 20 (64). With error correction M that is a
symbol of 41 × 41 modules.
"""

import hashlib
import hmac
import struct
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

VERSION = 1
CODE_DIGITS = 10
_BODY = struct.Struct(">B2s16sB")
_SIGNATURE_BYTES = 64
TOKEN_LENGTH = 126
_BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(_BASE45)}
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011")


@dataclass(frozen=True)
class Secrets:
    """What identifies one badge: `id` (32 hexadecimal digits) in the QR text, `code` when typed."""

    id: str
    code: str


@dataclass(frozen=True)
class _EditionKeys:
    private: Ed25519PrivateKey
    public: Ed25519PublicKey
    id: bytes


class Mint:
    """Makes and checks badge tokens. `seed` is the service's 32-byte secret; each edition has keys of its own."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != 32:
            raise ValueError("the badge key is 32 bytes")
        self._seed = seed
        self._editions: dict[str, _EditionKeys] = {}

    def secrets(self, registration: str, generation: int) -> Secrets:
        """The id and code of this badge: always the same for the same registration and generation."""
        drawn = self._derive(f"badge/{registration}/{generation}")
        number = int.from_bytes(drawn[16:24], "big")
        code = "".join(_CROCKFORD[number >> 5 * digit & 31] for digit in range(CODE_DIGITS))
        return Secrets(id=drawn[:16].hex(), code=code)

    def token(self, edition: str, badge: str, generation: int) -> str:
        """The QR text of this badge."""
        keys = self._keys(edition)
        body = _BODY.pack(VERSION, keys.id, bytes.fromhex(badge), generation)
        return base45(body + keys.private.sign(body))

    def read(self, edition: str, token: str) -> tuple[str, int] | None:
        """The badge id and generation in a QR text signed for `edition`; None when it is anything else."""
        # A reader may add a line end, or trim the space that the alphabet contains and a text may begin with.
        content = unbase45(token.strip().rjust(TOKEN_LENGTH))
        if content is None or len(content) != _BODY.size + _SIGNATURE_BYTES:
            return None
        body, signature = content[: _BODY.size], content[_BODY.size :]
        version, key, badge, generation = _BODY.unpack(body)
        keys = self._keys(edition)
        if version != VERSION or key != keys.id:
            return None
        try:
            keys.public.verify(signature, body)
        except InvalidSignature:
            return None
        return badge.hex(), generation

    def _keys(self, edition: str) -> _EditionKeys:
        if edition not in self._editions:
            private = Ed25519PrivateKey.from_private_bytes(self._derive(f"edition/{edition}"))
            public = private.public_key()
            self._editions[edition] = _EditionKeys(
                private, public, hashlib.sha256(public.public_bytes_raw()).digest()[:2]
            )
        return self._editions[edition]

    def _derive(self, purpose: str) -> bytes:
        return hmac.digest(self._seed, purpose.encode(), "sha256")


def typed_code(text: str) -> str | None:
    """The code a volunteer meant, or None: case, spaces and dashes do not matter, O is 0, I and L are 1."""
    folded = unicodedata.normalize("NFKC", text).upper()
    kept = "".join(sign for sign in folded if unicodedata.category(sign) not in {"Pd", "Zs", "Cc"})
    code = kept.translate(_MISREAD)
    return code if len(code) == CODE_DIGITS and set(code) <= set(_CROCKFORD) else None


def shown_code(code: str) -> str:
    """The code as it is printed, in two groups that a person reads aloud: `XXXXX-XXXXX`."""
    return f"{code[:5]}-{code[5:]}"


def base45(content: bytes) -> str:
    """RFC 9285: two bytes become three characters, a last single byte two."""
    text = []
    for start in range(0, len(content), 2):
        pair = content[start : start + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            text.append(_BASE45[digit])
    return "".join(text)


def unbase45(text: str) -> bytes | None:
    """The bytes of a base45 text, or None when it is not one: another alphabet, a length or a group that is too big."""
    if len(text) % 3 == 1 or not set(text) <= set(_BASE45):
        return None
    content = bytearray()
    for start in range(0, len(text), 3):
        group = text[start : start + 3]
        number = sum(_VALUES[character] * 45**place for place, character in enumerate(group))
        size = len(group) - 1
        if number >= 256**size:
            return None
        content += number.to_bytes(size, "big")
    return bytes(content)
