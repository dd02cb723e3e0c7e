"""A backup: one file with every collection, and a manifest by which the whole of it is checked before it is used."""

import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import bson

from deploy.programs import Missing

MANIFEST = "manifest.json"
FORMAT = 1
_CHUNK = 1024**2


@dataclass
class Manifest:
    """What is in the file: when it was made, each part's checksum and count, and of which keys its links are."""

    made_at: str
    keys: str
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    format: int = FORMAT

    def collections(self) -> Iterator[tuple[str, str]]:
        """The parts that are collections: service and name."""
        for name in self.parts:
            if name.endswith(".bson"):
                service, _, collection = name.removesuffix(".bson").partition("/")
                yield service, collection


class Writer:
    """Writes one archive, readable by its owner alone; what is not finished is no archive."""

    def __init__(self, file: Path, manifest: Manifest) -> None:
        self._file = file
        self._draft = file.with_name(f"{file.name}.new")
        self._manifest = manifest
        descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._zip = zipfile.ZipFile(os.fdopen(descriptor, "wb"), "w", zipfile.ZIP_DEFLATED)

    def add(self, service: str, collection: str, documents: Iterable[bytes]) -> None:
        """One collection, as its documents come, each in BSON."""
        self._part(f"{service}/{collection}.bson", documents)

    def add_text(self, name: str, text: str) -> None:
        """One text."""
        self._part(name, [text.encode()])

    def _part(self, name: str, pieces: Iterable[bytes]) -> None:
        digest, count = sha256(), 0
        with self._zip.open(name, "w", force_zip64=True) as part:
            for piece in pieces:
                part.write(piece)
                digest.update(piece)
                count += 1
        self._manifest.parts[name] = {"count": count, "sha256": digest.hexdigest()}

    def finish(self) -> None:
        """Write the manifest, and give the file its name."""
        self._zip.writestr(MANIFEST, json.dumps(vars(self._manifest), indent=2))
        self._close()
        self._draft.replace(self._file)

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._close()
        self._draft.unlink(missing_ok=True)

    def _close(self) -> None:
        opened = self._zip.fp
        self._zip.close()
        if opened:
            opened.close()


def check(file: Path) -> Manifest:
    """The manifest of an archive that is whole; raises `Missing`, in one line, for anything else."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = Manifest(**json.loads(archive.read(MANIFEST)))
            wrong = [name for name, part in manifest.parts.items() if _digest(archive, name) != part["sha256"]]
            added = {*archive.namelist()} - {MANIFEST, *manifest.parts}
    except FileNotFoundError:
        raise Missing(f"There is no file {file}: nothing was touched.") from None
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, zlib.error) as error:
        why = type(error).__name__
        raise Missing(f"{file} is no backup of ours, or is damaged ({why}): nothing was touched.") from error
    if manifest.format != FORMAT:
        raise Missing(f"{file} has format {manifest.format}, which this version does not read: nothing was touched.")
    if wrong or added:
        raise Missing(f"{file} was changed ({', '.join([*wrong, *sorted(added)])}): nothing was touched.")
    return manifest


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    digest = sha256()
    with archive.open(name) as part:
        while piece := part.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def documents(file: Path, service: str, collection: str) -> Iterator[Mapping[str, Any]]:
    """The documents of one collection, as they were written."""
    with zipfile.ZipFile(file) as archive, archive.open(f"{service}/{collection}.bson") as part:
        yield from _decoded(part)


def _decoded(part: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    options: bson.CodecOptions[Mapping[str, Any]] = bson.CodecOptions(tz_aware=True)
    while size := part.read(4):
        rest = int.from_bytes(size, "little") - 4
        yield bson.decode(size + part.read(rest), codec_options=options)
