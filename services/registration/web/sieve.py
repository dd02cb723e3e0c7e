"""What keeps automates from the public form, without a third party: a field nobody sees, a signed hour, allowances."""

from collections.abc import Callable
from time import monotonic

from services.registration.domain.refusals import LooksAutomatic, TooManyAtOnce
from services.registration.settings import Settings
from shared.clock import now
from shared.errors import NotFound
from shared.mailboxes import one_spelling
from shared.signing import Links

WINDOW = 600.0
"""Seconds in which an allowance is spent and comes back."""

REMEMBERED = 20_000
"""Addresses remembered at most; a flood from more of them starts again from nothing."""


class Allowance:
    """So many acts per address in ten minutes, coming back evenly; a burst may use them all at once."""

    def __init__(self, acts: int, clock: Callable[[], float] = monotonic) -> None:
        self._acts = acts
        self._clock = clock
        self._spent: dict[str, tuple[float, float]] = {}

    def take(self, address: str) -> bool:
        """Spend one act; False when there is none left."""
        moment = self._clock()
        spent, since = self._spent.get(address, (0.0, moment))
        spent = max(0.0, spent - (moment - since) * self._acts / WINDOW)
        if spent + 1 > self._acts:
            return False
        if len(self._spent) >= REMEMBERED:
            self._spent.clear()
        self._spent[address] = (spent + 1, moment)
        return True


class Sieve:
    """Says who may register now. What it refuses may be sent again: the page keeps every answer."""

    def __init__(self, settings: Settings) -> None:
        self._marks = Links(settings.link_secret, "form-shown-at")
        self._all = Allowance(settings.registrations_per_address)
        self._mailboxes = Allowance(settings.registrations_per_mailbox)
        self._hasty = Allowance(settings.hasty_per_address)
        self._lookups = Allowance(settings.lookups_per_address)
        self._hasty_seconds = settings.hasty_seconds

    def mark(self) -> str:
        """When the form was shown, signed: a hidden field of it."""
        return self._marks.make(str(int(now().timestamp() * 1000)), 0)

    def admit(self, address: str) -> None:
        """Count a registration by a program."""
        if not self._all.take(address):
            raise TooManyAtOnce

    def spare(self, email: str) -> None:
        """Count what is about to be written to a mailbox: nobody's is flooded in their name."""
        if not self._mailboxes.take(one_spelling(email.strip()).casefold()):
            raise TooManyAtOnce

    def may_look_up(self, address: str) -> bool:
        """Count a request for a lost link; False when there were too many."""
        return self._lookups.take(address)

    def admit_form(self, address: str, mark: str, trap: str) -> None:
        """Count a form. `trap` is the field that people do not see."""
        if trap:
            raise LooksAutomatic
        if self._is_hasty(mark) and not self._hasty.take(address):
            raise TooManyAtOnce
        self.admit(address)

    def _is_hasty(self, mark: str) -> bool:
        try:
            shown_at, _ = self._marks.read(mark)
        except NotFound:
            return True
        return now().timestamp() - int(shown_at) / 1000 < self._hasty_seconds
