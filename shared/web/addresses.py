"""Who calls, and where a person may be sent: nothing a stranger wrote is believed."""

from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.requests import HTTPConnection


def client_address(request: HTTPConnection) -> str:
    """The address of the person's machine: what the front door says (`TRUSTED_PROXIES`), else whoever is connected.

    The last entry of `X-Forwarded-For` is the one the front door itself added.
    """
    peer = request.client.host if request.client else ""
    if not _within(peer, request.app.state.trusted):
        return peer
    forwarded = request.headers.getlist("x-forwarded-for")
    said = forwarded[-1].rpartition(",")[2].strip() if forwarded else ""
    return said if _is_address(said) else peer


def _within(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def safe_path(text: str | None, default: str = "/equipe") -> str:
    """A path on this site to go on to (`suite`), or the default: never another site, never a script."""
    if not text or not text.startswith("/") or text.startswith("//") or "\\" in text:
        return default
    return text if text.isprintable() and text.isascii() and " " not in text else default
