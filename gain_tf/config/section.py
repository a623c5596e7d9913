"""What every part of a config is, and the types that several of them have."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

Seed = Annotated[int, Field(ge=0, lt=2**31)]
Side = Annotated[int, Field(ge=8, le=8192)]

MOST = 10**6
"""Of epochs, of steps, of images in a batch: more is a slip, and TensorFlow overflows."""

Amount = Annotated[int, Field(ge=1, le=MOST)]

LARGEST_SCALE = 4
"""How many times its own input size a network may be asked to look at an image."""


class Section(BaseModel):
    """A part of the config: unknown keys and wrong types are errors, nothing is changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _as_written(cls, value: Any, info: Any) -> Any:
        """Refuse what Python would take for something else: true for 1, a NUL in a path."""
        several = value if isinstance(value, list | tuple) else [value]
        switches = any(isinstance(each, bool) for each in several)
        if switches and not re.search("bool|Any", str(cls.model_fields[info.field_name])):
            raise ValueError("true and false mean nothing here")
        if isinstance(value, str) and "\0" in value:
            raise ValueError("must not hold a NUL character")
        return value
