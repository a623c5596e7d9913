"""The arrows of the house: who may import whom, who may open a tape, what stays unloaded."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "gain_tf"

GROUND = ("errors", "files", "folders", "processes", "registration", "version")
BELOW_TRAINING = (
    *GROUND,
    "config",
    "attention",
    "losses",
    "metrics",
    "data",
    "models",
    "segmentation",
    "evaluation",
    "report",
)
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "errors": (),
    "files": ("errors",),
    "folders": ("errors", "files"),
    "processes": (),
    "registration": (),
    "version": (),
    "config": GROUND,
    "attention": (),
    "losses": ("attention",),
    "metrics": (),
    "data": (*GROUND, "config"),
    "models": (*GROUND, "attention", "losses"),
    "segmentation": (*GROUND, "config", "attention", "losses", "data", "models", "metrics"),
    "evaluation": (*GROUND, "config", "data", "metrics", "models"),
    "report": BELOW_TRAINING[:-1],
    "training": BELOW_TRAINING,
    "studies": (*BELOW_TRAINING, "training"),
    "commands": (*BELOW_TRAINING, "training", "studies"),
}
"""Rooms of the package, and what each may import besides itself."""

COMMANDS = (
    "fit",
    "evaluate",
    "explain",
    "serve",
    "cues",
    "segment",
    "suggest",
    "study",
    "cli",
    "__main__",
    "data_commands",
    "data.__main__",
)
TAPES = {
    "attention/grad_cam.py",
    "models/audit.py",
    "models/gain.py",
    "models/recomputed.py",
    "models/segmenter.py",
}


def room_of(module):
    """`gain_tf.data.folder` lies in `data`; None for the package's own face."""
    name = module.removeprefix("gain_tf").removeprefix(".")
    if not name:
        return None
    if any(name == command or name.startswith(f"{command}.") for command in COMMANDS):
        return "commands"
    return name.split(".")[0]


def imported(tree, module, *, is_package=False):
    """Every module of the package that a file imports, inside functions too."""
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            base = ".".join(parents[: len(parents) - node.level + 1]) if node.level else ""
            start = ".".join(part for part in (base, node.module) if part)
            # `from gain_tf import losses` names a module in its list.
            yield from (f"{start}.{alias.name}" for alias in node.names)


def arrows_up(package):
    wrong = []
    for path in sorted(package.rglob("*.py")):
        relative = path.relative_to(package).with_suffix("")
        is_package = relative.name == "__init__"
        parts = relative.parent.parts if is_package else relative.parts
        module = ".".join(("gain_tf", *parts))
        room = room_of(module)
        if room is None:
            continue
        for name in imported(ast.parse(path.read_text()), module, is_package=is_package):
            if name.split(".")[0] != "gain_tf":
                continue
            target = room_of(name)
            if target != room and target not in MAY_IMPORT[room]:
                wrong.append(f"{module} ({room}) imports {name} ({target})")
    return wrong


def tapes(package):
    return {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "GradientTape" in path.read_text()
    }


def test_the_table_has_no_circle():
    """Each room may import only rooms that stand above it in the table."""
    rooms = list(MAY_IMPORT)
    for room, allowed in MAY_IMPORT.items():
        assert all(rooms.index(other) < rooms.index(room) for other in allowed), room


def test_every_room_has_its_place():
    rooms = {room_of(f"gain_tf.{path.stem}") for path in PACKAGE.iterdir() if path.stem[0] != "_"}
    assert rooms <= set(MAY_IMPORT)


def test_no_arrow_points_up():
    assert arrows_up(PACKAGE) == []


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("losses/box.py", "from gain_tf.models.gain import GAIN"),
        ("attention/grid.py", "def f():\n    import gain_tf.losses"),
        ("attention/grid.py", "def f():\n    from gain_tf import losses"),
        ("data/folder.py", "if True:\n    from ..models import gain"),
        ("data/__init__.py", "from .. import models"),
        ("data/folder.py", "from gain_tf.data_commands import data"),
        ("config/load.py", "from gain_tf.data import files"),
        ("metrics/attention.py", "from gain_tf.attention import grad_cam"),
        ("models/gain.py", "from gain_tf import GAIN"),
        ("new_room/x.py", None),
    ],
)
def test_a_wrong_arrow_is_found(tmp_path, place, text):
    path = tmp_path / place
    path.parent.mkdir()
    if text is None:
        path.write_text("import gain_tf.errors")
        with pytest.raises(KeyError, match="new_room"):
            arrows_up(tmp_path)
        return
    path.write_text(text)
    assert len(arrows_up(tmp_path)) == 1


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("losses/box.py", "from gain_tf.attention import grid\nimport numpy\nfrom . import pixel"),
        ("data_commands.py", "from gain_tf.training import run\nfrom .data.folder import x"),
        ("__init__.py", "from gain_tf.models.gain import GAIN"),
    ],
)
def test_a_right_arrow_is_not(tmp_path, place, text):
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert arrows_up(tmp_path) == []


def test_only_the_commands_know_the_exporter():
    """`export/gain_export` stands on `gain_tf`; the verbs reach it by name, and when asked."""
    knowing = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "gain_export" in path.read_text()
    }
    assert knowing == {"__main__.py", "evaluate.py"}


def test_only_these_files_open_a_tape(tmp_path):
    assert tapes(PACKAGE) == TAPES
    (tmp_path / "x.py").write_text("with tf.GradientTape(): pass")
    assert tapes(tmp_path) == {"x.py"}


LOADED = "import sys; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"


@pytest.mark.parametrize(
    "code",
    [
        "import gain_tf; gain_tf.__version__",
        "import gain_tf.cli, gain_tf.fit, gain_tf.evaluate",
        "import gain_export, gain_export.commands, gain_export.evaluation",
        "from click.testing import CliRunner; from gain_tf.__main__ import gain_tf as g; "
        "r = CliRunner().invoke(g, ['fit', '--help']); assert r.exit_code == 0, r.output",
    ],
)
def test_tensorflow_is_not_loaded_before_it_is_needed(code):
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; {LOADED}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_help_does_not_load_tensorflow():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gain_tf", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "click" in names
    assert not names & {"tensorflow", "keras", "pydantic"}
    assert "fit" in done.stdout
