"""The two families of failure: a rule was broken (`Refusal`), or the world is away (`Away`)."""

from typing import ClassVar


class Refusal(Exception):
    """A broken rule, told to a person.

    A subclass names the rule, gives its `code` (kebab-case, stable, used in problem+json), the HTTP
    `status` of the edge, and `text`: the French sentence, a gettext source with `%(name)s` placeholders
    filled from the keyword arguments. `field` is the form field it belongs to, if any.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    text: ClassVar[str] = "Cette demande ne peut pas aboutir."
    field: str | None = None

    def __init__(self, **params: object) -> None:
        super().__init__(self.code)
        self.params = params


class NotFound(Refusal):
    """The thing asked for does not exist, or is not for this person."""

    code = "not-found"
    status = 404
    text = "Cette page n’existe pas, ou plus."


class Forbidden(Refusal):
    """The person is known, but this is not theirs to do."""

    code = "forbidden"
    status = 403
    text = "Votre compte n’ouvre pas cette page."


class NotSignedIn(Refusal):
    """No valid staff cookie or token came with the request."""

    code = "not-signed-in"
    status = 401
    text = "Connectez-vous pour continuer."


class Busy(Refusal):
    """The bounded queue is full: come back in `retry_after` seconds."""

    code = "busy"
    status = 503
    text = "Beaucoup de monde en ce moment, et rien n’est encore enregistré. Réessayez dans 30 secondes."
    retry_after: ClassVar[int] = 30


class Away(Exception):
    """MongoDB, NATS or the mail server cannot be reached: worth waiting for, never counted."""


class Unreadable(Exception):
    """A message that no retry will make readable: parked at once with its bytes."""
