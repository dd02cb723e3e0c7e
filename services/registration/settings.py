"""What the registration service reads from its environment besides what all services do."""

from pathlib import Path

from shared.settings import Settings as Shared


class Settings(Shared):
    """Limits count per address and process; a token with scope `import` is exempt."""

    reference: Path = Path("node_modules/@etalab/decoupage-administratif/data")
    """Folder of the registers of local authorities."""
    registrations_per_address: int = 300
    """Registrations one network address may send in ten minutes: an office of 200 passes."""
    registrations_per_mailbox: int = 60
    """Registrations one e-mail address may be given in ten minutes, wherever they come from: each writes to it."""
    hasty_per_address: int = 20
    """How many of these may come from a form sent without its mark, or within `HASTY_SECONDS` of being shown."""
    hasty_seconds: float = 3.0
    """People take longer than this to fill the form in."""
    lookups_per_address: int = 30
    """Lost links one network address may ask for in ten minutes."""
