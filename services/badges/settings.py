"""What the badges service reads from its environment besides what all services do."""

from pathlib import Path

from shared.settings import Settings as Shared


class Settings(Shared):
    """The only service that holds the key by which badges are signed."""

    badge_private_key: str
    """Base64 of 32 bytes, from which every edition's keys and every badge's code are derived. Losing it voids
    all badges printed; it is part of every backup."""
    fonts: Path = Path("node_modules/@expo-google-fonts")
    """Folder of the font packages that badges are set in."""
