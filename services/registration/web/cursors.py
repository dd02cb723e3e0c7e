"""Where the next page of a list begins: the sort key and id of the last item seen, opaque to the caller."""

import base64
import binascii
import json
from collections.abc import Sequence

from services.registration.domain.registrations import Registration
from services.registration.store.documents import sort_key
from shared.errors import NotFound


def following(found: Sequence[Registration], limit: int) -> str | None:
    """The cursor of the page after the first `limit` of `found`; None when there is no more."""
    if len(found) <= limit:
        return None
    last = found[limit - 1]
    return base64.urlsafe_b64encode(json.dumps([sort_key(last.person), last.id]).encode()).decode()


def after(cursor: str | None) -> tuple[str, str] | None:
    """The place a cursor means; raises `NotFound` for one we did not make."""
    if not cursor:
        return None
    try:
        sort, id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        f"{sort}{id}".encode()  # half a surrogate pair is no text that MongoDB takes
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise NotFound from None
    if not isinstance(sort, str) or not isinstance(id, str):
        raise NotFound
    return sort, id
