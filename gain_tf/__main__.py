"""`gain-tf`: one verb a command, each loaded only when it is asked for."""

import importlib
import sys

import click

from gain_tf.cli import status
from gain_tf.version import __version__

VERBS = {
    "fit": ("gain_tf.fit", "Train what a config describes, evaluate it, write the run folder."),
    "evaluate": ("gain_tf.evaluate", "Judge a trained run or an exported model on a split."),
    "explain": ("gain_tf.explain", "Show where a trained run looks, on images of your own."),
    "cues": ("gain_tf.cues", "Turn a run's attention into cues and pseudo labels for a segmenter."),
    "segment": ("gain_tf.segment", "Segment images of your own by a run's segmenter."),
    "study": ("gain_tf.study", "Run a config over seeds and budgets, with every control."),
    "suggest": ("gain_tf.suggest", "Rank training images by what annotating them may buy."),
    "data": ("gain_tf.data_commands", "List, describe, check and show data sets."),
    "export": ("gain_export.commands", "Turn a trained run into ONNX or SavedModel, checked."),
    "describe": ("gain_export.commands", "Say what an exported model or a run folder is."),
    "serve": ("gain_tf.serve", "Serve exported models, where gain-serving is installed."),
}
"""Each verb's module and its help."""


class Verbs(click.Group):
    """The verbs, without importing what is not asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of work."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one verb."""
        if cmd_name not in VERBS:
            return None
        module, _ = VERBS[cmd_name]
        return getattr(importlib.import_module(module), cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the verbs without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, about) for verb, (_, about) in VERBS.items()])


@click.group(cls=Verbs)
@click.version_option(__version__)
def gain_tf() -> None:
    """Guided attention: train a classifier to look at the object, and see where it looks."""


def main() -> None:
    """Run `gain-tf`."""
    sys.exit(status(gain_tf, "gain-tf", sys.argv[1:]))


if __name__ == "__main__":
    main()
