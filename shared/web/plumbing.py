"""The addresses that every service has: health, metrics, the team's health page, dead letters."""

from typing import Any

from fastapi import APIRouter

from shared.house import House
from shared.web.health_page import health_page, routes
from shared.web.letters_page import letters_api, letters_page
from shared.web.pages import Pages


def plumbing(pages: Pages, house: House[Any]) -> tuple[APIRouter, ...]:
    """Their routers, for one service."""
    health, store = house.health, house.store
    return routes(health), health_page(pages, health), letters_page(pages, store), letters_api(pages.service, store)
