"""What opens a desk: its link, its PIN, and the cookie a phone gets for both. All follow from one secret."""

import hmac

from shared.signing import Links

PIN_DIGITS = 6


class DeskKeys:
    """Makes and reads them. No PIN is stored: a stolen database opens no door."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._links = Links(secret, "desk")
        self._cookies = Links(secret, "desk-cookie")

    def path(self, desk: str) -> str:
        """The address that is scanned or typed, without the host."""
        return f"/accueil/poste/{self._links.make(desk, 1)}"

    def read_link(self, token: str) -> str:
        """The desk of a link we made; raises `NotFound`."""
        return self._links.read(token)[0]

    def pin(self, desk: str) -> str:
        """Six digits, always the same for this desk."""
        drawn = hmac.digest(self._secret, f"desk-pin/{desk}".encode(), "sha256")
        return f"{int.from_bytes(drawn[:8], 'big') % 10**PIN_DIGITS:0{PIN_DIGITS}}"

    def is_pin(self, desk: str, typed: str) -> bool:
        """Whether these are the desk's digits, however they were spaced."""
        digits = "".join(sign for sign in typed if sign.isalnum())
        return hmac.compare_digest(digits.encode(), self.pin(desk).encode())

    def cookie(self, desk: str) -> str:
        """What the phone keeps."""
        return self._cookies.make(desk, 1)

    def read_cookie(self, word: str) -> str:
        """The desk of a cookie we made; raises `NotFound`."""
        return self._cookies.read(word)[0]
