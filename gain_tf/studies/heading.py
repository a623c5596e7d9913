"""What stands above and below the tables of a study."""

from collections.abc import Sequence
from dataclasses import dataclass

CAUTION = (
    "With one seed the interval holds the images alone and settles nothing. With two or three it "
    "is wide, since so few say little of the next; of rows that are alike, one in twenty at most "
    "is told apart."
)
"""Below every table."""

AGAINST = (
    "Rows over one another, in points with 95 % intervals: accuracy paired by seed and image, all "
    "else by Student's t over the seeds."
)
"""Above the table of differences."""


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
