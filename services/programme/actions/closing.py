"""After a restore: what was withdrawn since the backup was made stays withdrawn.

A backup brings back accounts and tokens as they were. Cookies and tokens that were signed since are good by their
signature, and may be of a generation that the restored database would give again.
"""

from dataclasses import dataclass, replace

from services.programme.actions.tokens import withdraw_handed_out
from services.programme.domain import accounts, tokens
from services.programme.domain.accounts import Account
from services.programme.domain.tokens import Token
from services.programme.store import ACCOUNTS, TOKENS, Store, account_document, read_account, read_token, token_document
from shared import access
from shared.events.programme import AccessChanged
from shared.store import Unit, by_id


@dataclass(frozen=True)
class Known:
    """The newest generation anybody knew of an account or token, and its sign-ins that were left."""

    generation: int
    left: frozenset[str] = frozenset()


async def close_again(store: Store, actor: str, id: str, known: Known) -> list[str]:
    """Close what had changed since the backup; answers what to call all that was closed with it.

    The fact says neither why a generation was raised nor what came after: the person may have left the team, or their
    password may have been stolen. So an account is closed, with what it had handed out, until somebody opens it again.
    One that the backup does not know is in no list, and opens nothing any more, nor does what it had handed out.
    """

    def decide(unit: Unit) -> list[str]:
        if document := unit.get(ACCOUNTS, id):
            return _close_account(unit, actor, read_account(document), known)
        if document := unit.get(TOKENS, id):
            return _close_token(unit, actor, read_token(document), known)
        return _close_unknown(unit, actor, id, known)

    return await store.commit(decide, by_id(ACCOUNTS, id), by_id(TOKENS, id), by_id(access.COLLECTION, id))


def _close_account(unit: Unit, actor: str, account: Account, known: Known) -> list[str]:
    if known.generation > account.generation:
        closed, fact = accounts.withdraw(replace(account, generation=known.generation), unit.now)
        action, names = "account.withdraw", [account.email]
    elif known.generation == account.generation and known.left - {one.sid for one in account.ended}:
        closed, fact = accounts.leave_everywhere(account)
        action, names = "sign-out.everywhere", []
    else:
        return []
    handed_out = [] if closed.open else withdraw_handed_out(unit, f"staff:{account.id}", actor)
    unit.put(ACCOUNTS, account_document(closed))
    unit.record(fact, closed.sequence)
    unit.audit(actor, action, account.id, ("withdrawn",) if names else ())
    return [*names, *(token.name for token in handed_out)]


def _close_token(unit: Unit, actor: str, token: Token, known: Known) -> list[str]:
    if known.generation <= token.generation:
        return []
    closed, fact = tokens.withdraw(replace(token, generation=known.generation), unit.now)
    unit.put(TOKENS, token_document(closed))
    unit.record(fact, closed.sequence)
    unit.audit(actor, "token.withdraw", token.id, ("withdrawn",))
    return [token.name]


def _close_unknown(unit: Unit, actor: str, id: str, known: Known) -> list[str]:
    kept = unit.get(access.COLLECTION, id)
    if kept and kept["generation"] >= known.generation:
        return []
    sequence = (kept["sequence"] if kept else 0) + 1
    end = known.generation + 1
    unit.put(access.COLLECTION, {"_id": id, "generation": end, "ended": [], "disowned": end, "sequence": sequence})
    unit.record(AccessChanged(account=id, generation=end, disowned=end), sequence)
    unit.audit(actor, "access.close", id, ("withdrawn",))
    return [id]
