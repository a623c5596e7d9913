"""Config files: read, overridden, written, and every mistake a sentence."""

import time

import pytest
import yaml

from gain_tf.config import Config, ConfigError, load_config, parse_config, write_config
from gain_tf.config.load import changed, row_of

RENDERED = ("camera", "shapes", "boat", "decoy_mnist")


@pytest.fixture
def written(tmp_path):
    def write(text, name="run.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def problems_of(path, overrides=()):
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    return [line.removeprefix(f"{path}: ") for line in str(caught.value).splitlines()]


def test_defaults_are_filled_in(written):
    config = load_config(written("name: a\ndata: {batch_size: 3}"))
    assert config.data.batch_size == 3
    assert config.data.image_size == (128, 128)
    assert config.guidance.omega == 10.0


def test_what_is_written_is_read_back(written, tmp_path):
    path = written(
        "name: a\ndata: {root: straße/ü, budget: {masks: all}, folder: {classes: [ü, b]}}\n"
        "evaluation: {rows: {guided+swap: {data.background_swap: 0.5}}}\n"
        "training: {jit: false, optimizer: {learning_rate: 1e-3}}"
    )
    config = load_config(path)
    assert config.training.optimizer.learning_rate == 0.001
    write_config(config, tmp_path / "again.yaml")
    assert load_config(tmp_path / "again.yaml") == config
    complete = yaml.safe_load((tmp_path / "again.yaml").read_text())
    assert set(complete) == set(Config.model_fields)


def test_overrides(written):
    path = written("name: a\ndata:\nseed: 2")
    config = load_config(
        path,
        ["data.batch_size=5", "data.image_size=[32, 64]", "evaluation.rows.x={seed: 3}", "seed=4"],
    )
    assert config.data.batch_size == 5
    assert config.data.image_size == (32, 64)
    assert config.evaluation.rows == {"x": {"seed": 3}}
    assert config.seed == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["must hold keys and values, such as `name: my-run`"]),
        ("- a\n- b", ["must hold keys and values, such as `name: my-run`"]),
        (b"\xff\xfe\x00", ["is not a text file in UTF-8"]),
        ("name: [a", ["is not YAML: line 1, column 9: expected ',' or ']', but got"]),
        ("name: a\nname: b", ["is not YAML: line 2, column 1: key 'name' is given twice"]),
        (
            "name: a\nevaluation: {rows: {x: &r {guidance.omega: 1.0, self: *r}}}",
            ["is not YAML: line 2, column 24: a value holds itself, by its anchor"],
        ),
        (
            "name: a\ntraining: {warm_up: &r {a: [*r]}}",
            ["is not YAML: line 2, column 21: a value holds itself, by its anchor"],
        ),
        ("a: &a [*a]", ["is not YAML: line 1, column 4: a value holds itself, by its anchor"]),
        ("name: !!python/object:os.system x", ["is not YAML: line 1, column 7: could not"]),
        ("name: a\0", ["is not YAML: unacceptable character"]),
        ('name: a\nrun: {root: "a\\0b"}', ["run.root: must not hold a NUL character"]),
        ("seed: 1", ["key 'name' is missing"]),
        ("name: übung", ["name: must be letters, digits and . _ -"]),
        ("name: ../b", ["name: must be letters, digits and . _ -"]),
        ("name: " + "a" * 200, ["name: must be at most 100 characters long, not 'aaa"]),
        ("name: a\n1: 2", ["1: this key must be text"]),
        ("name: a\ndata:", ["data: must be a section with keys below it (name, root,"]),
        ("name: a\ndata: [1]", ["data: must be a section with keys below it (name, root,"]),
        (
            "name: a\ndata: {budget: {masks: lots}}",
            ["data.budget.masks: must be a whole number or 'all', not 'lots'"],
        ),
        (
            "name: a\ndata: {budget: {masks: -1, boxes: 1.5}}",
            [
                "data.budget.masks: must be at least 0 or 'all', not -1",
                "data.budget.boxes: must be a whole number or 'all', not 1.5",
            ],
        ),
        ("name: a\ndata: {budget: {masks: true}}", ["data.budget.masks: true and false mean"]),
        (
            "name: a\ndata: {budget: {masks: all, boxes: 1}}",
            ["data.budget: masks: all leaves no image for boxes"],
        ),
        ("name: a\ntraining: {jit: 7.5}", ["training.jit: must be true or false or 'auto', not"]),
        (
            "name: a\ndata: {image_size: [0, -3]}",
            [
                "data.image_size.0: must be at least 8, not 0",
                "data.image_size.1: must be at least 8, not -3",
            ],
        ),
        ("name: a\ndata: {image_size: [64]}", ["key 'data.image_size.1' is missing"]),
        ("name: a\ndata: {image_size: [8, 1000000]}", ["data.image_size.1: must be at most 8192"]),
        ("name: a\ndata: {image_size: 64}", ["data.image_size: must be a list such as [a, b]"]),
        ("name: a\nseed: -1", ["seed: must be at least 0, not -1"]),
        ("name: a\nseed: 9999999999", ["seed: must be less than 2147483648, not 9999999999"]),
        (
            "name: a\ntraining: {optimizer: {learning_rate: .inf}}",
            ["training.optimizer.learning_rate: must be a finite number, not inf"],
        ),
        (
            "name: a\ndata: {folder: {validation: 0.6, test: 0.5}}",
            ["data.folder: validation and test together must leave images to train on"],
        ),
        (
            "name: a\ndata: {folder: {classes: [a, a]}}",
            ["data.folder: classes must name each class once, and at least one"],
        ),
        (
            "name: a\nsed: 1\ndata: {batchsize: 3, budget: {mask: 2}}\nguidance: {alpha: -1}",
            [
                "unknown key 'data.budget.mask'; did you mean 'masks'?",
                "unknown key 'data.batchsize'; did you mean 'batch_size'?",
                "guidance.alpha: must be at least 0, not -1",
                "unknown key 'sed'; did you mean 'seed'?",
            ],
        ),
        ("name: a\ncues: {scales: [0]}", ["cues.scales.0: must be at least 0.25, not 0"]),
        ("name: a\ncues: {scales: []}", ["cues.scales: must be a list of at least 1, not []"]),
        ("name: a\nrun: {rows: [1]}", ["run.rows.0: must be text (put quotes around a number)"]),
        (
            "name: a\nguidance: {kind: boxes}",
            ["guidance.kind: must be 'pixel', 'box', 'both' or 'none', not 'boxes'"],
        ),
        (
            "name: a\nguidance: {losses: [{name: energie}]}",
            ["guidance.losses.0.name: must be 'pixel', 'box', 'energy', 'rrr', 'evidence' or"],
        ),
        ("name: a\nguidance: {losses: []}", ["guidance: losses is empty: leave it out for"]),
        (
            "name: a\nguidance: {losses: [{name: rrr, weight: 0}]}",
            ["guidance.losses.0.weight: must be greater than 0, not 0"],
        ),
        (
            "name: a\nguidance: {kind: box, losses: [{name: pixel}, {name: rrr}]}",
            ["guidance: losses lists pixel, but kind: box lets no masks guide"],
        ),
        (
            "name: a\nguidance: {kind: none, losses: [{name: energy}]}",
            ["guidance: kind: none lets no annotation guide, but losses lists"],
        ),
        (
            "name: a\nguidance: {losses: [{name: energy}, {name: energy, weight: 2}]}",
            ["guidance: losses lists energy twice: give it once, with one weight"],
        ),
    ],
)
def test_every_mistake_is_one_sentence(written, text, expected):
    found = problems_of(written(text))
    assert len(found) == len(expected), found
    for sentence, start in zip(found, expected, strict=True):
        assert sentence.startswith(start)


