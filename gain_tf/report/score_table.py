"""`scores.csv`, written line by line: what is done is in it, whenever the process ends."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gain_tf.files import naming, replacing

Row = Sequence[str]

SCORE = 8
"""Letters of a score such as 0.123456: a line that ends in less was cut off."""


@dataclass(frozen=True)
class ScoreTable:
    """A table whose lines begin with the path of an image and the name of what was written.

    Attributes:
        path: of the CSV file.
        header: names of the columns.
        lines: that every image has, one after the other.
    """

    path: Path
    header: Row
    lines: int = 1

    def begin(
        self, sources: Sequence[Path], wanted: Mapping[str, int], there: Callable[[str], bool]
    ) -> Counter[str]:
        """Begin the table with the images that are done.

        Args:
            sources: tables to take them from, this one among them or not.
            wanted: how often each image may occur.
            there: whether what was written of an image is there, by its name.

        Returns:
            How often each image is done.
        """
        done: Counter[str] = Counter()
        with (
            replacing(self.path) as temporary,
            temporary.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
        ):
            writer = csv.writer(file)
            writer.writerow(self.header)
            for source in sources:
                for image, rows in self._images(source):
                    if done[image] < wanted.get(image, 0) and all(there(row[1]) for row in rows):
                        writer.writerows(rows)
                        done[image] += 1
        return done

    def add(self, rows: Sequence[Row]) -> None:
        """Write the lines of images that are done."""
        # A name may hold bytes that are no UTF-8; it is the same bytes in the table.
        with (
            naming(self.path),
            self.path.open("a", newline="", encoding="utf-8", errors="surrogateescape") as file,
        ):
            csv.writer(file).writerows(rows)

    def _images(self, source: Path) -> Iterator[tuple[str, list[Row]]]:
        """Go through the images of a table whose lines are all there."""
        rows: list[Row] = []
        for row in self._rows(source):
            if rows and row[0] != rows[0][0]:
                rows = []
            rows.append(row)
            if len(rows) == self.lines:
                yield row[0], rows
                rows = []

    def _rows(self, source: Path) -> Iterator[Row]:
        """Go through the whole lines of a table; none where it is not there."""
        if not source.is_file():
            return
        with source.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            reader = csv.reader(file)
            if next(reader, None) != list(self.header):
                return
            for row in reader:
                if len(row) == len(self.header) and len(row[-1]) == SCORE:
                    yield row
