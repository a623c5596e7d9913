"""What a model file says of itself."""

import json
from collections.abc import Mapping
from typing import Any, Literal, Self

import pydantic
from pydantic import ConfigDict, Field, PositiveInt

from gain_serving.errors import BadModelError

PREFIX = "gain."
"""Of the keys in the file's metadata; each value is a JSON text."""

_FROZEN = ConfigDict(frozen=True, extra="ignore", strict=True)
_Share = Field(ge=0, le=1, allow_inf_nan=False)


class Thresholds(pydantic.BaseModel):
    """Where a score becomes a verdict.

    Attributes:
        score: a class is present above it (models with several labels an image).
        attention: from where on an attention map counts as attended, null where never measured.
        reject_band: (low, high): a score s with low <= s < high is not trusted; null trusts all.
    """

    model_config = _FROZEN

    score: float = _Share
    attention: float | None = Field(default=None, ge=0, le=1)
    reject_band: tuple[float, float] | None = Field(default=None, strict=False)

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.reject_band is not None:
            low, high = self.reject_band
            if not 0 <= low <= high:
                raise ValueError(
                    f"reject_band must be [low, high] with 0 <= low <= high, not {[low, high]}"
                )
        return self


class ModelDescription(pydantic.BaseModel):
    """The metadata of a model file, checked.

    Attributes:
        task: what the model does.
        name: given at export.
        class_names: one for each score.
        single_label: an image has one class, not any number of them.
        input_size: (height, width) that the network itself works at, None where it is the
            image's own; images may have any size.
        thresholds: where a score becomes a verdict.
        config_sha256: hash of the training config.
        versions: of the packages that made the file.
        created: ISO time, UTC.
    """

    model_config = _FROZEN

    task: Literal["classification", "segmentation"]
    name: str
    class_names: tuple[str, ...] = Field(min_length=1, strict=False)
    single_label: bool
    input_size: tuple[PositiveInt, PositiveInt] | None = Field(strict=False)
    thresholds: Thresholds
    config_sha256: str | None = None
    versions: dict[str, Any] = {}
    created: str | None = None

    @pydantic.field_validator("class_names")
    @classmethod
    def _distinct(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError("two classes have the same name")
        return names


def read_metadata(entries: Mapping[str, str]) -> ModelDescription:
    """Check the metadata of a model file.

    Args:
        entries: key -> JSON text, as ONNX Runtime hands them out.

    Returns:
        The description.

    Raises:
        BadModelError: an entry is missing, no JSON, or wrong; the message names every one.
    """
    values, problems = {}, []
    for key, text in entries.items():
        if key.startswith(PREFIX):
            try:
                values[key.removeprefix(PREFIX)] = json.loads(text)
            except (ValueError, RecursionError):
                problems.append(f"{key} is no JSON")
    if not values and not problems:
        raise BadModelError(
            f"the file has no metadata of gain-tf (keys {PREFIX}...); export it with gain-tf export"
        )
    unread = {problem.split()[0] for problem in problems}
    try:
        return ModelDescription.model_validate(values)
    except pydantic.ValidationError as error:
        for mistake in error.errors(include_url=False):
            key = PREFIX + ".".join(str(part) for part in mistake["loc"])
            if key not in unread:
                problems.append(f"{key}: {mistake['msg']}")
    raise BadModelError("the file's metadata is wrong: " + "; ".join(problems))
