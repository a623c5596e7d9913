"""What every command shares: config options, and errors that are sentences.

Exit status: 0 done, 2 the user's mistake, 1 a failure.
"""

import functools
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gain_tf.data.shard import ALL, Shard
from gain_tf.errors import UserError, failure_sentence

# TensorFlow reads these when it is loaded; its start-up messages are nothing a user can act on.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

Command = Callable[..., Any]

run_argument = click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
"""RUN, handed to the command as `folder`."""

images_argument = click.argument(
    "images", metavar="IMAGES...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
"""IMAGES, files or folders, handed to the command as `images`."""

row_option = click.option(
    "--row", help="A row of the run's comparison, such as baseline. [default: the run's own]"
)
"""`--row`, None where it is left out."""


class _ShardType(click.ParamType):
    """I/N to a `Shard`."""

    name = "shard"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Shard:
        """Return the shard, or fail with a sentence."""
        if isinstance(value, Shard):
            return value
        found = re.fullmatch(r"(\d{1,9})/(\d{1,9})", value, re.ASCII)
        if found is None:
            self.fail(f"{value!r} is no part such as 2/4, the second of four", param, ctx)
        number, count = map(int, found.groups())
        if not 1 <= number <= count:
            known = f"1/{count} to {count}/{count}" if count else "1/1"
            self.fail(f"{value!r} is no part: they are counted from {known}", param, ctx)
        return Shard(number, count)


shard_option = click.option(
    "--shard",
    metavar="I/N",
    type=_ShardType(),
    default=ALL,
    help="Do one of N parts of the images, such as 2/4; parts may run at the same time, on several "
    "machines. The command without it then finds all of them done. [default: all]",
)
"""`--shard`, handed to the command as a `gain_tf.data.shard.Shard`."""


def config_options(command: Command) -> Command:
    """Add `--config` and `--set`, and hand the command the config they make.

    Args:
        command: takes `config` first.

    Returns:
        The command.
    """

    # `wraps` also hands on the options that click has collected on the command so far.
    @functools.wraps(command)
    def with_config(config: str, overrides: tuple[str, ...], **options: Any) -> Any:
        return command(_config(config, overrides), **options)

    return _config_option(required=True)(_set_option(with_config))


def config_argument(command: Command) -> Command:
    """Do as `config_options`, and let the config be named without `--config` as well."""

    @functools.wraps(command)
    def with_config(
        config: str | None, path: str | None, overrides: tuple[str, ...], **options: Any
    ) -> Any:
        if config is not None and path is not None:
            raise click.UsageError(f"the config is named twice: {path} and --config {config}")
        named = config or path
        if named is None:
            raise click.UsageError("no config is named: CONFIG or --config FILE")
        return command(_config(named, overrides), **options)

    argument = click.argument("path", required=False, metavar="[CONFIG]")
    return argument(_config_option(required=False)(_set_option(with_config)))


def _config(path: str, overrides: tuple[str, ...]) -> Any:
    # `--help` needs no schema, which takes longer to build than the rest.
    from gain_tf.config import load_config

    return load_config(path, overrides)


def _config_option(*, required: bool) -> Command:
    return click.option(
        "--config", required=required, metavar="FILE", help="YAML file that describes the run."
    )


def _set_option(command: Command) -> Command:
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Change one key of the config, such as training.epochs=3. May be repeated.",
    )(command)


def run(command: click.Command, name: str) -> None:
    """Run a command as a program: `python -m gain_tf.fit`.

    Args:
        command: to be run on the arguments of the process.
        name: shown in the usage.
    """
    sys.exit(status(command, name, sys.argv[1:]))


def status(command: click.Command, name: str, arguments: list[str]) -> int:
    """Run a command and turn what comes of it into an exit status.

    Args:
        command: to be run.
        name: shown in the usage.
        arguments: of the command line.

    Returns:
        0 done, 2 the user's mistake, 1 a failure.
    """
    try:
        done = command.main(arguments, name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt) as error:
        if isinstance(error.__cause__, EOFError):
            # Click takes the end of any file for the end of what the user types.
            raise error.__cause__ from None
        click.echo("stopped; what was done is kept", err=True)
        return 1
    except UserError as error:
        click.echo(f"{name}: {error}", err=True)
        return 2
    except Exception as error:
        sentence = failure_sentence(error)
        if sentence is None:
            raise
        click.echo(f"{name}: {sentence}", err=True)
        return 1
    # What `ctx.exit` asked for comes back as a number.
    return done if isinstance(done, int) else 0
