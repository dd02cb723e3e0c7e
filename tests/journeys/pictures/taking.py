"""One picture: what the window shows, kept in at most 256 colours so that it stays small."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pymupdf
from playwright.sync_api import Page

from tests.house import House
from tests.journeys.browsing import settle

COLOURS = 256
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def take(page: Page, file: Path) -> None:
    """What the window shows now."""
    settle(page)
    page.wait_for_load_state("networkidle")
    file.write_bytes(shrunk(page.screenshot()))


def sign_in(page: Page, house: House) -> None:
    """As the first account."""
    page.goto("/equipe/connexion")
    page.locator("#email").fill(house.staff_email)
    page.locator("#password").fill(house.staff_password)
    page.get_by_role("button", name="Se connecter").click()
    page.locator(".staff-nav").wait_for()


def shrunk(png: bytes) -> bytes:
    """The same picture with its most frequent colours; each other pixel takes the nearest of them."""
    drawn = pymupdf.Pixmap(png)
    opaque = pymupdf.Pixmap(drawn, 0) if drawn.alpha else drawn
    pixels = np.frombuffer(opaque.samples, np.uint8).reshape(-1, 3)
    colours, where, counts = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    palette = colours[np.argsort(counts)[::-1][:COLOURS]]
    steps = colours[:, None, :].astype(np.int32) - palette[None, :, :]
    nearest = (steps**2).sum(axis=2).argmin(axis=1).astype(np.uint8)
    return _png(nearest[where.reshape(-1)].reshape(opaque.height, opaque.width), palette)


def _png(indices: np.ndarray, palette: np.ndarray) -> bytes:
    height, width = indices.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = indices
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
