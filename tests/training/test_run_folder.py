"""`runs/NAME/TIME/`: made and found again."""

from dataclasses import replace

import numpy as np
import pytest
from support import tiny_config

from gain_tf.config import load_config
from gain_tf.data.part import part_of
from gain_tf.data.registry import load_data
from gain_tf.errors import UserError
from gain_tf.training.run_classes import read_classes, write_classes
from gain_tf.training.run_folder import (
    earlier_configs,
    finished_run,
    read_figures,
    row_folder,
    run_folder,
    take_up,
)


def config(tmp_path, *, resume=False, **changes):
    return tiny_config(run={"root": str(tmp_path), "resume": resume}, **changes)


def test_a_new_folder_every_time(tmp_path):
    one, two = (run_folder(config(tmp_path)) for _ in range(2))
    assert one != two
    assert one.parent == two.parent == tmp_path / "tiny"
    assert load_config(one / "config.yaml") == config(tmp_path)


def test_a_run_that_was_killed_before_its_config_was_written_is_none_to_go_on_with(tmp_path):
    folder = run_folder(config(tmp_path))
    assert run_folder(config(tmp_path, resume=True)) == folder
    (folder / "config.yaml").unlink()
    assert run_folder(config(tmp_path, resume=True)) != folder


def judged(folder, *rows, report=True):
    """Leave what finished rows leave."""
    for place in (folder, *(folder / row for row in rows)):
        place.mkdir(exist_ok=True)
        (place / "evaluation.json").write_text("{}")
        (place / "predictions.csv").touch()
    if report:
        (folder / "report.html").write_text("done")


def test_resume_finds_the_newest_unfinished_run_of_the_config(tmp_path):
    old, newest = (run_folder(config(tmp_path)) for _ in range(2))
    other = run_folder(config(tmp_path, seed=9))
    broken = tmp_path / "tiny" / "9999"
    broken.mkdir()
    (broken / "config.yaml").write_text("name: tiny\nold_key: 1\n")
    (tmp_path / "tiny" / "99999").write_text("a file")
    assert run_folder(config(tmp_path, resume=True)) == newest
    judged(newest)
    assert run_folder(config(tmp_path, resume=True)) == old
    assert run_folder(config(tmp_path, resume=True, seed=9)) == other
    judged(old)
    assert run_folder(config(tmp_path, resume=True)) not in (old, newest, other, broken)


def test_a_report_without_all_figures_is_no_finished_run(tmp_path):
    folder = run_folder(config(tmp_path))
    (folder / "report.html").write_text("done")
    assert finished_run(config(tmp_path)) is None
    judged(folder, report=False)
    assert finished_run(config(tmp_path)) == folder


SWAP = {"swap": {"data.background_swap": 0.5}}


def test_rows_are_added_to_a_run(tmp_path):
    few, more = config(tmp_path), config(tmp_path, resume=True, evaluation__rows=SWAP)
    folder = run_folder(few)
    assert run_folder(more) == folder
    judged(folder)
    before = (folder / "config.yaml").read_bytes()
    assert finished_run(few) == folder
    assert finished_run(more) is None
    assert run_folder(more) == folder
    take_up(folder, more)
    assert not (folder / "report.html").exists()
    assert load_config(folder / "config.yaml").evaluation.rows == more.evaluation.rows
    assert [path.read_bytes() for path in earlier_configs(folder)] == [before]
    # Whatever becomes of the new row, the run is finished for those who do not ask for it.
    assert finished_run(few) == folder
    assert finished_run(more) is None
    judged(folder, "swap")
    take_up(folder, more)
    assert finished_run(more) == finished_run(few) == folder
    assert run_folder(more) != folder
    assert len(earlier_configs(folder)) == 1


def test_the_run_with_most_rows_is_gone_on_with(tmp_path):
    half = run_folder(config(tmp_path, evaluation__rows=SWAP))
    judged(half, report=False)
    judged(run_folder(config(tmp_path)))
    assert run_folder(config(tmp_path, resume=True, evaluation__rows=SWAP)) == half


MASKS = {"masks": {"data.budget.masks": 3}}


def test_a_run_goes_on_with_its_finished_rows_when_the_config_lacks_them(tmp_path):
    folder = run_folder(config(tmp_path, evaluation__rows=SWAP))
    judged(folder, "swap")
    other = config(tmp_path, resume=True, evaluation__rows=MASKS)
    assert finished_run(other) is None
    assert run_folder(other) == folder
    whole = take_up(folder, other)
    assert list(whole.evaluation.rows) == ["masks", "swap"]
    assert load_config(folder / "config.yaml").evaluation.rows == MASKS | SWAP
    assert len(earlier_configs(folder)) == 1
    judged(folder, "masks")
    assert finished_run(other) == folder
    assert take_up(folder, other) == whole
    assert len(earlier_configs(folder)) == 1


def test_a_row_that_nobody_asks_for_any_more_is_not_finished(tmp_path):
    folder = run_folder(config(tmp_path, evaluation__rows=SWAP))
    judged(folder, report=False)
    assert run_folder(config(tmp_path, resume=True, evaluation__rows=MASKS)) != folder


def test_a_row_that_has_changed_makes_another_run(tmp_path):
    rows = [{"swap": {"data.background_swap": share}} for share in (0.5, 0.7)]
    old, new = (config(tmp_path, resume=True, evaluation__rows=each) for each in rows)
    assert run_folder(old) != run_folder(new)


def test_a_root_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match=r"run.root: the folder .* cannot be made: "):
        run_folder(config(tmp_path / "file"))


def test_the_guided_row_is_the_run_s_own(tmp_path):
    assert row_folder(tmp_path, "guided") == tmp_path
    assert row_folder(tmp_path, "baseline") == tmp_path / "baseline"


def test_figures_are_read_where_they_are(tmp_path):
    assert read_figures(tmp_path) is None
    (tmp_path / "evaluation.json").write_text('{"seed": 3}')
    assert read_figures(tmp_path) == {"seed": 3}


def test_a_run_goes_on_with_the_images_labels_and_annotation_it_was_begun_with(tmp_path):
    data = load_data(tiny_config().data)
    write_classes(tmp_path, data)
    write_classes(tmp_path, data)
    assert read_classes(tmp_path)["class_names"] == data.class_names
    train = data.splits["train"]
    others = {
        "other labels": replace(train, labels=1 - train.labels),
        "another image": replace(train, ids=["new", *train.ids[1:]]),
        "an image less": part_of(train, range(len(train) - 1)),
        "another box": replace(train, boxes=[train.boxes[0] / 2, *train.boxes[1:]]),
        "a mask less": replace(train, mask_shows=np.zeros_like(train.mask_shows)),
    }
    for split in others.values():
        changed = replace(data, splits={**data.splits, "train": split})
        with pytest.raises(UserError, match=r"begun with other .* in train: put the data back"):
            write_classes(tmp_path, changed)
