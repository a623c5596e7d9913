from dataclasses import replace
from pathlib import Path

import pytest

from gain_tf.report import words
from gain_tf.report.result import RowResult


def row(name, balanced, interval=None, energy=None):
    figures = {
        "split": "test",
        "classification": {
            "balanced_accuracy": balanced,
            "intervals": {"balanced_accuracy": interval},
        },
    }
    if energy is not None:
        figures["attention"] = {
            "energy_in_mask": energy,
            "mask_area": 0.126,
            "zero_maps": 0.02,
            "iou_threshold": 0.25,
            "iou_threshold_chosen_on": "validation",
            "intervals": {},
        }
    return RowResult(name, {}, Path(), figures)


def test_intervals_apart_say_yes_but_only_on_these_images():
    said = words.against_baseline(
        [row("baseline", 0.27, (0.24, 0.30)), row("guided", 0.42, (0.38, 0.46))]
    )
    assert "On these images, yes" in said
    assert "42.0 % balanced accuracy against 27.0 %" in said
    assert "15.0 points more" in said
    assert "do not overlap" in said


def test_intervals_that_overlap_leave_it_open():
    said = words.against_baseline(
        [row("baseline", 0.70, (0.60, 0.80)), row("guided", 0.72, (0.62, 0.82))]
    )
    assert "Perhaps" in said
    assert "by these alone, other test images could turn it round" in said
    # Rows that answer alike may differ for sure though their own intervals overlap.
    assert "within" not in said


def test_intervals_that_touch_overlap():
    found = words.difference(
        row("guided", 0.5, (0.4, 0.6)).figures,
        row("baseline", 0.7, (0.6, 0.8)).figures,
        "classification",
        "balanced_accuracy",
    )
    assert found is not None
    assert found.overlap
    assert found.points == -20.0


@pytest.mark.parametrize(
    ("guided", "intervals", "start"),
    [
        (0.2, ((0.1, 0.3), (0.6, 0.8)), "No, it is worse: 20.0 %"),
        (0.6, ((0.5, 0.7), (0.6, 0.8)), "No: 60.0 %"),
        (0.7, ((0.6, 0.8), (0.6, 0.8)), "No: 70.0 %"),
    ],
)
def test_what_is_not_better_is_called_so(guided, intervals, start):
    said = words.against_baseline(
        [row("baseline", 0.7, intervals[1]), row("guided", guided, intervals[0])]
    )
    assert f"Does the guided network beat the plain one? {start}" in said


def test_without_intervals_none_is_claimed():
    said = words.against_baseline([row("baseline", 0.5), row("guided", 0.6)])
    assert said.endswith("No intervals were computed.")


def test_without_baseline_nothing_is_said_of_guidance():
    assert "cannot be said" in words.against_baseline([row("guided", 0.6)])


def test_without_control_a_gain_may_be_regularisation():
    results = [row("baseline", 0.5), row("guided", 0.6)]
    said = words.against_control(results, annotated=True)
    assert "may be mere regularisation" in said


def test_rolled_annotation_is_the_control_whatever_it_is_called():
    control = row("control", 0.58)
    rolled = replace(control, name="rolled", changes={"data.budget.placement": "rolled"})
    results = [row("guided", 0.6), rolled]
    assert "Does it beat its control" in words.against_control(results, annotated=True)
    assert words.other_rows(results) == []
    assert len(words.other_rows([*results, row("swap", 0.5)])) == 1


def test_a_control_that_is_not_beaten_clearly_keeps_the_doubt():
    close = [row("guided", 0.6, (0.5, 0.7)), row("control", 0.58, (0.48, 0.68))]
    clear = [row("guided", 0.6, (0.5, 0.7)), row("control", 0.3, (0.2, 0.4))]
    unknown = [row("guided", 0.6), row("control", 0.3)]
    assert "mere regularisation" in words.against_control(close, annotated=True)
    assert "mere regularisation" in words.against_control(unknown, annotated=True)
    assert "mere regularisation" not in words.against_control(clear, annotated=True)


def test_without_annotation_there_is_nothing_to_roll():
    results = [row("guided", 0.6), row("control", 0.6)]
    assert "nothing a control could move" in words.against_control(results, annotated=False)


def test_attention_stands_beside_the_area():
    results = [row("baseline", 0.5, energy=0.27), row("guided", 0.6, energy=0.41)]
    said = " ".join(words.about_attention(results))
    assert "41.0 % of the guided network's attention" in said
    assert "12.6 % of the image" in said
    assert "27.0 % of baseline's" in said
    assert "no proof" in said


def test_attention_that_was_not_judged():
    assert "not judged" in words.about_attention([row("guided", 0.6)])[0]


def test_the_threshold_names_its_split():
    figures = row("guided", 0.6, energy=0.4).figures
    assert "chosen on the validation split" in words.about_threshold(figures)
    assert "0.25" in words.about_threshold(figures)
    figures["split"] = "validation"
    assert "flattered" in words.about_threshold(figures)
    assert words.about_threshold(row("guided", 0.6).figures) is None


def test_other_rows_are_held_against_guided():
    results = [row("baseline", 0.5), row("guided", 0.6), row("swap", 0.7)]
    (said,) = words.other_rows(results)
    assert said.startswith("Does it beat swap? No: 60.0 %")
