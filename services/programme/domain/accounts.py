"""Staff accounts: who may sign in, with which rights, and what ends a sign-in. Hashes are made elsewhere."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.delays import Cost, TooSoon
from shared.errors import Refusal
from shared.events.programme import AccessChanged, EndedSignIn
from shared.text import checked, is_visible

ROLES = ("admin", "registrations", "programme", "messages", "desk", "press")
SHORTEST_PASSWORD = 12
"""Signs. Guessing is slowed down too, so no kind of sign is asked for (CNIL, délibération 2022-100)."""
LONGEST_PASSWORD = 1000
LONGEST_NAME = 200
LONGEST_EMAIL = 254
COOKIE_LASTS = timedelta(hours=1)
"""A staff cookie is good this long, and renewed while it is in use."""

_MARGIN = timedelta(minutes=15)
"""A cookie that was being renewed while its sign-in was left, on a machine whose clock is ten minutes ahead."""
_REMEMBERED = 20
"""Sign-ins left within an hour that are told one by one; beyond, all of the account's end."""


class WrongCredentials(Refusal):
    """The same answer for an unknown address and a wrong password."""

    code = "wrong-credentials"
    status = 401
    text = "L’adresse ou le mot de passe ne correspond pas. Vérifiez les deux, puis réessayez."


class TooManyTries(TooSoon):
    """Failed attempts came faster than their growing delay allows; the account itself is never locked."""

    code = "too-many-tries"
    text = "Beaucoup d’essais à la suite : attendez %(seconds)s secondes, puis retapez le mot de passe."


PASSWORDS = Cost(2, TooManyTries)


class UnknownRole(Refusal):
    """Roles are a closed list."""

    code = "unknown-role"
    status = 422
    text = "Le rôle %(role)s n’existe pas."
    field = "roles"


class NotAnAddress(Refusal):
    """A staff account is known by an e-mail address."""

    code = "not-an-address"
    status = 422
    text = "L’adresse électronique %(email)s n’en est pas une."
    field = "email"


class NameMissing(Refusal):
    """Colleagues read the name beside what was changed."""

    code = "name-missing"
    status = 422
    text = "Nom : écrivez le nom que l’équipe connaît."
    field = "name"


class AccountExists(Refusal):
    """One account for each address."""

    code = "account-exists"
    text = "Un compte existe déjà pour %(email)s. Ouvrez-le dans la liste."
    field = "email"


class AccountWithdrawn(Refusal):
    """A withdrawn account is opened again before anything else."""

    code = "account-withdrawn"
    text = "Ce compte est retiré : rouvrez-le d’abord."


class LastAdmin(Refusal):
    """Somebody must remain who can open accounts."""

    code = "last-admin"
    text = "C’est le dernier compte d’administration ouvert : donnez d’abord ce rôle à quelqu’un d’autre."


class WrongPassword(Refusal):
    """The old password is asked, so that a forgotten open window is not enough."""

    code = "wrong-password"
    status = 422
    text = "Mot de passe actuel : ce n’est pas le vôtre. Vérifiez-le, puis réessayez."
    field = "current"


class PasswordTooShort(Refusal):
    """Length is what counts."""

    code = "password-too-short"
    status = 422
    text = "Nouveau mot de passe : %(least)s signes au moins. Une phrase convient."
    field = "password"


class PasswordsDiffer(Refusal):
    """What was typed twice is not the same."""

    code = "passwords-differ"
    status = 422
    text = "Nouveau mot de passe, une deuxième fois : les deux diffèrent."
    field = "again"


@dataclass(frozen=True)
class Ended:
    """A sign-in that was left. `until` is when no cookie signed for it is good any more."""

    sid: str
    until: datetime


