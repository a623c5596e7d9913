"""A study in one table: what is compared, and what cannot be."""

import csv
import json
from dataclasses import replace

import pytest

from gain_tf.config import parse_config, write_config
from gain_tf.config.load import changed
from gain_tf.errors import UserError
from gain_tf.studies.curves import budget_curve, robustness_curve
from gain_tf.studies.gather import gather, write_csv
from gain_tf.studies.heading import Heading
from gain_tf.studies.markdown import markdown
from gain_tf.studies.pareto import pareto, pareto_front
from gain_tf.studies.plan import Cell
from gain_tf.studies.summary import summarised


def test_a_difference_is_paired_by_image_whatever_their_order(judged):
    rows = summarised(
        [
            judged("baseline", 1, {"x": True, "y": False}),
            judged("baseline", 2, {"y": False, "x": True}),
            judged("guided", 1, {"x": True, "y": True}),
            judged("guided", 2, {"y": True, "x": False}),
        ]
    )
    guided = next(row for row in rows if row.name == "guided")
    assert guided.difference is not None
    assert guided.difference.by_seed == (0.5, 0.0)


@pytest.mark.parametrize("late", ["baseline", "guided"])
def test_runs_of_changed_data_are_not_compared(judged, late):
    images = {"baseline": {"x": True}, "guided": {"x": True}}
    later = images | {late: {"x": True, "z": True}}
    runs = [judged(row, seed, of[row]) for seed, of in ((1, images), (2, later)) for row in of]
    with pytest.raises(UserError, match=rf"{late}-2-None: was judged on other images than"):
        summarised(runs)


def test_seeds_that_were_trained_on_changed_data_are_not_averaged(judged):
    train = {"images": 8, "sha256": "aa"}
    more = {"images": 9, "sha256": "bb"}
    runs = [
        replace(judged("guided", seed, {"x": True}), begun_with={"train": split, "test": train})
        for seed, split in ((1, train), (2, train), (3, more))
    ]
    assert summarised(runs[:2])[0].seeds == (1, 2)
    # Of a run that does not say it is not known.
    assert len(summarised([*runs[:2], replace(runs[2], begun_with=None)])[0].seeds) == 3
    said = r"guided-3-None: was begun with other images or labels in train than .*guided-1-None: "
    with pytest.raises(UserError, match=said):
        summarised(runs)
    # Another point of the grid may be one of other data.
    assert len(summarised([*runs[:2], replace(runs[2], point={"data.shapes.bias": 1})])) == 2


@pytest.mark.parametrize("rest", ["bias", "data.budget.noise"])
def test_a_budget_is_drawn_a_line_for_each_point_of_the_rest(judged, rest):
    points = [{rest: value, "data.budget.boxes": boxes} for value in (0, 1) for boxes in (4, 8)]
    runs = [
        judged("guided", 1, {"x": True}, point=point, annotated=point["data.budget.boxes"])
        for point in points
    ]
    figure = budget_curve(summarised(runs))
    assert figure is not None
    lines = {
        text.get_text(): list(line.get_xdata())
        for text, line in zip(
            figure.legends[0].get_texts(),
            [container.lines[0] for container in figure.axes[0].containers],
            strict=True,
        )
    }
    name = rest.rpartition(".")[2]
    assert lines == {f"guided, {name} 0": [4, 8], f"guided, {name} 1": [4, 8]}


def test_accuracy_against_energy_is_a_point_a_row(judged):
    runs = [
        judged("baseline", 1, {"x": True, "y": False}, energy=0.25),
        judged("guided", 1, {"x": True, "y": True}, energy=0.5),
        judged("without a map", 1, {"x": True, "y": True}),
    ]
    figure = pareto(summarised(runs))
    assert figure is not None
    (axes,) = figure.axes
    points = [(*bars.lines[0].get_xdata(), *bars.lines[0].get_ydata()) for bars in axes.containers]
    assert points == [(25, 50), (50, 100)]
    assert axes.get_xlabel() == "energy in mask, per cent"
    assert axes.get_ylabel() == "accuracy, per cent"


def test_the_front_are_the_rows_that_no_other_exceeds_in_both():
    points = [(10.0, 90.0), (30.0, 80.0), (20.0, 80.0), (30.0, 20.0), (40.0, 50.0), (5.0, 90.0)]
    assert pareto_front(points) == [(10, 90), (30, 80), (40, 50)]
    assert pareto_front([(1.0, 1.0), (1.0, 1.0)]) == [(1, 1)]


