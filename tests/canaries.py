"""Canaries: words that stand nowhere else, looked for however they may be written, in whatever they may be wrapped."""

import base64
import binascii
import quopri
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import pymupdf
from motor.motor_asyncio import AsyncIOMotorDatabase

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_FLATE = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PDF = re.compile(rb"%PDF-.*?%%EOF", re.DOTALL)
DEPTH = 3
"""A PDF, in base64, in a fact, in a dead letter: no more is ever wrapped in one another."""


def found(words: Iterable[str], *texts: bytes) -> set[str]:
    """Those of these words that stand in the texts, in any case: plainly, or inside what is packed into them."""
    wanted = {word: word.lower().encode() for word in words}
    layers = b"\n".join(layer for text in texts for layer in _opened(text, DEPTH)).lower()
    return {word for word, spelt in wanted.items() if spelt in layers}


def _opened(text: bytes, depth: int) -> Iterator[bytes]:
    """The text, and what is packed into it: base64, quoted-printable, PDF, and what is deflated in it."""
    yield text
    if not depth:
        return
    if b"=\n" in text or b"=\r\n" in text or b"=C3=" in text:
        yield quopri.decodestring(text)
    for run in _BASE64.findall(re.sub(rb"(?<=[A-Za-z0-9+/])\r?\n(?=[A-Za-z0-9+/])", b"", text)):
        with suppress(binascii.Error, ValueError):
            padded = run.rstrip(b"=")
            decoded = base64.b64decode(padded + b"=" * (-len(padded) % 4), altchars=b"-_" if b"_" in run else None)
            yield from _opened(decoded, depth - 1)
    for pdf in _PDF.findall(text):
        with suppress(pymupdf.FileDataError):
            yield "\n".join(page.get_text() for page in pymupdf.open(stream=pdf)).encode()
    for packed in _FLATE.findall(text):
        with suppress(zlib.error):
            yield zlib.decompress(packed)


async def places(database: AsyncIOMotorDatabase, words: Iterable[str]) -> dict[str, set[str]]:
    """Which collections of a database hold which of these words, read as raw BSON."""
    wanted, held = [*words], {}
    options: Any = database.codec_options.with_options(document_class=_raw())
    for name in await database.list_collection_names():
        documents = await database.get_collection(name, codec_options=options).find().to_list(None)
        if here := found(wanted, *(document.raw for document in documents)):
            held[name] = here
    return held


def _raw() -> Any:
    from bson.raw_bson import RawBSONDocument  # noqa: PLC0415 - only where documents are read so

    return RawBSONDocument
