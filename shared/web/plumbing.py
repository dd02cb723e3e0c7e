"""The addresses that every service has: health, metrics, the team's health page, dead letters, what was purged."""

from typing import Any

from fastapi import APIRouter

from shared.house import House
from shared.retention import Retention
from shared.web.health_page import health_page, routes
from shared.web.letters_page import letters_api, letters_page
from shared.web.pages import Pages
from shared.web.purges_card import purges_card


def plumbing(pages: Pages, house: House[Any], retention: Retention) -> tuple[APIRouter, ...]:
    """Their routers, for one service."""
    health, store = house.health, house.store
    letters = letters_page(pages, store), letters_api(pages.service, store)
    return routes(health), health_page(pages, health), *letters, purges_card(pages, retention)
