"""What is wrong with a config, key by key, as sentences that say what would be right."""

import difflib
import types
from collections.abc import Mapping, Sequence
from typing import Any, Union, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

WANTED: Mapping[str, str] = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number of reasonable size",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text (put quotes around a number)",
    "path_type": "a path",
    "tuple_type": "a list such as [a, b]",
    "list_type": "a list such as [a, b]",
    "dict_type": "keys and values",
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "string_too_long": "at most {max_length} characters long",
    "string_pattern_mismatch": "letters, digits and . _ -, begun by a letter or digit",
    "too_long": "a list of at most {max_length}",
    "too_short": "a list of at least {min_length}",
}
"""What a value must be, by the kind of mistake that pydantic finds."""


def sentences(error: ValidationError, schema: type[BaseModel]) -> list[str]:
    """Say what is wrong with each key.

    Args:
        error: what pydantic found.
        schema: that was not met.

    Returns:
        One sentence for each key, in the order of the keys; a value that fits none of several
        types is one mistake.
    """
    found: dict[str, list[ErrorDetails]] = {}
    problems = error.errors()
    places = [problem["loc"] for problem in problems]
    for problem in problems:
        if problem["type"] == "too_short" and _holds_another(problem["loc"], places):
            # pydantic counts the right elements alone: the list may be as long as it must be.
            continue
        key = ".".join(_keys(problem["loc"], schema))
        found.setdefault(key, []).append(problem)
    return [_sentence(key, problems, schema) for key, problems in found.items()]


def nearest(word: str, known: Sequence[str]) -> str:
    """End a sentence with the nearest right word, or with all that are known."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known are {', '.join(known)}" if known else ""


def _sentence(key: str, problems: Sequence[ErrorDetails], schema: type[BaseModel]) -> str:
    about_key = _about_key(key, problems[0], schema)
    if about_key:
        return about_key
    about_value = _about_value(key, problems, schema)
    # What is wrong with several sections together has no key.
    return f"{key.removesuffix('.[key]')}: {about_value}" if key else about_value


def _holds_another(place: Sequence[int | str], places: Sequence[Sequence[int | str]]) -> bool:
    inside = len(place)
    return any(len(other) > inside and other[:inside] == place for other in places)


def _about_key(key: str, problem: ErrorDetails, schema: type[BaseModel]) -> str | None:
    """Say what is wrong with a key itself; None where it is the value."""
    kind = problem["type"]
    if kind == "extra_forbidden":
        section, _, word = key.rpartition(".")
        return f"unknown key {key!r}{nearest(word, _keys_of(_section_at(section, schema)))}"
    if kind == "missing":
        return f"key {key!r} is missing"
    if kind == "invalid_key" or (kind == "string_type" and "[key]" in problem["loc"]):
        return f"{key.removesuffix('.[key]')}: this key must be text (put quotes around it)"
    return None


def _about_value(key: str, problems: Sequence[ErrorDetails], schema: type[BaseModel]) -> str:
    first = problems[0]
    kind = first["type"]
    if kind == "value_error":
        reason = first["msg"].removeprefix("Value error, ")
        # A whole section would only repeat the file.
        return (
            reason if isinstance(first["input"], bool | dict) else f"{reason}, not {_shown(first)}"
        )
    if kind == "model_type":
        known = ", ".join(_keys_of(_section_at(key, schema)))
        wanted = f"a section with keys below it ({known})" if known else "keys and values"
    else:
        wanted = " or ".join(dict.fromkeys(_wanted(problem) for problem in problems))
    return f"must be {wanted}, not {_shown(first)}"


def _wanted(problem: ErrorDetails) -> str:
    if problem["type"] not in WANTED:
        message = problem["msg"].removeprefix("Input should be ")
        return message[0].lower() + message[1:]
    context = {
        name: f"{value:g}" if isinstance(value, float) else value
        for name, value in problem.get("ctx", {}).items()
    }
    return WANTED[problem["type"]].format(**context)


def _shown(problem: ErrorDetails) -> str:
    if problem["input"] is None:
        return "nothing"
    text = repr(problem["input"])
    return text if len(text) <= 80 else f"{text[:77]}..."


def _keys(location: Sequence[int | str], schema: type[BaseModel]) -> list[str]:
    """Leave out what pydantic adds to a location: which type of several was tried."""
    keys: list[str] = []
    annotation: Any = schema
    for part in location:
        if get_origin(annotation) in (Union, types.UnionType) and not isinstance(part, int):
            break
        keys.append(str(part))
        fields = getattr(annotation, "model_fields", {})
        annotation = fields[part].annotation if part in fields else None
    return keys


def _section_at(key: str, schema: type[BaseModel]) -> type[BaseModel] | None:
    section: Any = schema
    for part in key.split(".") if key else ():
        field = getattr(section, "model_fields", {}).get(part)
        section = None if field is None else field.annotation
    return section


def _keys_of(section: type[BaseModel] | None) -> list[str]:
    return list(getattr(section, "model_fields", {}))
