"""`study.html`: a study on one page that needs no other file, and its table as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gain_tf.files import replacing
from gain_tf.report.style import embedded, row_colour
from gain_tf.report.templates import templates
from gain_tf.studies.gather import FIGURES
from gain_tf.studies.paired_difference import PairedDifference
from gain_tf.studies.pictures import budget_curve, pareto
from gain_tf.studies.plan import described
from gain_tf.studies.queue import Failure
from gain_tf.studies.summary import Spread, SummaryRow

PAGE, TABLE, CSV = "study.html", "study.md", "study.csv"

CAUTION = (
    "With one seed the interval holds the images alone and settles nothing. With two or three it "
    "is wide, since so few say little of the next; of rows that are alike, one in twenty at most "
    "is told apart."
)
"""Below every table."""


@dataclass(frozen=True)
class Heading:
    """What the page says above its table.

    Attributes:
        name: of the study.
        command: that makes it again.
        seeds: asked for.
        images: judged in each run.
        split: they belong to.
        complete: the study and its base, as YAML.
        threshold: which split chose the thresholds of IoU; None without IoU.
    """

    name: str
    command: str
    seeds: Sequence[int]
    images: int
    split: str
    complete: str
    threshold: str | None = None

    @property
    def about_threshold(self) -> str:
        """Return a sentence about the thresholds of IoU; none without IoU."""
        if self.threshold is None:
            return ""
        flattered = ", the one reported here: it is somewhat flattered"
        said = f"Each row's threshold of IoU was chosen on the {self.threshold} split"
        return f"{said}{flattered if self.threshold == self.split else ''}."


def write_page(
    folder: Path, heading: Heading, rows: Sequence[SummaryRow], failures: Sequence[Failure]
) -> None:
    """Write the page and the Markdown table.

    Args:
        folder: of the study.
        heading: above the table.
        rows: of the table.
        failures: runs that are missing in it.
    """
    environment = templates("gain_tf.studies")
    environment.filters["spread"] = spread
    environment.filters["difference"] = difference
    drawn = [figure for figure in (pareto(rows), budget_curve(rows)) if figure is not None]
    names = list(dict.fromkeys(row.name for row in rows))
    page = environment.get_template("study.html.j2").render(
        heading=heading,
        columns=[(index, FIGURES[index][0]) for index in shown(rows)],
        elsewhere=other_splits(rows),
        controlled=has_controls(rows),
        rows=rows,
        points=list({str(row.point): row.point for row in rows}.values()),
        described=described,
        colours={name: row_colour(number) for number, name in enumerate(names)},
        pictures=[embedded(figure) for figure in drawn],
        failures=failures,
        caution=CAUTION,
    )
    for path, text in ((PAGE, page), (TABLE, markdown(heading, rows))):
        with replacing(folder / path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def markdown(heading: Heading, rows: Sequence[SummaryRow]) -> str:
    """Lay a study out for a text page.

    Args:
        heading: above the table.
        rows: of the table.

    Returns:
        The command, what was judged, and a table of per cent.
    """
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
        cells = [name, str(len(row.seeds)), *(spread(row.figures[index]) for index in places)]
        cells += [spread(row.elsewhere.get(other)) for other in others]
        cells += [difference(row.difference)]
        cells += [difference(row.over_control)] if controlled else []
        lines.append(f"| {' | '.join(cells)} |")
    seeds = ", ".join(map(str, heading.seeds))
    said = (
        f"{heading.images} images of the {heading.split} split; mean ± standard deviation over "
        f"seeds {seeds}, per cent; differences with their 95 % interval. {CAUTION} "
        f"{heading.about_threshold}"
    )
    return "\n\n".join((f"`{heading.command}`", said.rstrip(), "\n".join(lines))) + "\n"


def shown(rows: Sequence[SummaryRow]) -> list[int]:
    """Return which figures any row has."""
    return [
        index
        for index in range(len(FIGURES))
        if any(row.figures[index] is not None for row in rows)
    ]


def other_splits(rows: Sequence[SummaryRow]) -> list[str]:
    """Return the names of the other test splits that any row was judged on."""
    return list(dict.fromkeys(name for row in rows for name in row.elsewhere))


def has_controls(rows: Sequence[SummaryRow]) -> bool:
    """Tell whether any row is held against the same annotation at random places."""
    return any(row.over_control is not None for row in rows)


def spread(value: Spread | None) -> str:
    """Write mean and standard deviation in per cent."""
    if value is None:
        return "-"
    deviation = "" if value.deviation is None else f" ± {100 * value.deviation:.1f}"
    return f"{100 * value.mean:.1f}{deviation}"


def difference(value: PairedDifference | None) -> str:
    """Write a difference and its interval in percentage points."""
    if value is None:
        return "-"
    return f"{100 * value.mean:+.1f} [{100 * value.low:+.1f}, {100 * value.high:+.1f}]"
