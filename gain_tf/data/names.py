"""Names of files and classes that other people chose: what can be printed, and what is kept."""

import unicodedata
from pathlib import PurePath

UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")
"""Of Unicode's categories: controls, bytes that were no UTF-8, ends of lines and paragraphs."""


def on_one_line(text: str) -> str:
    """Escape what would break a line or cannot be written as UTF-8.

    Args:
        text: any.

    Returns:
        The text, equal to `text` if and only if nothing had to be escaped.
    """
    return "".join(
        letter.encode("unicode_escape").decode()
        if unicodedata.category(letter) in UNPRINTABLE
        else letter
        for letter in text
    )


def name_problem(name: str) -> str | None:
    """Say what is wrong with a name that tables and reports shall hold, None where nothing is."""
    if on_one_line(name) == name:
        return None
    return "a name cannot hold line ends, control characters or bytes that are not UTF-8"


def without_ending(path: PurePath) -> str:
    """Return a path without the ending of its name: `a/..jpg` is `a/.`, which is no path."""
    return path.as_posix().removesuffix(path.suffix)
