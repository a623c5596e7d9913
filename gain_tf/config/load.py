"""Reading a config: YAML, dotted overrides, and every mistake in one sentence each."""

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gain_tf.config.schema import Config
from gain_tf.errors import UserError


class ConfigError(UserError):
    """A config says something it cannot say; the message names each key and what would be right."""


def load_config(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Config:
    """Read a config file.

    Args:
        path: of a YAML file.
        overrides: `a.b=value`, the value in YAML.

    Returns:
        The complete config, defaults filled in.

    Raises:
        ConfigError: the file cannot be read, or keys, types or values are wrong; all are named.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {_unreadable(path, error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not a text file in UTF-8") from error
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: must hold keys and values, such as `name: my-run`")
    return parse_config(_overridden(values, overrides), str(path))


def parse_config(values: Mapping[str, Any], source: str = "config") -> Config:
    """Check values against the schema.

    Args:
        values: nested, as read from YAML.
        source: named in the messages.

    Returns:
        The complete config.

    Raises:
        ConfigError: see `load_config`.
    """
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        problems = [_sentence(problem) for problem in error.errors()]
        raise ConfigError("\n".join(f"{source}: {problem}" for problem in problems)) from error
    for name, changes in config.evaluation.rows.items():
        row_of(config, changes, f"{source}: evaluation.rows.{name}")
    return config


def row_of(config: Config, changes: Mapping[str, Any], source: str = "config") -> Config:
    """Build a variation of a config.

    Args:
        config: the base.
        changes: dotted keys and their values.
        source: named in the messages.

    Returns:
        The variation, with no rows of its own.

    Raises:
        ConfigError: see `load_config`.
    """
    values = config.model_dump(mode="json")
    values["evaluation"]["rows"] = {}
    for key, value in changes.items():
        _assign(values, key.split("."), value)
    return parse_config(values, source)


def write_config(config: Config, path: str | os.PathLike[str]) -> None:
    """Write a config that `load_config` reads back as it is."""
    text = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    Path(path).write_text(text, encoding="utf-8")


def _overridden(values: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set {override}: must be KEY=VALUE, such as training.epochs=3")
        try:
            _assign(values, key.strip().split("."), yaml.safe_load(text))
        except yaml.YAMLError as error:
            raise ConfigError(f"--set {override}: {text!r} is not a YAML value") from error
    return values


def _assign(values: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    for key in keys[:-1]:
        inner = values.get(key)
        values[key] = inner if isinstance(inner, dict) else {}
        values = values[key]
    values[keys[-1]] = value


def _unreadable(path: Path, error: OSError) -> str:
    if not isinstance(error, FileNotFoundError):
        return f"cannot be read: {error.strerror}"
    beside = [str(other) for other in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    return f"there is no such file{_nearest(str(path), beside)}"


def _sentence(problem: ErrorDetails) -> str:
    """Say what is wrong with one key, and what would be right."""
    location = [str(part) for part in problem["loc"]]
    key = ".".join(location)
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key!r}{_nearest(location[-1], _keys_at(location[:-1]))}"
    if problem["type"] == "missing":
        return f"key {key!r} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{key}: {message[0].lower()}{message[1:]}, not {problem['input']!r}"


def _keys_at(location: Sequence[str]) -> list[str]:
    section: type[BaseModel] = Config
    for part in location:
        field = section.model_fields.get(part)
        if field is None or not isinstance(field.annotation, type):
            return []
        section = field.annotation
    return list(section.model_fields)


def _nearest(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known are {', '.join(known)}" if known else ""