@dataclass(frozen=True)
class Account:
    """Someone of the team. Raising `generation` withdraws every cookie signed before."""

    id: str
    email: str
    name: str
    roles: tuple[str, ...]
    password_hash: str
    generation: int = 1
    sequence: int = 0
    """Counts the facts told about this account."""
    withdrawn_at: datetime | None = None
    ended: tuple[Ended, ...] = ()
    """Sign-ins of this generation that were left while a cookie of theirs may still be about."""
    disowned: int = 0
    """What was handed out with credentials below this generation has ended: the account was withdrawn then."""

    @property
    def open(self) -> bool:
        """Whether one may sign in."""
        return self.withdrawn_at is None

    @property
    def rules(self) -> bool:
        """Whether it can open and withdraw accounts."""
        return self.open and "admin" in self.roles

    def has(self, generation: int, sid: str) -> bool:
        """Whether a cookie of this generation and sign-in is good."""
        return self.open and generation == self.generation and all(one.sid != sid for one in self.ended)


Told = tuple[Account, AccessChanged]


def canonical(email: str) -> str:
    """One spelling for an address: without surrounding spaces, in lower case."""
    return email.strip().lower()


def open_account(id: str, email: str, name: str, roles: tuple[str, ...], password_hash: str) -> Account:
    """A new account; refuses an unknown role, an address without its parts, no name."""
    address = canonical(checked(email, LONGEST_EMAIL, "email"))
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise NotAnAddress(email=email)
    return Account(id, address, _named(name), _known(roles), password_hash)


def change_account(account: Account, name: str, roles: tuple[str, ...], password_hash: str) -> Told:
    """The account, open, with new rights and password; what was signed for it before is withdrawn."""
    return _void(
        account, name=_named(name, account), roles=_known(roles), password_hash=password_hash, withdrawn_at=None
    )


def correct(account: Account, name: str, roles: tuple[str, ...]) -> tuple[Account, AccessChanged | None]:
    """Another name, or other roles. Cookies say the roles, so other ones withdraw them; a name is read at renewal."""
    if not account.open:
        raise AccountWithdrawn
    renamed = replace(account, name=_named(name, account))
    return (renamed, None) if set(_known(roles)) == set(account.roles) else _void(renamed, roles=roles)


def withdraw(account: Account, now: datetime) -> Told:
    """Nobody signs in with it; what was signed for it, and what it handed out to others, is no longer good."""
    return _void(account, withdrawn_at=now, disowned=account.generation + 1)


def set_password(account: Account, password_hash: str) -> Told:
    """Another password: whoever knew the old one, or has a cookie, is out. Opens a withdrawn account again."""
    return _void(account, password_hash=password_hash, withdrawn_at=None)


def leave(account: Account, sid: str, now: datetime) -> Told:
    """End one sign-in. A cookie without a name of its own, or many left at once, end them all."""
    live = tuple(one for one in account.ended if one.until > now)
    if not sid or len(live) >= _REMEMBERED:
        return _void(account)
    return _tell(replace(account, ended=(*live, Ended(sid, now + COOKIE_LASTS + _MARGIN))))


def leave_everywhere(account: Account) -> Told:
    """End every sign-in of this person."""
    return _void(account)


def check_password(password: str, again: str) -> None:
    """Refuses a new password that is too short, or not twice the same."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordTooShort(least=SHORTEST_PASSWORD)
    if password != again:
        raise PasswordsDiffer


def _void(account: Account, **changes: Any) -> Told:
    return _tell(replace(account, generation=account.generation + 1, ended=(), **changes))


def _tell(account: Account) -> Told:
    told = replace(account, sequence=account.sequence + 1)
    ended = tuple(EndedSignIn(sid=one.sid, until=one.until) for one in told.ended)
    return told, AccessChanged(account=told.id, generation=told.generation, ended=ended, disowned=told.disowned)


def _named(name: str, account: Account | None = None) -> str:
    """The name as it is kept; one that the account bears already was checked by the rules of its day."""
    if account and name == account.name:
        return name
    said = checked(name, LONGEST_NAME, "name")
    if not is_visible(said):
        raise NameMissing
    return said


def _known(roles: tuple[str, ...]) -> tuple[str, ...]:
    for role in roles:
        if role not in ROLES:
            raise UnknownRole(role=role)
    return roles
