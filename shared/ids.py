"""Identifiers: time-ordered, unguessable, safe in subjects, URLs and file names."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """A fresh id: 26 lower-case Crockford base32 digits, 48 bits of milliseconds and 80 random bits (a ULID)."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
