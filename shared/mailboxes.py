"""E-mail addresses in one spelling: who writes the domain otherwise means the same mailbox."""

from functools import lru_cache

from email_validator import EmailNotValidError, validate_email


@lru_cache(maxsize=1000)
def one_spelling(typed: str) -> str:
    """The address with its domain as UTS 46 reads it: composed, in small letters, punycode spelled out.

    Fullwidth or circled letters, capitals and `xn--` lead to the same mailbox. The part before the sign belongs to
    its server and stays as it was typed; what is no address stays whole.
    """
    try:
        return validate_email(typed, strict=True, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return typed
