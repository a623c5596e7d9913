"""Every block and every command of the documentation is run by a test, or at least understood.

`test_docs` and `test_readme` run the Python, and the commands in blocks of the language `sh`. Here
all commands, those in sentences and tables too, are read as the command line reads them: verbs,
options, keys and values of configs and studies, files of the repository.
"""

import re
import sys

import click
import pytest
import yaml
from documented import ROOT, Block, blocks, commands_in, commands_within_text

from gain_tf.__main__ import gain_tf
from gain_tf.config import ConfigError, parse_config
from gain_tf.config.load import changed, read_values
from gain_tf.config.study import load_study

sys.path.insert(0, str(ROOT / "serving"))
from gain_serving.cli import gain_serve

EXECUTED = {
    "python": {"README.md", "docs/quick_start.md"},
    "yaml": {"README.md", "docs/own_images.md", "docs/segmentation.md", "docs/annotation.md"},
    "sh": {
        "docs/own_images.md",
        "docs/deployment.md",
        "docs/segmentation.md",
        "docs/annotation.md",
        "docs/scale.md",
    },
}
"""Pages whose blocks of a language `test_docs` and `test_readme` run."""

ELSEWHERE = {
    "pip": "installs",
    ".venv/bin/pip": "installs",
    "python3": "makes an environment",
    "docker": "there is no engine",
    "curl": "tests/serving ask the server themselves",
    "export": "sets a variable",
}
"""First words of commands that are not ours, and why nothing here can say more of them."""

PLACES = {"FILE", "configs/my_part.yaml", "my.yaml", "my-masks.yaml", "CONFIG"}
"""Names that stand for a config of the reader's."""


def commands_of(block: Block) -> list[list[str]]:
    """Split a block into commands; none where it is in another language, or shows a folder."""
    folder = re.match(r"\w[\w-]*/\n", block.text)
    return [] if block.language not in ("", "sh", "bash") or folder else commands_in(block.text)


BLOCKS = list(blocks())
COMMANDS = [(block.page, words) for block in BLOCKS for words in commands_of(block)]
COMMANDS += commands_within_text()


def parsed(program: click.Command, words: list[str]) -> tuple[click.Command, dict]:
    """Read options and arguments as the command does, without running it."""
    context = click.Context(program)
    while isinstance(program, click.Group):
        verb, *words = words
        found = program.get_command(context, verb)
        assert found is not None, f"there is no verb {verb}"
        program, context = found, click.Context(found)
    options, _, _ = program.make_parser(context).parse_args(list(words))
    return program, options


def check_config(overrides: list[str], config: str | None) -> None:
    """Every key exists, and takes its value; a config that is named is there."""
    values = {"name": "some"}
    if config is not None and config not in PLACES and not config.startswith("RUN"):
        assert (ROOT / config).is_file(), config
        values = read_values(ROOT / config, ())
    keys = dict(override.split("=", 1) for override in overrides)
    changes = {key: yaml.safe_load(value) for key, value in keys.items()}
    changed(parse_config(values), changes, "documentation")


def check(words: list[str]) -> None:
    """Understand one command."""
    first, *rest = words
    if first in ELSEWHERE:
        return
    if first.endswith("python"):
        if rest[0] != "-m":
            assert (ROOT / rest[0]).is_file(), rest[0]
            return
        if rest[1] == "pytest":
            return
        first, rest = "gain-tf", [rest[1].removeprefix("gain_tf."), *rest[2:]]
    assert first in ("gain-tf", "gain-serve"), first
    if not rest or rest in (["--help"], ["--version"]):
        return
    command, options = parsed(gain_tf if first == "gain-tf" else gain_serve, rest)
    overrides = list(options.get("overrides") or ())
    if command.name == "study":
        path = options.get("path")
        if isinstance(path, str) and path != "budget.yaml":
            load_study(ROOT / path, overrides)
    elif first == "gain-tf" and (overrides or options.get("config")):
        check_config(overrides, options.get("config"))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.page}-{block.language}")
def test_every_block_has_a_test(block):
    if block.language in EXECUTED:
        assert block.page in EXECUTED[block.language]
    else:
        assert block.language in ("", "bash"), f"no test runs blocks of {block.language}"


@pytest.mark.parametrize(
    ("page", "words"), COMMANDS, ids=[f"{page}: {' '.join(words)}"[:90] for page, words in COMMANDS]
)
def test_every_command_is_understood(page, words):
    check(words)


@pytest.mark.parametrize(
    "command",
    [
        "gain-tf fitt --config my.yaml",
        "gain-tf fit --konfig my.yaml",
        "gain-tf fit --config my.yaml --set guidance.omga=3",
        "gain-tf fit --config configs/none.yaml",
        "gain-tf study configs/studies/boat.yaml --set sets.training.epochs=1",
        "python benchmarks/none.py",
        "gain-serve serve --repo models",
        "rm models",
    ],
)
def test_what_is_wrong_is_not_understood(command):
    with pytest.raises((AssertionError, click.ClickException, ConfigError)):
        check(command.split())
