"""What every fact has: an immutable body, a type, a key, and the CloudEvents attributes around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict

PREFIX = "rencontres"

Text = dict[str, str]
"""A text in several languages: ISO 639-1 code → text. French (`fr`) is always there."""


class Part(BaseModel):
    """A piece of a fact. Unknown fields are ignored, so that a new optional field keeps the version."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Fact(Part):
    """Something that happened, told to everybody. Subclasses set `publisher` and `name` (`email-sent`)."""

    publisher: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[int] = 1
    key_field: ClassVar[str]

    @classmethod
    def type(cls) -> str:
        """The CloudEvents type, also the subject without its key: `rencontres.badges.issued.v1`."""
        return f"{PREFIX}.{cls.publisher}.{cls.name}.v{cls.version}"

    @property
    def key(self) -> str:
        """The id of the thing concerned: the last token of the subject."""
        return str(getattr(self, self.key_field))


@dataclass(frozen=True)
class Envelope:
    """The CloudEvents 1.0 attributes of one fact, as NATS binary-mode headers carry them."""

    id: str
    type: str
    source: str
    time: datetime
    key: str
    sequence: int
    correlation_id: str
    causation_id: str | None = None

    @property
    def subject(self) -> str:
        """The NATS subject this fact is published on."""
        return f"{self.type}.{self.key}"

    def headers(self) -> dict[str, str]:
        """The `ce-*` headers of NATS binary mode."""
        headers = {
            "ce-specversion": "1.0",
            "ce-id": self.id,
            "ce-source": self.source,
            "ce-type": self.type,
            "ce-time": self.time.isoformat(),
            "ce-subject": self.key,
            "ce-correlationid": self.correlation_id,
            "ce-sequence": str(self.sequence),
            "content-type": "application/json",
        }
        if self.causation_id:
            headers["ce-causationid"] = self.causation_id
        return headers

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> Self:
        """Read the attributes back; raises `KeyError` or `ValueError` when they are not a fact's."""
        return cls(
            id=headers["ce-id"],
            type=headers["ce-type"],
            source=headers["ce-source"],
            time=datetime.fromisoformat(headers["ce-time"]),
            key=headers["ce-subject"],
            sequence=int(headers["ce-sequence"]),
            correlation_id=headers.get("ce-correlationid", ""),
            causation_id=headers.get("ce-causationid"),
        )
