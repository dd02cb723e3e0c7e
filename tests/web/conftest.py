"""A small application with every edge the services have, and a client for it."""

import base64
import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from shared.clock import now
from shared.settings import Settings
from shared.signing import Claims, Signer
from shared.web import Pages, Shelf, create

PUBLIC = "http://127.0.0.1:8080"


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer(base64.b64encode(os.urandom(32)).decode())


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "plain.html").write_text("{{ words }}")
    (tmp_path / "templates" / "counted.html").write_text('{{ ngettext("%(num)s mot", "%(num)s mots", count) }}')
    (tmp_path / "templates" / "public.html").write_text('{% extends "base.html" %}')
    (tmp_path / "templates" / "team.html").write_text('{% extends "staff.html" %}')
    (tmp_path / "static").mkdir()
    return Pages("programme", tmp_path)


@pytest.fixture
def make_app(pages: Pages, signer: Signer) -> Callable[..., FastAPI]:
    def make(
        router: APIRouter,
        *,
        url: str = PUBLIC,
        shelf: Shelf | None = None,
        withdrawn: dict[str, int] | None = None,
        favoured: tuple[str, ...] = (),
        bulky: Mapping[str, int] | None = None,
    ) -> FastAPI:
        settings = Settings(
            mongo_url="", nats_url="", port=1, link_secret="s", public_url=url, staff_public_key=signer.public
        )
        least = withdrawn or {}

        async def gone(said: Claims) -> bool:
            return said.generation < least.get(said.sub, 0)

        return create(
            pages,
            settings,
            [router],
            shelf=shelf,
            favoured=favoured,
            bulky=bulky,
            withdrawn=gone,
        )

    return make


def visit(app: FastAPI, *, url: str = PUBLIC, peer: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(peer, 4711))
    return httpx.AsyncClient(transport=transport, base_url=url)


def claims(
    *roles: str,
    kind: str = "staff",
    exp: datetime | None = None,
    generation: int = 1,
    sub: str = "account",
    sid: str = "",
) -> Claims:
    return Claims(
        sub, kind, "Claire Morvan", roles, generation, exp or now() + timedelta(hours=1), "claire@cuf.example", sid
    )