def test_the_changes_of_a_warm_up():
    changes = {"training.optimizer.learning_rate": 0.5, "model.freeze_batch_norm": False}
    config = parse_config({"name": "x", "training": {"warm_up": changes}})
    assert config.training.warm_up == changes


def test_nested_changes_leave_what_is_beside_them_alone():
    config = parse_config(
        {
            "name": "x",
            "guidance": {"alpha": 0.5, "sigma": 0.3},
            "training": {"steps_per_epoch": 10, "warm_up": {"training": {"jit": False}}},
            "evaluation": {"rows": {"strong": {"guidance": {"omega": 100}}}},
        }
    )
    assert config.evaluation.rows == {"strong": {"guidance.omega": 100}}
    assert config.training.warm_up == {"training.jit": False}
    strong = row_of(config, config.evaluation.rows["strong"])
    assert (strong.guidance.alpha, strong.guidance.sigma, strong.guidance.omega) == (0.5, 0.3, 100)


def test_changing_a_config_leaves_the_changes_as_they_were():
    rows = {"x": {"seed": 1}}
    config = changed(
        parse_config({"name": "x"}), {"evaluation.rows": rows, "evaluation.rows.y": {"seed": 2}}
    )
    assert list(config.evaluation.rows) == ["x", "y"]
    assert rows == {"x": {"seed": 1}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"training.optimiser": 1}, "training.warm_up: unknown key 'training.optimiser'"),
        ({"data.root": "a"}, "training.warm_up: data.root is the same for all rows"),
        ({"guidance.omega": 1}, "training.warm_up: guidance.omega is settled"),
        ({"training.epochs": 2}, "training.warm_up: training.epochs is settled"),
    ],
)
def test_a_warm_up_that_changes_what_it_cannot(changes, said):
    with pytest.raises(ConfigError, match=said):
        parse_config({"name": "x", "training": {"warm_up": changes}})


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("[1]", ["evaluation.rows: must be keys and values, not [1]"]),
        ("{x: }", ["evaluation.rows.x: must be keys and values, not nothing"]),
        ("{../x: {seed: 1}}", ["evaluation.rows.../x: must be letters, digits"]),
        ("{guided: {seed: 1}}", ["evaluation.rows: a row cannot be called guided"]),
        ("{1: {seed: 1}}", ["evaluation.rows.1: this key must be text"]),
        (
            "{x: {guidnce.alpha: 1}, y: {seed: lots}}",
            [
                "evaluation.rows.x: unknown key 'guidnce'; did you mean 'guidance'?",
                "evaluation.rows.y: seed: must be a whole number, not 'lots'",
            ],
        ),
        ("{x: {data.root: a}}", ["evaluation.rows.x: data.root is the same for all rows"]),
        ("{x: {data: {name: boat}}}", ["evaluation.rows.x: data.name is the same for all rows"]),
        *(
            (f"{{x: {{data.{name}: {{seed: 1}}}}}}", [f"evaluation.rows.x: data.{name}.seed is"])
            for name in RENDERED
        ),
        ("{x: {data.voc2012.part: true}}", ["evaluation.rows.x: data.voc2012.part is the same"]),
        (
            "{baseline: {guidance.omega: 0}}",
            ["evaluation.rows.baseline: is the plain classifier; guidance.alpha and .omega must"],
        ),
    ],
)
def test_rows_are_checked_with_the_config(written, rows, expected):
    found = problems_of(written(f"name: a\nevaluation: {{rows: {rows}}}"))
    assert len(found) == len(expected), found
    for sentence, start in zip(found, expected, strict=True):
        assert sentence.startswith(start)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("a", "--set a: must be KEY=VALUE, such as training.epochs=3"),
        ("=3", "--set =3: must be KEY=VALUE"),
        ("data..x=3", "--set data..x=3: must be KEY=VALUE"),
        ("seed=[1", "--set seed=[1: '[1' is not a YAML value"),
        ("training.warm_up=&r {a: *r}", "--set training.warm_up=&r {a: *r}: '&r {a: *r}' is not"),
        ("data.batchsize=3", "unknown key 'data.batchsize'; did you mean 'batch_size'?"),
        ("data.name.x=3", "data.name: must be text"),
        ("data=", "data: must be a section with keys below it"),
    ],
)
def test_a_wrong_override_is_one_sentence(written, override, expected):
    (sentence,) = problems_of(written("name: a"), [override])
    assert sentence.startswith(expected)


