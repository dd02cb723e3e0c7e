"""A badge is admitted only if we signed it; a typed code is read as a person means it."""

import random

import pytest

from services.badges.tokens import CODE_DIGITS, TOKEN_LENGTH, Mint, base45, shown_code, typed_code, unbase45

MINT = Mint(bytes(range(32)))
EDITION = "raict-2026"


def a_token(registration: str = "r1", generation: int = 1) -> str:
    """A token as it is printed."""
    return MINT.token(EDITION, MINT.secrets(registration, generation).id, generation)


def test_token_reads_back_as_the_badge_it_was_made_for() -> None:
    token = a_token()
    assert MINT.read(EDITION, token) == (MINT.secrets("r1", 1).id, 1)
    assert len(token) == TOKEN_LENGTH


def test_token_may_end_with_what_a_hand_scanner_adds() -> None:
    assert MINT.read(EDITION, a_token() + "\r\n") is not None


def test_token_that_a_reader_trimmed_reads_back() -> None:
    editions = (f"edition-{number}" for number in range(1000))
    token, edition = next(
        (token, edition) for edition in editions if (token := MINT.token(edition, "00" * 16, 1)).startswith(" ")
    )
    assert MINT.read(edition, token.strip()) == ("00" * 16, 1)


def test_token_of_another_edition_is_not_a_badge() -> None:
    assert MINT.read("raict-2025", a_token()) is None


def test_token_of_another_key_is_not_a_badge() -> None:
    badge = MINT.secrets("r1", 1).id
    assert MINT.read(EDITION, Mint(bytes(32)).token(EDITION, badge, 1)) is None


def test_token_mutated_in_text_is_never_accepted() -> None:
    chance, token = random.Random(1), a_token()  # noqa: S311 - repeatable mutations
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:aé\x00"
    for _ in range(5000):
        place = chance.randrange(len(token))
        mutated = token[:place] + chance.choice(alphabet) + token[place + 1 :]
        assert mutated == token or MINT.read(EDITION, mutated) is None


def test_token_with_any_flipped_bit_is_never_accepted() -> None:
    content = unbase45(a_token())
    assert content is not None
    for bit in range(len(content) * 8):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        assert MINT.read(EDITION, base45(bytes(flipped))) is None


def test_token_cut_lengthened_or_stitched_is_never_accepted() -> None:
    chance, one, two = random.Random(2), a_token("r1"), a_token("r2")  # noqa: S311 - the same
    for _ in range(4000):
        cut = chance.randrange(1, TOKEN_LENGTH)
        for forged in (one[:cut], one + two[:cut], one[:cut] + two[cut:], one[cut:] + one[:cut]):
            assert forged in {one, two} or MINT.read(EDITION, forged) is None


@pytest.mark.parametrize("text", ["", " ", "\x00", "K4P7-2RMXAB", "<script>", "é" * 126, "A" * 100_000, ":::" * 42])
def test_token_that_is_any_other_text_is_not_a_badge(text: str) -> None:
    assert MINT.read(EDITION, text) is None


def test_secrets_are_the_same_again_for_the_same_badge_only() -> None:
    again = Mint(bytes(range(32)))
    assert again.secrets("r1", 1) == MINT.secrets("r1", 1)
    drawn = {MINT.secrets(registration, generation) for registration in ("r1", "r2") for generation in (1, 2)}
    assert len({secrets.code for secrets in drawn}) == len({secrets.id for secrets in drawn}) == 4


def test_mint_refuses_a_short_key() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Mint(b"short")


@pytest.mark.parametrize(
    "typed",
    [
        "01ABC-DEFG2",
        "01abcdefg2",
        "oiabc defg2",
        " OLABC–DEFG2 ",
        "0 1 a b c d e f g 2",
        "０１ABC-DEFG2",
        "01ABCDEFG2\r\n",
    ],
)
def test_code_is_read_as_the_volunteer_means_it(typed: str) -> None:
    assert typed_code(typed) == "01ABCDEFG2"


@pytest.mark.parametrize("typed", ["", "01ABC", "01ABCDEFG22", "01ABCDEFGU", "01ABCDEFG!", "é" * 10, "1" * 100_000])
def test_code_that_cannot_be_one_is_refused(typed: str) -> None:
    assert typed_code(typed) is None


def test_code_shown_reads_back() -> None:
    code = MINT.secrets("r1", 1).code
    assert len(code) == CODE_DIGITS
    assert typed_code(shown_code(code)) == code


def test_base45_matches_the_examples_of_the_rfc() -> None:
    assert base45(b"AB") == "BB8"
    assert base45(b"Hello!!") == "%69 VD92EX0"
    assert unbase45("QED8WEX0") == b"ietf!"
    assert unbase45("GGW") is None
