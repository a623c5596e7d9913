"""`gain-tf fit`: train what a config describes, evaluate it, write the run folder."""

import click

from gain_tf.cli import config_options, run
from gain_tf.config import Config
from gain_tf.data.registry import load_data
from gain_tf.errors import advising_on_memory
from gain_tf.processes import end_with_starter
from gain_tf.training.row_processes import row_processes


@click.command
@config_options
@click.option(
    "--resume",
    is_flag=True,
    help="Go on with an unfinished run of the same config, or with a finished one to which the "
    "config adds rows; the same as --set run.resume=true.",
)
@advising_on_memory(
    "a smaller data.batch_size or data.image_size needs less, or segmenter.batch_size where it is "
    "the segmenter that is trained"
)
def fit(config: Config, resume: bool) -> None:
    """Train, evaluate and report what a config describes.

    Writes runs/NAME/TIME/ with the trained models, their figures and report.html.
    """
    if resume:
        run_on = config.run.model_copy(update={"resume": True})
        config = config.model_copy(update={"run": run_on})
    end_with_starter()
    processes = row_processes(config)
    try:
        # Machines that train together are joined first: none waits for one whose data are wrong.
        alone = config.training.distribute != "multiworker"
        data = load_data(config.data) if alone else None
        # TensorFlow takes seconds to load, here as in the rows' processes, which are at it.
        from gain_tf.training.run import fit_run

        fit_run(config, data, processes)
    finally:
        if processes is not None:
            processes.end()


if __name__ == "__main__":
    run(fit, "gain-tf fit")
