"""`gain-tf study`: a config over seeds, budgets and controls, as one table and page."""

from pathlib import Path

import click

from gain_tf.cli import run
from gain_tf.config.study import load_study


@click.command
@click.argument("path", metavar="STUDY")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one key of the study, such as seeds=[1] or set.training.epochs=1.",
)
def study(path: str, overrides: tuple[str, ...]) -> None:
    """Run a grid of configs over seeds and hold the rows against each other.

    Writes studies/NAME/study.html, study.md and study.csv. What is done is never done again: an
    interrupted study goes on where it stopped, and a larger one, of more seeds,
    budgets or rows, keeps what a smaller has trained.
    """
    plan, base = load_study(Path(path), overrides)
    # TensorFlow takes seconds to load: not before the study is known to be right.
    from gain_tf.studies.run import run_study

    typed = ["gain-tf", "study", path, *(f"--set={override}" for override in overrides)]
    run_study(plan, base, typed)


if __name__ == "__main__":
    run(study, "gain-tf study")
