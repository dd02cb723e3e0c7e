"""Addresses a mail can arrive at: what no server takes is said on the form, not found out after the registration."""

import pytest

from services.registration.intake import NO_ADDRESS, address_mistake


@pytest.mark.parametrize("beginning", ["a" * 64, "solène", "o'neil+cuf", "=?utf-8?q?x?="])
def test_address_that_servers_take_is_taken(beginning):
    assert address_mistake(f"{beginning}@mairie.example") is None


@pytest.mark.parametrize("beginning", ["a" * 65, "é" * 65, "a b", '"a"', "<a", "a,b"])
def test_address_that_no_server_takes_is_refused(beginning):
    found = address_mistake(f"{beginning}@mairie.example")
    assert found
    assert (found.field, found.text) == ("email", NO_ADDRESS)
