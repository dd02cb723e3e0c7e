"""What a reason means: the mail server's answers (RFC 5321 and 3463) and our own, each as one of a few cases.

Pages say the case in the reader's language and keep the server's words beside it.
"""

import re

_OWN = frozenset(
    {
        "address",
        "already-told",
        "cancelled-meanwhile",
        "database-lost",
        "decided-meanwhile",
        "erased",
        "nobody-left",
        "offer-over",
        "readdressed",
        "same-again",
        "sender-died",
        "session-moved",
        "smtputf8",
        "stopped-by-team",
        "too-late",
        "transferred-meanwhile",
        "unwritten",
    }
)

_ENHANCED = {
    "1.1": "no-mailbox",
    "1.2": "no-domain",
    "1.3": "address",
    "1.6": "no-mailbox",
    "1.10": "no-mailbox",
    "2.1": "mailbox-closed",
    "2.2": "mailbox-full",
    "2.3": "too-big",
    "3.4": "too-big",
    "4.4": "no-domain",
    "7.0": "unwanted",
    "7.1": "unwanted",
    "7.8": "our-sign-in",
}
"""The second and third part of an enhanced status code."""

_BASIC = {"421": "busy", "452": "mailbox-full", "530": "our-sign-in", "535": "our-sign-in", "552": "mailbox-full"}

_SILENCE = re.compile(r"Timeout")
_CUT = re.compile(r"Disconnected|Connect|OSError|Reset|BrokenPipe|SSL")


def meaning(reason: str) -> str:
    """One word for what this reason means; empty for none."""
    if reason in _OWN or not reason:
        return reason
    if found := re.match(r"([245]\d\d)(?:[ -]([245])\.(\d{1,3}\.\d{1,3}))?", reason):
        return _answered(found[1], found[3] or "")
    if _SILENCE.search(reason):
        return "silence"
    return "cut" if _CUT.search(reason) else "other"


def _answered(code: str, enhanced: str) -> str:
    if code[0] == "4" and _ENHANCED.get(enhanced) != "mailbox-full":
        return _BASIC.get(code, "later")
    return _ENHANCED.get(enhanced) or _BASIC.get(code, "refused")
