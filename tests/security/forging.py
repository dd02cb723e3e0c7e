"""Forged badges: what somebody makes who has seen real ones, but not our key. Endless, and repeatable."""

from collections.abc import Callable, Iterator
from itertools import cycle
from random import Random

from services.badges.tokens import Mint, base45, unbase45

BODY = 20
"""Bytes before the signature: version, edition key, badge, generation."""
ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of Ed25519's group: adding it to the second half of a signature gives the same signature, if nobody looks."""
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


class Forger:
    """Has seen some badges of an edition, and holds keys of others."""

    def __init__(self, seen: list[str], edition: str, seed: int) -> None:
        self._texts = seen
        self._seen = [content for text in seen if (content := unbase45(text.rjust(126)))]
        self._chance = Random(seed)  # noqa: S311 - repeatable
        self._edition = edition
        self._own = Mint(bytes(32))

    def forged(self) -> Iterator[str]:
        """One forgery after the other, of every kind in turn, none twice."""
        ways: tuple[Callable[[], str], ...] = (
            *(self._flipped, self._retyped, self._cut, self._longer, self._drawn, self._drawn_after_a_real_beginning),
            *(self._other_generation, self._other_badge, self._swapped, self._own_key, self._other_edition),
            *(self._same_signature_again, self._overflowing, self._lower_case, self._wide, self._broken_up),
        )
        known = {hash(text.strip()) for text in self._texts}
        for way in cycle(ways):
            text = way()
            if (one := hash(text.strip())) not in known:
                known.add(one)
                yield text

    def _real(self) -> bytes:
        return self._chance.choice(self._seen)

    def _flipped(self) -> str:
        content = bytearray(self._real())
        for _ in range(self._chance.randint(1, 3)):
            bit = self._chance.randrange(len(content) * 8)
            content[bit // 8] ^= 1 << bit % 8
        return base45(bytes(content))

    def _retyped(self) -> str:
        text = [*self._chance.choice(self._texts)]
        for _ in range(self._chance.randint(1, 4)):
            text[self._chance.randrange(len(text))] = self._chance.choice(SIGNS)
        return "".join(text)

    def _cut(self) -> str:
        text = self._chance.choice(self._texts)
        return text[: self._chance.randrange(1, len(text))]

    def _longer(self) -> str:
        more = "".join(self._chance.choice(SIGNS) for _ in range(self._chance.randint(1, 9)))
        text = self._chance.choice(self._texts)
        return text + "X" + more if self._chance.random() < 0.5 else more + "X" + text

    def _drawn(self) -> str:
        return base45(self._chance.randbytes(84))

    def _drawn_after_a_real_beginning(self) -> str:
        return base45(self._real()[:3] + self._chance.randbytes(81))

    def _other_generation(self) -> str:
        content = bytearray(self._real())
        content[BODY - 1] = (content[BODY - 1] + self._chance.randint(1, 255)) % 256
        return base45(bytes(content))

    def _other_badge(self) -> str:
        content = self._real()
        return base45(content[:3] + self._chance.randbytes(16) + content[19:])

    def _swapped(self) -> str:
        one, two = self._chance.sample(self._seen, 2)
        return base45(one[:BODY] + two[BODY:])

    def _own_key(self) -> str:
        """A real badge's beginning, well signed, with a key of one's own."""
        own = unbase45(self._own.token(self._edition, self._real()[3:19].hex(), 1).rjust(126))
        assert own is not None
        return base45(self._real()[:BODY] + own[BODY:])

    def _other_edition(self) -> str:
        return self._own.token(f"edition-{self._chance.randrange(50)}", self._real()[3:19].hex(), 1)

    def _same_signature_again(self) -> str:
        content = self._real()
        half = int.from_bytes(content[-32:], "little") + ORDER * self._chance.randint(1, 13)
        return base45(content[:-32] + half.to_bytes(33, "little")[:32])

    def _overflowing(self) -> str:
        """Three signs that mean more than two bytes hold, and the same two bytes where the rest is thrown away."""
        text = [*self._chance.choice(self._texts).rjust(126)]
        for start in self._chance.sample(range(0, 126, 3), 42):
            number = sum(SIGNS.index(sign) * 45**place for place, sign in enumerate(text[start : start + 3])) + 2**16
            if number < 45**3:
                text[start : start + 3] = [SIGNS[number // 45**place % 45] for place in range(3)]
                break
        return "".join(text)

    def _lower_case(self) -> str:
        text = self._chance.choice(self._texts)
        places = [place for place, sign in enumerate(text) if sign.isalpha()]
        chosen = set(self._chance.sample(places, self._chance.randint(1, len(places))))
        return "".join(sign.lower() if place in chosen else sign for place, sign in enumerate(text))

    def _wide(self) -> str:
        """Signs that only look the same, or that a careless reader takes for them."""
        text = self._chance.choice(self._texts)
        place = next(place for place in self._chance.sample(range(126), 126) if text[place : place + 1].isalnum())
        return text[:place] + chr(ord(text[place]) + 0xFEE0) + text[place + 1 :]

    def _broken_up(self) -> str:
        text = self._chance.choice(self._texts)
        place = self._chance.randrange(1, len(text.strip()) - 1)
        return text[:place] + self._chance.choice(("\n", "\x00", "\u200b", " ", "-", "\t")) + text[place:]
