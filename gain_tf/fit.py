"""`gain-tf fit`: train what a config describes, evaluate it, write the run folder."""

import click

from gain_tf.cli import config_options, run
from gain_tf.config import Config
from gain_tf.processes import end_with_starter


@click.command
@config_options
def fit(config: Config) -> None:
    """Train, evaluate and report what a config describes.

    Writes runs/NAME/TIME/ with the trained models, their figures and report.html. With
    run.resume=true an unfinished run of the same config is gone on with, or a finished one to which
    the config adds rows.
    """
    end_with_starter()
    # TensorFlow takes seconds to load: not before the config is known to be right.
    from gain_tf.training.run import fit_run

    fit_run(config)


if __name__ == "__main__":
    run(fit, "gain-tf fit")
