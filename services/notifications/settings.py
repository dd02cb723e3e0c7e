"""What the notifications service reads from its environment, besides what all services do."""

from shared.settings import Settings as Common


class Settings(Common):
    """Where mail goes, who it comes from, and how patient the sender is."""

    smtp_url: str
    """`smtp://[user:password@]host[:port]` (STARTTLS when offered) or `smtps://…`."""
    mail_from: str = "Rencontres <rencontres@rencontres.example>"
    """The sender of every mail; its domain is also that of the Message-IDs."""
    smtp_connections: int = 10
    """Messages handed over at the same time, each on a connection that is used again."""
    mail_at_once: int = 40
    """Messages taken at a time: more than connections, so that one transaction serves several."""
    smtp_timeout: float = 20.0
    """Seconds to wait for the mail server at each step before the message's text."""
    smtp_data_timeout: float = 600.0
    """Seconds to wait after the final dot: ten minutes, as RFC 5321 §4.5.3.2.6 asks."""
    badge_patience: float = 30.0
    """Seconds a confirmation waits for its badge; then it leaves without, and the badge follows."""
    change_quiet_seconds: float = 600.0
    """Seconds between the release that changes something for a person and the mail about it: edits made within them
    make one message, and what is changed back makes none."""
