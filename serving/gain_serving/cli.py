"""The command `gain-serve`.

Exit status: 0 done, 2 the user's mistake, 1 a failure.
"""

import functools
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gain_serving import __version__
from gain_serving.errors import BadModelError, ModelNotFoundError, ServingError, UserError
from gain_serving.settings import Settings, load_settings, show_settings

Command = Callable[..., Any]
FILE = click.Path(path_type=Path)


def settings_options(*names: str) -> Callable[[Command], Command]:
    """Add a flag for each setting, `--config` and `--print-config`, and hand on the settings.

    Args:
        *names: of the settings that the command obeys; all if none is given.

    Returns:
        Decorator of a command that takes `settings` first.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_settings(config: str | None, print_config: bool, **options: Any) -> Any:
            flags = {name: options.pop(name) for name in names or Settings.model_fields}
            settings = load_settings(flags, config)
            if print_config:
                click.echo(show_settings(settings), nl=False)
                return None
            # The decoder's own wall behind the check of the header; OpenCV reads it when loaded.
            os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(settings.max_pixels)
            return command(settings, **options)

        decorated = with_settings
        for name in reversed(names or tuple(Settings.model_fields)):
            decorated = _option(name)(decorated)
        decorated = click.option(
            "--print-config", is_flag=True, help="Show every setting, and do nothing else."
        )(decorated)
        return click.option("--config", metavar="FILE", help="YAML file of settings.")(decorated)

    return decorate


def _option(name: str) -> Callable[[Command], Command]:
    field = Settings.model_fields[name]
    default = "" if field.default in (None, ()) else f"  [default: {field.default}]"
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        metavar="VALUE",
        help=f"{field.description}{default}",
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def gain_serve() -> None:
    """Judge images with models that gain-tf exported."""


@gain_serve.command()
@settings_options()
def serve(settings: Settings) -> None:
    """Serve a repository of models by the Open Inference Protocol v2, REST and gRPC."""
    if settings.repository is None:
        raise UserError("which models? give --repository DIR, as gain-tf export --repository wrote")
    from gain_serving import app

    app.serve(settings)


@gain_serve.command()
@click.argument("folder", type=FILE)
@click.option("--model", required=True, help="ONNX file, or the name of one in --repository.")
@click.option("--out", required=True, type=FILE, help="Folder of decisions and overlays.")
@settings_options(
    "repository",
    "threads",
    "max_pixels",
    "max_body_bytes",
    "poll_interval",
    "settle",
    "patience",
    "log_level",
)
def watch(settings: Settings, folder: Path, model: str, out: Path) -> None:
    """Judge the images in FOLDER as they arrive, until stopped."""
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s: %(message)s")
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
    from gain_serving.model_choice import load_model
    from gain_serving.watch import watch_folder

    runtime = load_model(model, settings)
    runtime.warm_up()
    watch_folder(folder, out, runtime, settings)


@gain_serve.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--model", required=True, help="ONNX file, or the name of one in --repository.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of CSV.")
@click.option("--overlays", type=FILE, help="Folder for pictures of where the network looked.")
@settings_options("repository", "threads", "max_pixels")
def predict(
    settings: Settings, files: tuple[Path, ...], model: str, as_json: bool, overlays: Path | None
) -> int:
    """Judge FILES once: a line each to the output."""
    from gain_serving.model_choice import load_model
    from gain_serving.predict import predict_files

    unread = predict_files(files, load_model(model, settings), as_json=as_json, overlays=overlays)
    return 2 if unread else 0


@gain_serve.command()
@click.argument("file", type=FILE)
def describe(file: Path) -> None:
    """Say what an exported model is."""
    from gain_serving.describe import describe as described
    from gain_serving.runtime import Runtime

    click.echo(described(Runtime(file, threads=1)))


def main() -> None:
    """Run the command on the arguments of the process."""
    sys.exit(status(sys.argv[1:]))


def status(arguments: list[str]) -> int:
    """Run the command and turn what comes of it into an exit status.

    Args:
        arguments: of the command line.

    Returns:
        0 done, 2 the user's mistake, 1 a failure.
    """
    try:
        done = gain_serve.main(arguments, "gain-serve", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; what was done is kept", err=True)
        return 1
    except ServingError as error:
        click.echo(f"gain-serve: {error}", err=True)
        return 2 if isinstance(error, UserError | BadModelError | ModelNotFoundError) else 1
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing may be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"gain-serve: {place}{error.strerror or error}", err=True)
        return 1
    # What a command returns, or `ctx.exit` asked for, is the status.
    return done if isinstance(done, int) else 0
