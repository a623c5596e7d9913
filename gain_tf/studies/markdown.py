"""A study as Markdown, for a text page."""

from collections.abc import Sequence

from gain_tf.studies.against import COMPARED, Comparison
from gain_tf.studies.cells import (
    difference,
    has_controls,
    other_splits,
    over_seeds,
    shown,
    shown_differences,
    spread,
)
from gain_tf.studies.gather import FIGURES
from gain_tf.studies.heading import AGAINST, CAUTION, Heading
from gain_tf.studies.plan import described
from gain_tf.studies.summary import SummaryRow


def markdown(
    heading: Heading, rows: Sequence[SummaryRow], comparisons: Sequence[Comparison] = ()
) -> str:
    """Lay a study out for a text page.

    Args:
        heading: above the table.
        rows: of the table.
        comparisons: of rows with one another.

    Returns:
        The command, what was judged, a table of per cent, and one of differences where rows are
        held against one another.
    """
    parts = [f"`{heading.command}`", _about(heading), _table(rows)]
    if comparisons:
        parts += [AGAINST, _differences(comparisons)]
    return "\n\n".join(parts) + "\n"


def _about(heading: Heading) -> str:
    seeds = ", ".join(map(str, heading.seeds))
    said = (
        f"{heading.images} images of the {heading.split} split; mean ± standard deviation over "
        f"seeds {seeds}, per cent; differences with their 95 % interval. {CAUTION} "
        f"{heading.about_threshold}"
    )
    return said.rstrip()


def _table(rows: Sequence[SummaryRow]) -> str:
    places = shown(rows)
    others = other_splits(rows)
    headings = ["row", "seeds", *(FIGURES[index][0] for index in places)]
    headings += [*(f"accuracy on {name}" for name in others), "accuracy over plain"]
    controlled = has_controls(rows)
    headings += ["over its rolled control"] if controlled else []
    several = len({str(row.point) for row in rows}) > 1
    lines = [f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    for row in rows:
        name = f"{described(row.point)}: {row.name}" if several else row.name
        cells = [
            name,
            ", ".join(map(str, row.seeds)),
            *(spread(row.figures[index]) for index in places),
        ]
        cells += [spread(row.elsewhere.get(other)) for other in others]
        cells += [difference(row.difference)]
        cells += [difference(row.over_control)] if controlled else []
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _differences(comparisons: Sequence[Comparison]) -> str:
    places, others = shown_differences(comparisons), other_splits(comparisons)
    headings = [
        "row",
        "over",
        "accuracy",
        "seed by seed",
        *(COMPARED[index][0] for index in places),
        *(f"accuracy on {name}" for name in others),
    ]
    several = len({str(each.point) for each in comparisons}) > 1
    lines = [f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    for each in comparisons:
        name = f"{described(each.point)}: {each.row}" if several else each.row
        by_seed = ", ".join(f"{100 * one:+.1f}" for one in each.accuracy.by_seed)
        cells = [name, each.other, difference(each.accuracy), by_seed]
        cells += [over_seeds(each.figures[index]) for index in places]
        cells += [over_seeds(each.elsewhere.get(name)) for name in others]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
