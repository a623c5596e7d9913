"""What the readers of annotation files share: text to values, mistakes to sentences."""

import json
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from gain_tf.config.sentences import sentences
from gain_tf.data.names import name_problem


def _printable(text: str) -> str:
    if problem := name_problem(text):
        raise ValueError(problem)
    return text


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_printable)
]
"""Of a class or a file."""

Coordinate = Annotated[float, Field(allow_inf_nan=False)]


class Entry(BaseModel):
    """A part of an annotation file, of which tools write more than is read here."""

    model_config = ConfigDict(extra="ignore", frozen=True)


Model = TypeVar("Model", bound=Entry)


class UnreadableAnnotationError(ValueError):
    """An annotation file cannot be read at all; the message names it."""


def parse_json(path: Path) -> Any:
    """Read a JSON file in UTF-8, UTF-16 or UTF-32.

    Args:
        path: of the file.

    Returns:
        What it holds; NaN and Infinity, which some tools write, are numbers.

    Raises:
        UnreadableAnnotationError: it cannot be read or is not JSON.
    """
    data = read_bytes(path)
    try:
        return json.loads(data)
    except UnicodeDecodeError as error:
        raise UnreadableAnnotationError(f"{path}: is not a text file in UTF-8") from error
    except json.JSONDecodeError as error:
        raise UnreadableAnnotationError(f"{path}: is not JSON: {error}") from error
    except RecursionError as error:
        raise UnreadableAnnotationError(f"{path}: is not JSON: nested too deeply") from error
    except ValueError as error:
        # Python refuses to read whole numbers of thousands of digits.
        raise UnreadableAnnotationError(f"{path}: is not JSON: a number too long") from error


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        UnreadableAnnotationError: it cannot be read.
    """
    if path.exists() and not path.is_file():
        raise UnreadableAnnotationError(f"{path}: is no file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableAnnotationError(f"{path}: cannot be read: {error.strerror}") from error


def checked(schema: type[Model], value: Any, place: str, problems: list[str]) -> Model | None:
    """Check a part of a file.

    Args:
        schema: what it must be.
        value: as it was read.
        place: named in the problems.
        problems: that are found are added to this list.

    Returns:
        The part; None where it has problems.
    """
    if not isinstance(value, dict):
        problems.append(f"{place}: must hold keys and values, not {shortened(value)}")
        return None
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        # What is wrong with the part as a whole has no key before it.
        said = (sentence.removeprefix(": ") for sentence in sentences(error, schema))
        problems += [f"{place}: {sentence}" for sentence in said]
        return None


def shortened(value: Any) -> str:
    """Show a value in a message."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
