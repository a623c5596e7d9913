"""Every setting: a flag, a key of the config file, an environment variable, in that order."""

import difflib
import os
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pydantic
import yaml
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    SecretStr,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gain_serving.errors import UserError
from gain_serving.limits import IMAGES_OF_MAX_PIXELS, MAX_PIXELS

PREFIX = "GAIN_SERVE_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
"""Names the config file where no flag does."""


def split_address(address: str) -> tuple[str, int]:
    """Take HOST:PORT apart; an IPv6 host stands in brackets.

    Args:
        address: such as 127.0.0.1:8000 or [::1]:8000.

    Returns:
        Host without brackets, and port.

    Raises:
        ValueError: it is none.
    """
    host, _, port = address.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not host or (":" in host and not bracketed) or not (port.isascii() and port.isdigit()):
        raise ValueError(f"{address!r} is not HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000")
    if int(port) > 65535:
        raise ValueError(f"the port in {address!r} is larger than 65535")
    return host.strip("[]"), int(port)


def _checked(address: str) -> str:
    split_address(address)
    return address


Address = Annotated[str, AfterValidator(_checked)]


def _split_names(names: Any) -> Any:
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else names


Names = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], NoDecode, BeforeValidator(_split_names)
]


class Settings(BaseSettings):
    """All that can be set; the descriptions below are what `--help` shows."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    repository: Path | None = Field(None, description="Folder of models: NAME/VERSION/model.onnx.")
    http: Address = Field("127.0.0.1:8000", description="Address of REST, metrics, status page.")
    grpc: Address = Field("127.0.0.1:8001", description="Address of gRPC.")
    tls_certificate: Path | None = Field(
        None, description="PEM file of the server's certificate chain; turns TLS on."
    )
    tls_key: Path | None = Field(None, description="PEM file of the certificate's private key.")
    token: SecretStr | None = Field(
        None,
        min_length=8,
        description="Bearer token every request must bring. Every user of the machine can read a "
        "flag: prefer the config file or the environment.",
    )
    threads: PositiveInt | None = Field(
        None, description="Threads of one inference; null takes every core."
    )
    max_body_bytes: PositiveInt = Field(
        64 * 2**20, description="Of a request's body, decompressed; more is answered with 413."
    )
    max_pixels: PositiveInt = Field(
        MAX_PIXELS, description="Of an encoded image, read from its header before it is decoded."
    )
    max_request_pixels: PositiveInt | None = Field(
        None,
        description="Of all images of a request together, encoded or not; more is answered with "
        "413. null takes twice max_pixels.",
    )
    max_batch: PositiveInt = Field(64, description="Images in a request.")
    max_connections: PositiveInt = Field(
        1000, description="Open at a time, of REST and of gRPC each; of gRPC also the calls."
    )
    max_streams: PositiveInt = Field(
        16, description="gRPC streams (ModelStreamInfer) open at a time; one more is refused."
    )
    max_queue: PositiveInt = Field(
        64, description="Requests waiting for the network; more are answered with 429."
    )
    crf: Names = Field(
        (),
        description="Segmenters, with commas between, whose class maps a dense CRF makes follow "
        "the edges of the image (extra crf).",
    )
    crf_processes: PositiveInt | None = Field(
        None, description="Images refined by the dense CRF at a time; null takes one a core."
    )
    replicas: PositiveInt = Field(
        2, description="Processes of a Ray Serve deployment; gain-serve itself is always one."
    )
    header_timeout: PositiveFloat = Field(10.0, description="Seconds for a request's header.")
    body_timeout: PositiveFloat = Field(30.0, description="Seconds for a request's body.")
    stream_timeout: PositiveFloat = Field(
        300.0,
        description="Seconds for the next request on a gRPC stream to be whole; then it is ended.",
    )
    drain_timeout: NonNegativeFloat = Field(
        30.0, description="Seconds that requests under way are given after SIGTERM."
    )
    poll_interval: PositiveFloat = Field(
        2.0, description="Seconds between two looks at the repository, or at a watched folder."
    )
    settle: NonNegativeFloat = Field(
        0.5, description="Seconds a watched file must have been left alone before it is read."
    )
    patience: NonNegativeFloat = Field(
        10.0,
        description="Seconds a watched file that cannot be read must have been left alone before "
        "it is set aside: its writer may only have paused.",
    )
    audit_log: Path | None = Field(
        None, description="File that gets a JSON line for every decision."
    )
    audit_overlays: Path | None = Field(
        None, description="Folder that gets the overlay of every decision in the audit log."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least that is logged."
    )

    @property
    def most_pixels(self) -> int:
        """Of a request: `max_request_pixels`, or what stands for it."""
        return self.max_request_pixels or IMAGES_OF_MAX_PIXELS * self.max_pixels

    @pydantic.model_validator(mode="after")
    def _together(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key must be given together")
        if self.audit_overlays is not None and self.audit_log is None:
            raise ValueError("audit_overlays needs audit_log")
        return self


def load_settings(flags: Mapping[str, Any], config: str | os.PathLike[str] | None) -> Settings:
    """Put the settings together.

    Args:
        flags: of the command line or of a deployment, by setting; None where not given.
        config: YAML file, or None: then the one the environment names, if it does.

    Returns:
        The settings.

    Raises:
        UserError: the file cannot be read, or a setting does not exist or is wrong; names all.
    """
    path = config or os.environ.get(CONFIG_VARIABLE)
    in_file = _read(Path(path)) if path else {}
    given = {key: value for key, value in flags.items() if value is not None}
    problems = [
        *(f"--{key}: {_unknown(key)}" for key in given if key not in Settings.model_fields),
        *(f"{path}: {_unknown(key)}" for key in in_file if key not in Settings.model_fields),
    ] + [
        f"{name}: {_unknown(name.removeprefix(PREFIX).lower())}"
        for name in map(str.upper, os.environ)
        if name.startswith(PREFIX)
        and name != CONFIG_VARIABLE
        and name.removeprefix(PREFIX).lower() not in Settings.model_fields
    ]
    known = {key: value for key, value in in_file.items() if key in Settings.model_fields}
    given = {key: value for key, value in given.items() if key in Settings.model_fields}
    try:
        settings = Settings(**known | given)
    except pydantic.ValidationError as error:
        for mistake in error.errors(include_url=False):
            place = _place(str(mistake["loc"][0]), given, known, path) if mistake["loc"] else ""
            problems.append(place + mistake["msg"].removeprefix("Value error, "))
        raise UserError("; ".join(problems)) from error
    if problems:
        raise UserError("; ".join(problems))
    return settings


def show_settings(settings: Settings) -> str:
    """Write settings as a config file, each with what it means.

    Args:
        settings: to be shown.

    Returns:
        YAML; a token is not shown.
    """
    lines = []
    for key, field in Settings.model_fields.items():
        lines += textwrap.wrap(
            field.description or "", 90, initial_indent="# ", subsequent_indent="# "
        )
        value = getattr(settings, key)
        if isinstance(value, SecretStr):
            lines.append(f"# {key}: is set, and not shown")
            continue
        plain = str(value) if isinstance(value, Path) else value
        lines.append(yaml.safe_dump({key: plain}, allow_unicode=True).rstrip())
    return "\n".join(lines) + "\n"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: is no YAML: {' '.join(str(error).split())}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UserError(f"{path}: must be keys and values, such as `max_batch: 8`")
    return {str(key): value for key, value in content.items()}


def _unknown(key: str) -> str:
    near = difflib.get_close_matches(key, Settings.model_fields, 1)
    return f"there is no setting {key!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def _place(
    key: str, flags: Mapping[str, Any], in_file: Mapping[str, Any], path: str | os.PathLike | None
) -> str:
    if key in flags:
        return f"--{key.replace('_', '-')}: "
    return f"{path}: {key}: " if key in in_file else f"{PREFIX}{key.upper()}: "
