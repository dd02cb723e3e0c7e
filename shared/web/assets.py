"""Stylesheets and scripts, kept in memory and named by their content, so that browsers keep them for a year."""

import gzip
import mimetypes
import os
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from starlette.types import Receive, Scope, Send

ROOT = Path(__file__).parent.parent.parent
FOREVER = b"public, max-age=31536000, immutable"
BRIEFLY = b"public, max-age=300"


@dataclass(frozen=True)
class Asset:
    """One file, plain and, once somebody asked for it so, compressed."""

    version: str
    type: bytes
    plain: bytes

    @cached_property
    def zipped(self) -> bytes:
        """The same for browsers that unpack it."""
        return gzip.compress(self.plain, 6, mtime=0)


_assets: dict[str, Asset] = {}


def add(prefix: str, folder: Path) -> None:
    """Serve every file of `folder` under `prefix`. A folder that does not exist has no files."""
    for file in folder.rglob("*"):
        if file.is_file():
            add_file(f"{prefix}/{file.relative_to(folder).as_posix()}", file)


def add_file(path: str, file: Path) -> None:
    """Serve one file at `path`."""
    body = file.read_bytes()
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind.endswith("javascript"):
        kind += "; charset=utf-8"
    _assets[path] = Asset(sha256(body).hexdigest()[:12], kind.encode(), body)


def address(path: str) -> str:
    """The address to link to: it changes whenever the file does."""
    asset = _assets.get(path)
    return f"{path}?v={asset.version}" if asset else path


def add_common() -> None:
    """What every service serves: the stylesheet, the icon, and htmx for the staff's pages."""
    add("/static/shared", ROOT / "shared" / "static")
    add_module("/static/vendor/htmx.min.js", "htmx.org/dist/htmx.min.js")
    add_file("/favicon.ico", ROOT / "shared" / "static" / "lens.svg")


def add_module(path: str, file: str) -> None:
    """Serve a file of `node_modules` at `path`, where they are installed."""
    found = Path(os.environ.get("NODE_MODULES", ROOT / "node_modules")) / file
    if found.exists():
        add_file(path, found)


async def serve(scope: Scope, _receive: Receive, send: Send) -> bool:
    """Answer if the path is an asset's; say whether it was."""
    asset = _assets.get(scope["path"])
    if asset is None or scope["method"] not in {"GET", "HEAD"}:
        return False
    headers = dict(scope["headers"])
    zipped = b"gzip" in headers.get(b"accept-encoding", b"") and len(asset.zipped) < len(asset.plain)
    etag = f'"{asset.version}{"-gz" if zipped else ""}"'.encode()
    known = etag in headers.get(b"if-none-match", b"")
    body = b"" if known or scope["method"] == "HEAD" else asset.zipped if zipped else asset.plain
    answer = [
        (b"content-type", asset.type),
        (b"etag", etag),
        (b"vary", b"Accept-Encoding"),
        (b"cache-control", FOREVER if scope["query_string"] == f"v={asset.version}".encode() else BRIEFLY),
    ]
    if not known:
        answer.append((b"content-length", str(len(asset.zipped if zipped else asset.plain)).encode()))
        if zipped:
            answer.append((b"content-encoding", b"gzip"))
    await send({"type": "http.response.start", "status": 304 if known else 200, "headers": answer})
    await send({"type": "http.response.body", "body": body})
    return True
