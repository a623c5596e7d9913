"""`study.html`: a study on one page that needs no other file, and its tables as Markdown."""

from collections.abc import Sequence
from pathlib import Path

from gain_tf.files import replacing
from gain_tf.report.style import embedded, row_colour
from gain_tf.report.templates import templates
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
from gain_tf.studies.curves import budget_curve, robustness_curve
from gain_tf.studies.gather import FIGURES
from gain_tf.studies.heading import AGAINST, CAUTION, Heading
from gain_tf.studies.markdown import markdown
from gain_tf.studies.pareto import pareto
from gain_tf.studies.plan import described
from gain_tf.studies.queue import Failure
from gain_tf.studies.summary import SummaryRow

PAGE, TABLE, CSV = "study.html", "study.md", "study.csv"


def write_page(
    folder: Path,
    heading: Heading,
    rows: Sequence[SummaryRow],
    comparisons: Sequence[Comparison],
    failures: Sequence[Failure],
) -> None:
    """Write the page and the Markdown tables.

    Args:
        folder: of the study.
        heading: above the table.
        rows: of the table.
        comparisons: of rows with one another.
        failures: runs that are missing in it.
    """
    environment = templates("gain_tf.studies")
    environment.filters["spread"] = spread
    environment.filters["difference"] = difference
    environment.filters["over_seeds"] = over_seeds
    drawn = {
        "Accuracy against energy in mask, a point a row; the line joins the rows that no other "
        "exceeds in both.": pareto(rows),
        "What annotation buys: figures against the images that carry some.": budget_curve(rows),
        "Careless annotation: figures against how far edges of boxes or masks are off; dashed, the "
        "plain network.": robustness_curve(rows),
    }
    names = list(dict.fromkeys(row.name for row in rows))
    page = environment.get_template("study.html.j2").render(
        heading=heading,
        columns=[(index, FIGURES[index][0]) for index in shown(rows)],
        elsewhere=other_splits(rows),
        controlled=has_controls(rows),
        rows=rows,
        compared=[(index, COMPARED[index][0]) for index in shown_differences(comparisons)],
        comparisons=comparisons,
        points=list({str(row.point): row.point for row in rows}.values()),
        described=described,
        colours={name: row_colour(number) for number, name in enumerate(names)},
        pictures={said: embedded(figure) for said, figure in drawn.items() if figure is not None},
        failures=failures,
        caution=CAUTION,
        against=AGAINST,
    )
    for path, text in ((PAGE, page), (TABLE, markdown(heading, rows, comparisons))):
        with replacing(folder / path) as temporary:
            temporary.write_text(text, encoding="utf-8")
