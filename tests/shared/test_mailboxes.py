"""Two spellings of one mailbox are one; what only looks like another stays another."""

import pytest

from shared.mailboxes import one_spelling


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("solene@mairie.example", "solene@mairie.example"),
        ("Solene@Mairie.EXAMPLE", "Solene@mairie.example"),
        ("solene@ｍａｉｒｉｅ.example", "solene@mairie.example"),
        ("solene@ⓜairie.example", "solene@mairie.example"),
        ("solene@xn--exmple-cua.org", "solene@exämple.org"),
        ("solene@exa\u0308mple.org", "solene@exämple.org"),
        ("solene@straße.example", "solene@straße.example"),
        ("no address", "no address"),
        ("", ""),
    ],
)
def test_domain_has_one_spelling(typed: str, kept: str):
    assert one_spelling(typed) == kept
    assert one_spelling(kept) == kept
