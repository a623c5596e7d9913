"""`gain-tf serve`: the server of the factory box, where it is installed."""

import click

from gain_tf.cli import run


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def serve(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Serve exported models: the same as `gain-serve serve`."""
    try:
        from gain_serving.cli import status
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "gain_serving":
            raise
        # A distribution of its own, for machines without TensorFlow.
        raise click.ClickException("this needs gain-serving: pip install ./serving") from None
    ctx.exit(status(["serve", *arguments]))


if __name__ == "__main__":
    run(serve, "gain-tf serve")
