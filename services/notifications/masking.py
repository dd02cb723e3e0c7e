"""What opens something to whoever holds it is taken out of a mail's words before anybody else reads them."""

import re

_CAPABILITY = re.compile(r"\b[0-9a-z]{20,32}\.\d+\.[a-z2-7]{16,32}\b")

_BADGE_CODE = re.compile(r"(?m)(?:^|(?<=>))[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}(?=$|<)")
"""A badge's code as mails show it, alone on its line."""


def masked(text: str) -> str:
    """The text without the links and the code that open a registration or the door to whoever holds them."""
    return _BADGE_CODE.sub("…", _CAPABILITY.sub("…", text))
