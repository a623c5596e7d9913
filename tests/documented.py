"""The code blocks and commands of the documentation, page by page."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

# Those of serving/deploy speak of engines that are not there; tests/serving/test_deploy reads them.
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "serving" / "README.md",
    ROOT / "benchmarks" / "gpu.md",
]

_FENCE = re.compile(r"^ *```([\w-]*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_WITHIN = re.compile(r"`((?:gain-tf|gain-serve|python) [^`]+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: path below the repository.
        language: "" where it names none.
        text: between the fences.
    """

    page: str
    language: str
    text: str


def blocks() -> Iterator[Block]:
    """List every fenced block of every page."""
    for page in PAGES:
        for language, text in _FENCE.findall(page.read_text(encoding="utf-8")):
            yield Block(page.relative_to(ROOT).as_posix(), language, text)


def texts(page: str, language: str) -> list[str]:
    """Return the blocks of a page in one language, in order."""
    return [block.text for block in blocks() if (block.page, block.language) == (page, language)]


def commands_in(text: str) -> list[list[str]]:
    """Split a block into commands and those into words; `&&` begins another, comments are none."""
    found, begun = [], ""
    for line in text.replace("\\\n", " ").splitlines():
        begun = f"{begun}\n{line}" if begun else line
        try:
            words = shlex.split(begun, comments=True)
        except ValueError:
            # A quotation goes on in the next line.
            continue
        begun = ""
        while "&&" in words:
            found.append(words[: words.index("&&")])
            words = words[words.index("&&") + 1 :]
        found.append(words)
    assert not begun, begun
    return [words for words in found if words]


def commands_within_text() -> Iterator[tuple[str, list[str]]]:
    """List the commands that sentences and tables of any page name: page and words."""
    for page in PAGES:
        text = _FENCE.sub("", page.read_text(encoding="utf-8"))
        for command in _WITHIN.findall(text):
            yield page.relative_to(ROOT).as_posix(), shlex.split(command.replace("\n", " "))
