"""What the programme service reads from its environment besides what all services do."""

from shared.settings import Settings as Shared


class Settings(Shared):
    """The only service that holds the key by which staff cookies and API tokens are signed."""

    staff_private_key: str
    """Base64 of the 32-byte Ed25519 seed; its public half is `STAFF_PUBLIC_KEY`."""
