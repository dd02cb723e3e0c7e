"""What API bodies are made of: models that refuse unknown fields, and text without control characters."""

from typing import Annotated
from unicodedata import category

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError


class Input(BaseModel):
    """A request body. Unknown fields are refused: a typing mistake must not be ignored in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _without_controls(text: str) -> str:
    if any(category(sign) in {"Cc", "Cs"} for sign in text):
        raise PydanticCustomError("control-characters", "control characters")
    return text


def _paragraph(text: str) -> str:
    _without_controls(text.replace("\n", "").replace("\r", "").replace("\t", ""))
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_without_controls)]
"""One line of text."""
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000), AfterValidator(_paragraph)]
"""Text that may have several lines."""
