"""Reading a config: YAML, dotted overrides, and every mistake in one sentence each."""

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from gain_tf.config.schema import Config
from gain_tf.config.sentences import nearest, sentences
from gain_tf.config.yaml_text import YamlError, parse_yaml
from gain_tf.errors import UserError

THE_RUNS_OWN = (
    "name",
    "run",
    "data.name",
    "data.root",
    "data.workpiece",
    "data.camera",
    "data.shapes",
    "data.boat",
    "data.decoy_mnist",
    "data.voc2012",
    "data.folder",
    "training.warm_up_epochs",
    "training.warm_up",
    "evaluation.baseline",
    "evaluation.control",
    "evaluation.rows",
)
"""Keys that a row of a comparison cannot change: all rows share what they say."""

THE_WARM_UP_S = ("guidance", "data.budget", "data.background_swap", "training.epochs")
"""Keys that the warm-up settles itself: plain, without annotation, for `warm_up_epochs`."""


PLAIN_ROW = "baseline"
"""The row that every other is held against."""


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
    return parse_config(read_values(path, overrides), str(path))


def read_values(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Read the keys and values of a YAML file, not yet checked.

    Args:
        path: of the file.
        overrides: `a.b=value`, the value in YAML.

    Returns:
        Nested.

    Raises:
        ConfigError: the file cannot be read, or is no YAML of keys and values.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {_unreadable(path, error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not a text file in UTF-8") from error
    try:
        values = parse_yaml(text)
    except YamlError as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: must hold keys and values, such as `name: my-run`")
    return _overridden(values, overrides)


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
        problems = sentences(error, Config)
        raise ConfigError("\n".join(f"{source}: {problem}" for problem in problems)) from error
    problems = []
    for name, changes in config.evaluation.rows.items():
        place = f"{source}: evaluation.rows.{name}"
        found = _problems_of(config, changes, place)
        if name == PLAIN_ROW and not found and not row_of(config, changes).guidance.plain:
            found = [f"{place}: is the plain classifier; guidance.alpha and .omega must be 0"]
        problems += found
    if changes := config.training.warm_up:
        place = f"{source}: training.warm_up"
        problems += _problems_of(config, changes, place)
        problems += [
            f"{place}: {key} is settled: the warm-up trains the plain classifier, without "
            "annotation, for training.warm_up_epochs"
            for key in changes
            if _is_below(key, THE_WARM_UP_S)
        ]
    if problems:
        raise ConfigError("\n".join(problems))
    return config


def row_of(config: Config, changes: Mapping[str, Any], source: str = "config") -> Config:
    """Build a variation of a config.

    Args:
        config: the base.
        changes: dotted keys and their values.
        source: named in the messages.

    Returns:
        The variation, with no rows and no changes of a warm-up of its own.

    Raises:
        ConfigError: see `load_config`.
    """
    own = {**changes, "evaluation.rows": {}, "training.warm_up": {}}
    return changed(config, own, source)


def changed(config: Config, changes: Mapping[str, Any], source: str = "config") -> Config:
    """Change keys of a config.

    Args:
        config: the base.
        changes: dotted keys and their values.
        source: named in the messages.

    Returns:
        The config with the changes.

    Raises:
        ConfigError: see `load_config`.
    """
    values = config.model_dump(mode="json")
    for key, value in changes.items():
        _assign(values, key.split("."), value)
    return parse_config(values, source)


def overridden(config: Config, overrides: Sequence[str], source: str = "config") -> Config:
    """Change keys of a config as the command line does.

    Args:
        config: the base.
        overrides: `a.b=value`, the value in YAML.
        source: named in the messages.

    Returns:
        The config with the changes.

    Raises:
        ConfigError: see `load_config`.
    """
    return parse_config(_overridden(config.model_dump(mode="json"), overrides), source)


def write_config(config: Config, path: str | os.PathLike[str]) -> None:
    """Write a config that `load_config` reads back as it is."""
    text = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    Path(path).write_text(text, encoding="utf-8")


def _overridden(values: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    problems = []
    for override in overrides:
        key, equals, text = override.partition("=")
        keys = key.strip().split(".")
        if not equals or not all(keys):
            problems.append(f"--set {override}: must be KEY=VALUE, such as training.epochs=3")
            continue
        try:
            _assign(values, keys, parse_yaml(text))
        except YamlError:
            problems.append(f"--set {override}: {text!r} is not a YAML value")
    if problems:
        raise ConfigError("\n".join(problems))
    return values


def _problems_of(config: Config, changes: Mapping[str, Any], place: str) -> list[str]:
    """Say what is wrong with a row's changes."""
    problems = [
        f"{place}: {key} is the same for all rows"
        for key in changes
        if _is_below(key, THE_RUNS_OWN)
    ]
    try:
        row_of(config, changes, place)
    except ConfigError as error:
        problems.append(str(error))
    return problems


def _is_below(key: str, places: Sequence[str]) -> bool:
    return any(key == place or key.startswith(f"{place}.") for place in places)


def _assign(values: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    for key in keys[:-1]:
        inner = values.get(key)
        values[key] = inner if isinstance(inner, dict) else {}
        values = values[key]
    # Later keys may be below this one, whose value belongs to whoever gave it.
    values[keys[-1]] = deepcopy(value)


def _unreadable(path: Path, error: OSError) -> str:
    if not isinstance(error, FileNotFoundError):
        return f"cannot be read: {error.strerror}"
    beside = [str(other) for other in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    return f"there is no such file{nearest(str(path), sorted(beside))}"