def drawn(axes):
    """The lines of axes by their names, as lists of points."""
    handles, names = axes.get_legend_handles_labels()
    lines = [getattr(handle, "lines", [handle])[0] for handle in handles]
    return {
        name: list(zip(line.get_xdata(), line.get_ydata(), strict=True))
        for name, line in zip(names, lines, strict=True)
    }


def test_careless_annotation_is_drawn_a_line_for_each_exact_row(judged):
    def noisy(row, noise, right, exact="guided"):
        run = judged(row, 1, {"x": right > 0, "y": right > 1})
        return replace(run, noise=noise, exact=exact)

    plain = judged("baseline", 1, {"x": True, "y": False}, annotated=0)
    exact = noisy("guided", 0.0, 2)
    rows = [plain, exact, noisy("noise-30", 0.3, 0), noisy("noise-10", 0.1, 1)]
    figure = robustness_curve(summarised([*rows, noisy("swap", 0.0, 1, "swap")]))
    assert figure is not None
    lines = drawn(figure.axes[0])
    assert lines.pop("baseline") == [(0, 50), (1, 50)]
    assert lines == {"guided": [(0, 100), (10, 50), (30, 0)]}
    assert robustness_curve(summarised([plain, exact])) is None


def test_careless_annotation_may_be_the_grid_of_a_study(judged):
    noise, boxes = "data.budget.noise", "data.budget.boxes"
    runs = [
        replace(
            judged("guided", 1, {"x": True}, point={noise: share, boxes: count}, annotated=count),
            noise=share,
        )
        for share in (0.0, 0.5)
        for count in (4, 8)
    ]
    figure = robustness_curve(summarised(runs))
    assert figure is not None
    assert drawn(figure.axes[0]) == {
        f"guided, boxes {count}": [(0, 100), (50, 100)] for count in (4, 8)
    }


def test_every_other_test_split_has_its_accuracy(judged, tmp_path):
    def on(accuracy):
        return {"splits": {"unbiased": {"classification": {"accuracy": accuracy}}}}

    plain = judged("baseline", 1, {"x": True, "y": False})
    runs = [judged("guided", seed, {"x": True, "y": False}) for seed in (1, 2)]
    runs = [
        replace(run, figures=run.figures | on(accuracy))
        for run, accuracy in zip(runs, (0.5, 0.75), strict=True)
    ]
    heading = Heading("some", "gain-tf study some.yaml", (1, 2), 2, "test", "")
    head, _, first, second = markdown(heading, summarised([plain, *runs])).splitlines()[-4:]
    assert head == "| row | seeds | accuracy | accuracy on unbiased | accuracy over plain |"
    assert first == "| baseline | 1 | 50.0 | - | - |"
    assert second.startswith("| guided | 1, 2 | 50.0 ± 0.0 | 62.5 ± 17.7 | ")

    write_csv([plain, *runs], tmp_path / "study.csv")
    with (tmp_path / "study.csv").open(newline="", encoding="utf-8") as file:
        column = [line["splits.unbiased.classification.accuracy"] for line in csv.DictReader(file)]
    assert column == ["", "0.5", "0.75"]


@pytest.mark.parametrize(
    ("chosen_on", "said"),
    [
        (None, ["is told apart."]),
        (
            "validation",
            ["is told apart.", "Each row's threshold of IoU was chosen on the validation split."],
        ),
        (
            "test",
            [
                "is told apart.",
                "Each row's threshold of IoU was chosen on the test split, the one reported here: "
                "it is somewhat flattered.",
            ],
        ),
    ],
)
def test_a_study_says_on_which_split_the_thresholds_were_chosen(judged, chosen_on, said):
    rows = summarised([judged("baseline", 1, {"x": True, "y": False})])
    heading = Heading("some", "gain-tf study some.yaml", (1,), 2, "test", "", chosen_on)
    assert markdown(heading, rows).split("\n\n")[1].endswith(" ".join(said))


