"""Versions of what two people may edit, as HTTP says them (RFC 9110 §13.1): the ETag of version 3 is `"3"`."""

import re
from typing import Annotated

from fastapi import Header

from services.programme.domain.drafts import ANY
from shared.errors import Refusal

IfMatch = Annotated[str | None, Header(max_length=200, description="The ETag of what was read")]
IfNoneMatch = Annotated[str | None, Header(max_length=200, description="`*` to create, and never to replace")]

_NEVER = -2
"""No version is this one: what was sent is no ETag of ours."""


class VersionMissing(Refusal):
    """A change that does not say what it was made from could overwrite somebody else's."""

    code = "version-missing"
    status = 428
    text = "Lisez d’abord cette séance, puis renvoyez son ETag dans l’en-tête If-Match."


def etag(number: int) -> str:
    """The ETag of a version."""
    return f'"{number}"'


def version(if_match: str | None) -> int | None:
    """The version named in `If-Match`, `ANY` for `*`; None without the header."""
    if if_match is None:
        return None
    if if_match.strip() == "*":
        return ANY
    found = re.fullmatch(r'\s*"(\d{1,9})"\s*', if_match)
    return int(found[1]) if found else _NEVER
