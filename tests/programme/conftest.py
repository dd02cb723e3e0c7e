"""The programme service's store and web part on a real database; facts stay in its outbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from services.programme import credentials
from services.programme.actions.accounts import create_staff
from services.programme.actions.tokens import create_token
from services.programme.settings import Settings
from services.programme.store import Store
from services.programme.web import application, make_desk
from services.programme.web.context import Desk
from shared.signing import Signer
from tests.apps import warm
from tests.conftest import Indexed

SEED = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
PASSWORD = "quinze lettres au moins"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""Cheap: a hash says itself what it costs to check, and each browser here signs in."""
BASE = "http://127.0.0.1:8080"


@pytest.fixture
async def store(indexed: Indexed) -> AsyncIterator[Store]:
    """The store, with its indexes."""
    made = Store(indexed(Store), "programme")
    yield made
    await made.close()


@pytest.fixture
def desk(store: Store) -> Desk:
    """What the routes work with."""
    settings = Settings(
        mongo_url="",
        nats_url="",
        port=0,
        public_url=BASE,
        link_secret="secret",
        staff_public_key=Signer(SEED).public,
        staff_private_key=SEED,
    )
    return make_desk(settings, store)


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    """The web part."""
    return warm(application(desk))


@pytest.fixture
async def visitor(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Anybody, reading French."""
    headers = {"accept-language": "fr"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers=headers) as client:
        yield client


@pytest.fixture
async def editor(app: FastAPI, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A program with the scope `programme`."""
    token = await create_token(desk.store, name="t", scopes=("programme",), life=timedelta(hours=1))
    headers = {"authorization": f"Bearer {credentials.token_word(desk.signer, token)}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers=headers) as client:
        yield client


@asynccontextmanager
async def signed_in(app: FastAPI, desk: Desk, email: str, name: str, *roles: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of someone of the team."""
    await create_staff(desk.store, email=email, name=name, roles=roles, password_hash=HASH)
    headers = {"Origin": BASE, "accept-language": "fr"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers=headers) as client:
        await client.post("/equipe/connexion", data={"email": email, "password": PASSWORD})
        yield client


@pytest.fixture
async def claire(app: FastAPI, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """Claire, signed in, who may change the programme."""
    async with signed_in(app, desk, "claire@example.org", "Claire Morvan", "programme") as client:
        yield client


@pytest.fixture
async def ines(app: FastAPI, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """Inès, signed in, who may change the programme too."""
    async with signed_in(app, desk, "ines@example.org", "Inès Belkacem", "programme") as client:
        yield client


@pytest.fixture
async def staff(app: FastAPI, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """Inès, signed in, who may see the press figures."""
    await create_staff(desk.store, email="ines@example.org", name="Inès Belkacem", roles=("press",), password_hash=HASH)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers={"Origin": BASE}) as client:
        await client.post("/equipe/connexion", data={"email": "ines@example.org", "password": PASSWORD})
        yield client