def test_a_row_is_held_against_its_own_rolled_control(judged):
    images = ("x", "y", "z", "w")

    def right(count):
        return {name: number < count for number, name in enumerate(images)}

    counts = {"baseline": (1, 1), "swap": (4, 3), "swap-rolled": (2, 2)}
    runs = [judged(row, seed, right(of[seed - 1])) for seed in (1, 2) for row, of in counts.items()]
    runs = [replace(run, control="swap-rolled") if run.row == "swap" else run for run in runs]
    rows = {row.name: row for row in summarised(runs)}
    found = rows["swap"].over_control
    assert found is not None
    assert found.by_seed == (0.5, 0.25)
    assert rows["swap-rolled"].over_control is rows["baseline"].over_control is None
    heading = Heading("some", "gain-tf study some.yaml", (1, 2), 4, "test", "")
    lines = markdown(heading, list(rows.values())).splitlines()
    assert lines[-5].endswith("| accuracy over plain | over its rolled control |")
    assert lines[-3].endswith("| - | - |")
    assert " +37.5 [" in lines[-2].split("|")[-2]


def finished(config, *rows):
    """Leave what a finished run leaves, in the folders of its rows; "" is the run's own."""
    folder = config.run.root / "base" / "first"
    for row in ("", *rows):
        (folder / row).mkdir(parents=True, exist_ok=True)
    write_config(config, folder / "config.yaml")
    (folder / "report.html").touch()
    for row in rows:
        (folder / row / "evaluation.json").write_text('{"classification": {"accuracy": 0.5}}')
    return folder


def test_a_control_differs_in_where_annotation_lies_alone(tmp_path):
    rolled = {"data.budget.placement": "rolled"}
    config = parse_config(
        {
            "name": "base",
            "data": {"budget": {"masks": 3}},
            "evaluation": {
                "control": True,
                "rows": {
                    "swap": {"data.background_swap": 0.5},
                    "swap-rolled": {"data.background_swap": 0.5, **rolled},
                    "more-rolled": {"data.budget.masks": 4, **rolled},
                    "shuffled": {"data.budget.placement": "shuffled"},
                },
            },
            "run": {"root": str(tmp_path)},
        }
    )
    names = ("baseline", "", "control", "swap", "swap-rolled", "more-rolled", "shuffled")
    folder = finished(config, *names)
    splits = {"train": {"images": 3, "sha256": "aa"}}
    (folder / "classes.json").write_text(json.dumps({"class_names": ["a"], "splits": splits}))
    found = gather([Cell({}, 1, config)])
    assert all(each.begun_with == splits for each in found)
    controls = {each.row: each.control for each in found}
    assert controls == {
        "baseline": None,
        "guided": "control",
        "control": None,
        "swap": "swap-rolled",
        "swap-rolled": None,
        "more-rolled": None,
        "shuffled": None,
    }


def test_a_careless_row_knows_which_one_is_exact(tmp_path):
    config = parse_config(
        {
            "name": "base",
            "data": {"budget": {"masks": 3}},
            "evaluation": {
                "baseline": False,
                "rows": {
                    "noise-10": {"data.budget.noise": 0.1},
                    "more careless": {"data.budget.masks": 4, "data.budget.noise": 0.2},
                },
            },
            "run": {"root": str(tmp_path)},
        }
    )
    finished(config, "", "noise-10", "more careless")
    found = {each.row: (each.noise, each.exact) for each in gather([Cell({}, 1, config)])}
    assert found == {
        "guided": (0, "guided"),
        "noise-10": (0.1, "guided"),
        "more careless": (0.2, ""),
    }


@pytest.mark.parametrize(
    ("changes", "annotated"),
    [
        ({}, 7),
        ({"guidance.kind": "box"}, 4),
        ({"guidance.omega": 0}, 0),
        ({"guidance.kind": "box", "data.budget.boxes": "all"}, None),
        ({"guidance.kind": "pixel", "data.budget.boxes": "all"}, 3),
        # What is swapped in before another background is found by either.
        ({"guidance.kind": "box", "data.background_swap": 0.5}, 7),
    ],
)
def test_annotation_that_guides_nothing_is_not_counted(tmp_path, changes, annotated):
    config = parse_config(
        {
            "name": "base",
            "data": {"budget": {"masks": 3, "boxes": 4}},
            "evaluation": {"baseline": False},
            "run": {"root": str(tmp_path)},
        }
    )
    config = changed(config, changes, "test")
    finished(config, "")
    (found,) = gather([Cell({}, 1, config)])
    assert (found.row, found.annotated) == ("guided", annotated)
