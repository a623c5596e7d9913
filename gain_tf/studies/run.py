"""One study from its file to its page."""

import shlex
from collections.abc import Sequence
from pathlib import Path

import yaml
from rich.console import Console

from gain_tf.config import Config
from gain_tf.config.study import Study, pairs_of_rows
from gain_tf.errors import FailedError
from gain_tf.folders import alone_in, made
from gain_tf.studies.against import held_against
from gain_tf.studies.gather import Judged, gather, write_csv
from gain_tf.studies.heading import Heading
from gain_tf.studies.page import CSV, PAGE, write_page
from gain_tf.studies.plan import cells, study_folder
from gain_tf.studies.queue import Failure, work_off
from gain_tf.studies.summary import summarised


def run_study(study: Study, base: Config, command: Sequence[str]) -> Path:
    """Work off what is not done, and write the table, the pictures and the page.

    Args:
        study: what is varied.
        base: with the rows of the study, see `load_study`.
        command: that was typed; the page says it.

    Returns:
        The page.

    Raises:
        ConfigError: a value of the grid is wrong.
        UserError: the study's folder cannot be made, or another process is at work in it.
        FailedError: a run failed; the page of the others is written nevertheless.
    """
    console = Console()
    runs = cells(study, base)
    folder = made(study_folder(study), "root")
    with alone_in(folder):
        try:
            failures = work_off(runs, folder, study.parallel, console)
        except KeyboardInterrupt:
            _write(folder, study, base, command, gather(runs), [])
            raise
        judged = gather(runs)
        _write(folder, study, base, command, judged, failures)
    if judged:
        console.print(f"study {folder / PAGE}", soft_wrap=True)
    if failures:
        names = ", ".join(f"{each.name} ({each.log or each.reason})" for each in failures)
        raise FailedError(f"{len(failures)} of {len(runs)} runs failed: {names}")
    return folder / PAGE


def _write(
    folder: Path,
    study: Study,
    base: Config,
    command: Sequence[str],
    judged: Sequence[Judged],
    failures: Sequence[Failure],
) -> None:
    if not judged:
        return
    write_csv(judged, folder / CSV)
    complete = {"study": study.model_dump(mode="json"), "base": base.model_dump(mode="json")}
    first = judged[0].figures
    heading = Heading(
        study.name,
        shlex.join(command),
        study.seeds,
        first["images"],
        first["split"],
        yaml.safe_dump(complete, sort_keys=False, allow_unicode=True),
        first.get("attention", {}).get("iou_threshold_chosen_on"),
    )
    comparisons = held_against(judged, pairs_of_rows(study, base))
    write_page(folder, heading, summarised(judged), comparisons, failures)