def test_a_value_may_be_named_twice(written):
    config = load_config(
        written("name: a\nevaluation: {rows: {x: &r {guidance: {omega: 1.0}}, y: *r, z: {<<: *r}}}")
    )
    assert config.evaluation.rows == {name: {"guidance.omega": 1.0} for name in "xyz"}


@pytest.mark.parametrize(
    ("level", "key"),
    [
        pytest.param("[%s]", "", id="lists"),
        pytest.param("{%s}", "k{}: ", id="mappings"),
        pytest.param("{<<: [%s]}", "", id="merged"),
    ],
)
def test_a_text_that_aliases_make_vast_is_refused_at_once(written, level, key):
    """Ten billion values in half a kilobyte."""
    lines = ["name: a", "x:", "- &a0 {k: 1}"]
    for number in range(1, 11):
        parts = (f"{key.format(part)}*a{number - 1}" for part in range(10))
        lines.append(f"- &a{number} {level % ', '.join(parts)}")
    lines.append("evaluation: {rows: {y: {z: *a10}}}")
    path = written("\n".join(lines))
    start = time.process_time()
    (sentence,) = problems_of(path)
    assert time.process_time() - start < 1
    assert sentence.startswith("line 8: holds more than 100000 values, counting what its aliases")


@pytest.mark.parametrize("place", ["evaluation: {rows: {x: *a}}", "cues: {scales: *a}"])
def test_values_within_values_have_an_end(written, place):
    chained = "".join(f"- &b{n} {{k: *b{n - 1}}}\n" for n in range(1, 2000))
    path = written(f"name: a\nx:\n- &b0 {{k: 1}}\n{chained}- &a {{k: *b1999}}\n{place}")
    (sentence,) = problems_of(path)
    assert sentence.startswith("line 102: holds more than 100 levels of values")


