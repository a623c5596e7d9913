"""A table of images: a CSV file, its columns checked, each row with its line."""

import csv
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from gain_tf.data.files import DataError

Row = Mapping[str, str]


def read_listing(path: Path, wanted: Sequence[str]) -> list[tuple[str, Row]]:
    """Read a table of images.

    Args:
        path: of a CSV file in UTF-8 whose first line names the columns.
        wanted: columns that must be there.

    Returns:
        For each row that is not empty its place, such as `labels.csv, line 2`, and its fields by
        column, without the spaces around them; a field that is missing is empty.

    Raises:
        DataError: the file cannot be read, or columns or fields are wrong; all are listed.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines, strict=True)
            rows = [(reader.line_num, [field.strip() for field in row]) for row in reader]
    except UnicodeDecodeError as error:
        raise DataError([f"{path}: is not a text file in UTF-8"]) from error
    except csv.Error as error:
        raise DataError([f"{path}: is not a table: {error}"]) from error
    except OSError as error:
        raise DataError([f"{path}: cannot be read: {error.strerror}"]) from error
    rows = [(number, fields) for number, fields in rows if any(fields)]
    header = rows[0][1] if rows else []
    problems = _header_problems(path, header, wanted)
    if not problems and len(rows) < 2:
        problems.append(f"{path}: lists no image")
    if problems:
        raise DataError(problems)
    problems = [
        f"{path}, line {number}: has {len(fields)} fields, the first line {len(header)}"
        for number, fields in rows[1:]
        if len(fields) > len(header)
    ]
    if problems:
        raise DataError(problems)
    return [
        (
            f"{path}, line {number}",
            dict.fromkeys(header, "") | dict(zip(header, fields, strict=False)),
        )
        for number, fields in rows[1:]
    ]


def _header_problems(path: Path, header: Sequence[str], wanted: Sequence[str]) -> list[str]:
    problems = []
    if missing := [name for name in wanted if name not in header]:
        there = f"; it has {', '.join(map(repr, header))}" if header else ""
        problems.append(f"{path}: has no column {', '.join(missing)}{there}")
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        problems.append(f"{path}: has the column {', '.join(map(repr, twice))} more than once")
    return problems


def path_below(root: Path, name: str) -> Path | None:
    """Return the path of a file below a folder.

    Args:
        root: the folder.
        name: of the file as a table gives it.

    Returns:
        `root/...` without detours; None for a path that leaves the folder, by itself or by a link.
    """
    if not name or "\0" in name:
        return None
    path = Path(os.path.normpath(root / name))
    if not path.resolve().is_relative_to(root.resolve()):
        return None
    relative = os.path.relpath(os.path.abspath(path), os.path.abspath(root))
    return None if relative.startswith("..") or relative == "." else root / relative


def root_of(root: Path | None) -> Path:
    """Return `data.root`, which must name a folder."""
    if root is None:
        raise DataError(["data.root: must name the folder of the images"])
    if not root.is_dir():
        raise DataError([f"data.root: there is no folder {root}"])
    return root
