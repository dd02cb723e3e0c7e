"""Who calls, and where a person may be sent: nothing a stranger wrote is believed."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import HTTPConnection


def client_address(request: HTTPConnection) -> str:
    """The address of the person's machine: what the front door says (`TRUSTED_PROXIES`), else whoever is connected.

    The last entry of `X-Forwarded-For` is the one the front door itself added. Limits count by it, so of an IPv6
    address only the network remains: whoever has one address has all 2⁶⁴ of its network.
    """
    peer = request.client.host if request.client else ""
    if not _within(peer, request.app.state.trusted):
        return _counted(peer)
    forwarded = request.headers.getlist("x-forwarded-for")
    said = forwarded[-1].rpartition(",")[2].strip() if forwarded else ""
    return _counted(said if _is_address(said) else peer)


def _counted(address: str) -> str:
    found = ip_address(address) if _is_address(address) else None
    if not isinstance(found, IPv6Address):
        return address
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))


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