@pytest.mark.parametrize(
    ("key", "least"),
    [
        ("training.epochs", 1),
        ("training.warm_up_epochs", 0),
        ("training.steps_per_epoch", 1),
        ("training.steps_per_execution", 1),
        ("data.batch_size", 1),
        ("segmenter.epochs", 1),
        ("segmenter.steps_per_epoch", 1),
        ("segmenter.batch_size", 1),
    ],
)
def test_numbers_that_tensorflow_cannot_count_are_refused(written, key, least):
    path = written("name: a")
    huge = "99999999999999999999"
    assert problems_of(path, [f"{key}={huge}"]) == [f"{key}: must be at most 1000000, not {huge}"]
    (sentence,) = problems_of(path, [f"{key}={least - 1}"])
    assert sentence == f"{key}: must be at least {least}, not {least - 1}"
    load_config(path, [f"{key}=1000000"])


def test_all_wrong_overrides_are_told_together(written):
    assert len(problems_of(written("name: a"), ["a", "b", "seed=[1"])) == 3


def test_a_file_that_is_not_there(tmp_path, written):
    written("name: a", "workpiece.yaml")
    wrong = tmp_path / "workpeice.yaml"
    (sentence,) = problems_of(wrong)
    assert sentence == f"there is no such file; did you mean '{tmp_path / 'workpiece.yaml'}'?"
    assert problems_of(tmp_path) == ["cannot be read: Is a directory"]


def test_a_row_has_no_rows_and_keeps_the_rest():
    config = parse_config({"name": "a", "seed": 3, "evaluation": {"rows": {"x": {"seed": 4}}}})
    row = row_of(config, {"guidance.alpha": 0.0, "data.budget.masks": "all"})
    assert row.evaluation.rows == {}
    assert (row.seed, row.guidance.alpha, row.data.budget.masks) == (3, 0.0, "all")
    assert row.guidance.omega == config.guidance.omega
