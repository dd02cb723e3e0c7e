"""What API bodies are made of: models that refuse unknown fields, and text that is shown as it is kept."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import PydanticCustomError, PydanticKnownError
from pydantic_core.core_schema import CoreSchema, with_info_after_validator_function

from shared.text import TooLong, fault, tidy

KEPT = {"kept": True}
"""The context in which a model is made of what is in the database: that was checked by the rules of its day."""


class Input(BaseModel):
    """A request body. Unknown fields are refused: a typing mistake must not be ignored in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Words:
    """Marks a `str` as text that people type: at most so many signs, on one line unless `lines`."""

    most: int
    lines: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Pydantic's way to be told of a check."""
        return with_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Pydantic's way to be told how the check is documented."""
        return {**handler(schema), "maxLength": self.most}

    def _checked(self, typed: str, info: ValidationInfo) -> str:
        if info.context == KEPT:
            return typed
        said = tidy(typed)
        found = fault(said, self.most, lines=self.lines)
        if isinstance(found, TooLong):
            raise PydanticKnownError("string_too_long", {"max_length": self.most})
        if found:
            raise PydanticCustomError(found.code, "%s", found.params)
        return said


Line = Annotated[str, Words(500)]
"""One line of text."""
Paragraph = Annotated[str, Words(5000, lines=True)]
"""Text that may have several lines."""
