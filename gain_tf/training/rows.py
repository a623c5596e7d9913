"""The rows of a comparison: the guided model, and what it is held against."""

from collections.abc import Sequence
from dataclasses import dataclass

from gain_tf.config import Config, ConfigError, Segmenter
from gain_tf.config.load import row_of
from gain_tf.config.study import BASELINE, CONTROLS, GUIDED, PLAIN
from gain_tf.report.result import CONTROL

WARM_UP = "warm_up"

UNANNOTATED = {
    **PLAIN,
    "data.budget.masks": 0,
    "data.budget.boxes": 0,
    "data.background_swap": 0.0,
}


@dataclass(frozen=True)
class Row:
    """One model of a comparison.

    Attributes:
        name: of the row; names its folder, but for the guided model, whose folder is the run's.
        config: complete.
        changes: the keys in which it differs from the run's config.
    """

    name: str
    config: Config
    changes: dict[str, object]


def rows_of(config: Config) -> list[Row]:
    """List what a run trains, the plain baseline first.

    Args:
        config: of the run.

    Returns:
        The rows; the one named `guided` is the run's own model.
    """
    changes: dict[str, dict[str, object]] = {}
    evaluation = config.evaluation
    if evaluation.baseline and (config.guidance.alpha or config.guidance.omega):
        changes[BASELINE] = dict(PLAIN)
    changes[GUIDED] = {}
    if evaluation.control:
        changes[CONTROL] = dict(CONTROLS["rolled"])
    changes |= evaluation.rows
    return [Row(name, row_of(config, change), change) for name, change in changes.items()]


def asked_for(rows: Sequence[Row], names: Sequence[str] | None) -> list[Row]:
    """Return the rows that `run.rows` asks for, in the order of the comparison.

    Args:
        rows: of the run.
        names: of those that are wanted; None for all.

    Raises:
        ConfigError: there is no such row.
    """
    known = [row.name for row in rows]
    if unknown := [name for name in names or () if name not in known]:
        raise ConfigError(
            f"run.rows: there is no row {', '.join(unknown)}; the run has {', '.join(known)}"
        )
    return [row for row in rows if names is None or row.name in names]


def warm_up_row(config: Config) -> Row | None:
    """Return the row whose weights all others start from, None where there is none."""
    epochs = config.training.warm_up_epochs
    if not epochs:
        return None
    changes = {
        **config.training.warm_up,
        **UNANNOTATED,
        "training.epochs": epochs,
        "training.warm_up_epochs": 0,
    }
    return Row(WARM_UP, row_of(config, changes), changes)


def attention_row(rows: Sequence[Row], row: Row) -> Row:
    """Return the row whose attention network, and whose cues, a row shares: often itself.

    Rows that differ in their segmenter alone have one attention network, that of the first.

    Args:
        rows: of the run.
        row: one of them.
    """

    def without_segmenter(config: Config) -> Config:
        return config.model_copy(update={"segmenter": Segmenter()})

    wanted = without_segmenter(row.config)
    return next(each for each in rows if without_segmenter(each.config) == wanted)


def by_network(rows: Sequence[Row], some: Sequence[Row]) -> dict[str, list[Row]]:
    """Put rows together that share an attention network.

    Args:
        rows: of the run.
        some: of them.

    Returns:
        The given rows by the name of the row whose network they have, see `attention_row`.
    """
    groups: dict[str, list[Row]] = {}
    for row in some:
        groups.setdefault(attention_row(rows, row).name, []).append(row)
    return groups


def has_all_rows_of(larger: Config, smaller: Config) -> bool:
    """Tell whether a config is another with more rows, or with no more.

    Every row of the smaller one has the same changes in both, and the same network. Where and how
    a config runs (`run`) does not count.

    Args:
        larger: may have rows that the other lacks.
        smaller: may not.
    """

    def without_rows(config: Config) -> Config:
        own = {"rows": {}, "baseline": False, "control": False}
        evaluation = config.evaluation.model_copy(update=own)
        return config.model_copy(update={"evaluation": evaluation, "run": smaller.run})

    def placed(config: Config) -> dict[str, tuple[dict[str, object], str]]:
        rows = rows_of(config)
        return {row.name: (row.changes, attention_row(rows, row).name) for row in rows}

    if without_rows(larger) != without_rows(smaller):
        return False
    # A row keeps its network where it is: another row must not make it share that row's.
    return placed(smaller).items() <= placed(larger).items()


def joined(config: Config, before: Config) -> Config:
    """Add to a config the rows of another that it lacks.

    Args:
        config: of which every row stays as it is.
        before: of the same run, see `fit_together`.
    """
    own, others = config.evaluation, before.evaluation
    both = {
        "baseline": own.baseline or others.baseline,
        "control": own.control or others.control,
        # In the order that is asked for now; what it lacks comes last.
        "rows": own.rows
        | {name: others.rows[name] for name in others.rows if name not in own.rows},
    }
    return config.model_copy(update={"evaluation": own.model_copy(update=both)})


def fit_together(config: Config, before: Config) -> bool:
    """Tell whether the rows of two configs can lie in one run: those of one name are the same."""
    both = joined(config, before)
    return has_all_rows_of(both, config) and has_all_rows_of(both, before)
