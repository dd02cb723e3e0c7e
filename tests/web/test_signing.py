"""Links, cookies and tokens: what we made is read back, everything else is refused."""

import base64
from datetime import timedelta

import pytest

from shared.clock import now
from shared.errors import NotFound, NotSignedIn
from shared.signing import Links, Signer, Verifier
from tests.web.conftest import claims

LINKS = Links("secret")


def test_link_is_read_back() -> None:
    assert LINKS.read(LINKS.make("01k3x", 2)) == ("01k3x", 2)


def test_link_is_safe_at_the_end_of_a_sentence() -> None:
    assert all(LINKS.make("a", n)[-1].isalnum() and LINKS.make("a", n).islower() for n in range(1, 200))


@pytest.mark.parametrize(
    "token",
    [
        "", "a", "a.1", "a.1.", "a.1.x.y", "a.-1.x", "a.١.x", "é.1.é", "\0.1.x", "a." + "9" * 5000 + ".x",
        LINKS.make("a", 1).replace("a.1", "b.1"), LINKS.make("a", 1).replace("a.1", "a.2"),
        LINKS.make("a", 1).replace("a.1", "a.01"), LINKS.make("a", 1) + "a", LINKS.make("a", 1).upper(),
        Links("another").make("a", 1), Links("secret", "badge").make("a", 1),
    ],
)  # fmt: skip
def test_link_we_did_not_make_is_not_found(token: str) -> None:
    with pytest.raises(NotFound):
        LINKS.read(token)


def test_claims_are_read_back(signer: Signer) -> None:
    said = claims("messages", "desk")
    read = Verifier(signer.public).read(signer.sign(said), now())
    assert (read.sub, read.kind, read.name, read.roles, read.generation) == (
        "account", "staff", "Claire Morvan", ("messages", "desk"), 1,
    )  # fmt: skip


def test_claims_expire_even_when_read_before(signer: Signer) -> None:
    verifier, word = Verifier(signer.public), signer.sign(claims(exp=now() + timedelta(minutes=1)))
    verifier.read(word, now())
    with pytest.raises(NotSignedIn):
        verifier.read(word, now() + timedelta(minutes=2))


def test_changed_claims_are_refused(signer: Signer) -> None:
    body, signature = signer.sign(claims("desk")).split(".")
    raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).replace(b"desk", b"king")
    forged = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    for word in (
        f"{forged}.{signature}",
        f"{body}.{signature[:-2]}",
        body,
        "",
        "..",
        "é.é",
        "a.b.c",
        f"{body}.{signature}=",
    ):
        with pytest.raises(NotSignedIn):
            Verifier(signer.public).read(word, now())


def test_claims_of_another_key_are_refused(signer: Signer) -> None:
    stranger = Signer(base64.b64encode(bytes(32)).decode())
    with pytest.raises(NotSignedIn):
        Verifier(signer.public).read(stranger.sign(claims("admin")), now())


def test_many_different_words_do_not_fill_memory(signer: Signer) -> None:
    verifier = Verifier(signer.public)
    for number in range(1100):
        verifier.read(signer.sign(claims(sub=str(number))), now())
    assert len(verifier._known) <= 1000
