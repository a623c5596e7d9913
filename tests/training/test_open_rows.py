"""Finished rows of a run, opened."""

import pytest
from support import tiny_config

from gain_tf.data.registry import load_data
from gain_tf.errors import UserError
from gain_tf.training.open_rows import load_row, load_segmenter, open_run
from gain_tf.training.run_classes import write_classes
from gain_tf.training.run_folder import run_folder

# Keras 3.15 hands NumPy 2 its variables in a way that is to go.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def config(tmp_path, **changes):
    return tiny_config(run={"root": str(tmp_path), "resume": False}, **changes)


def test_what_is_no_finished_run(tmp_path):
    with pytest.raises(UserError, match="is no run folder"):
        open_run(tmp_path)
    folder = run_folder(config(tmp_path))
    with pytest.raises(UserError, match=r"has no model.keras; the run is not finished"):
        open_run(folder)
    with pytest.raises(UserError, match="has no row 'baseline'; it has guided"):
        open_run(folder, "baseline")


def test_a_row_with_images_of_its_own_size_has_the_pictures_of_the_run(tmp_path, make_gain):
    rows = {"large": {"data.image_size": [16, 16]}}
    folder = run_folder(config(tmp_path, data__image_size=[8, 8], evaluation__rows=rows))
    (folder / "large").mkdir()
    make_gain().save(folder / "large" / "model.keras")
    opened = open_run(folder, "large")
    assert opened.config.data.image_size == (16, 16)
    # Rendered pictures: as large as they were when the run was trained and judged.
    assert opened.data.splits["test"].pictures.image(0).shape == (8, 8, 3)
    with pytest.raises(UserError, match=r"has no classes\.json"):
        load_row(folder, "large")
    write_classes(folder, load_data(tiny_config().data))
    assert load_row(folder, "large", ["cues.threshold=0.5"]).config.cues.threshold == 0.5


def test_a_row_without_a_segmenter(tmp_path):
    with pytest.raises(UserError, match=r"guided trains no segmenter \(segmenter.network\)"):
        load_segmenter(run_folder(config(tmp_path)))
