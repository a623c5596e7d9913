import base64
import io
import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gain_tf.config import Config, write_config
from gain_tf.data.dataset import ArrayPictures, DataSet, Split
from gain_tf.errors import UserError
from gain_tf.evaluation.evaluate import evaluate_model
from gain_tf.evaluation.evaluation_files import read_predictions, write_predictions
from gain_tf.report.confusion import read_verdicts
from gain_tf.report.examples import answers, choose
from gain_tf.report.page import percent, write_report
from gain_tf.report.result import RowResult

NAMES = ("a", "b <c>", "$d$")
SIDE = 8


def make_split(labels):
    count = len(labels)
    random = np.random.default_rng(0)
    masks = np.zeros((count, SIDE, SIDE), np.uint8)
    masks[:, 2:5, 3:7] = labels.argmax(axis=1)[:, None, None] + 1
    return Split(
        ids=[f"image-{n}" for n in range(count)],
        labels=labels,
        pictures=ArrayPictures(random.integers(0, 255, (count, SIDE, SIDE, 3), np.uint8), masks),
        mask_shows=np.eye(3, dtype=bool)[labels.argmax(axis=1)],
        boxes=[np.array([[0.25, 0.375, 0.625, 0.875]], np.float32)] * count,
        box_labels=[labels.argmax(axis=1)[n : n + 1].astype(np.int32) for n in range(count)],
    )


@pytest.fixture(scope="module", params=[True, False], ids=["single", "multi"])
def data(request):
    labels = np.eye(3, dtype=np.float32)[np.arange(9) % 3]
    if not request.param:
        labels[0] = 1
    split = make_split(labels)
    return DataSet(
        "toys", NAMES, {"train": split, "validation": split}, request.param, about={"source": "s"}
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory, data, make_gain):
    run = tmp_path_factory.mktemp("run")
    config = Config.model_validate(
        {
            "name": "try",
            "data": {"image_size": (SIDE, SIDE), "batch_size": 4, "budget": {"boxes": 3}},
            "evaluation": {"figures": 7, "intervals": 20, "faithfulness": 3},
        }
    )
    write_config(config, run / "config.yaml")
    results, models = [], {}
    for name in ("baseline", "guided"):
        folder = run if name == "guided" else run / name
        folder.mkdir(exist_ok=True)
        activation = "softmax" if data.single_label else "sigmoid"
        models[name] = make_gain(activation=activation)
        figures, predictions = evaluate_model(models[name], config, data)
        write_predictions(predictions, data, folder / "predictions.csv")
        (folder / "metrics.csv").write_text("epoch,loss,val_loss\n1,2.0,3.0\n2,1.0,\n")
        changes = {} if name == "guided" else {"guidance.alpha": 0.0}
        results.append(RowResult(name, changes, folder, figures))
    write_report(run, config, data, results, models)
    return run, (run / "report.html").read_text(encoding="utf-8"), results


def addresses(page):
    return re.findall(r'(?:src|href)="([^"]*)"', page)


def test_the_page_needs_no_other_file(report):
    _, page, _ = report
    assert addresses(page)
    for address in addresses(page):
        kind, content = re.fullmatch(r"data:image/(png|jpeg);base64,(.+)", address).groups()
        with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
            picture.load()
            assert picture.format.lower() == kind
    assert not re.search(r"https?://|<script|<link|@import|url\(", page)


def test_pictures_lie_in_the_folder(report):
    folder, page, _ = report
    for name in ("attention.png", "curves.png", "confusion_matrix.png", "reliability.png"):
        with Image.open(folder / name) as picture:
            picture.load()
    # A matrix a row, the curves, reliability, and seven images in sheets of five.
    assert len(addresses(page)) == 2 + 1 + 1 + 2
    assert not list(folder.rglob(".writing-*"))


def test_the_page_has_the_figures_the_words_and_the_config(report):
    folder, page, results = report
    for result in results:
        balanced = result.figures["classification"]["balanced_accuracy"]
        assert f"<td>{percent(balanced)}" in page
        assert percent(result.figures["attention"]["energy_in_mask"]) in page
        assert f"<td>{percent(result.figures['faithfulness']['deletion'])}</td>" in page
        assert f"<td>{percent(result.figures['classification']['calibration_error'])}</td>" in page
        assert (
            f"<td>{result.figures['attention']['energy_lift']:.1f} \N{MULTIPLICATION SIGN}</td>"
            in page
        )
    for text in (
        "Does the guided network beat the plain one?",
        "may be mere regularisation",
        "one seed",
        "guidance.alpha: 0.0",
        f"gain-tf fit --config {folder}/config.yaml",
        "learning_rate: 0.01",
    ):
        assert text in page


def test_the_page_says_what_balanced_means(report, data):
    page = " ".join(report[1].split())
    assert ("mean of the classes' recalls" in page) == data.single_label
    assert ("mean of recall and specificity" in page) != data.single_label


def test_a_control_is_asked_for_only_where_something_guides(report, data, make_gain, tmp_path):
    """Three images keep their boxes, but only masks may guide."""
    _, page, results = report
    guided = next(result for result in results if result.name == "guided")
    assert "No control was trained" in page
    config = Config.model_validate(
        {
            "name": "try",
            "data": {"image_size": (SIDE, SIDE), "batch_size": 4, "budget": {"boxes": 3}},
            "guidance": {"kind": "pixel"},
            "evaluation": {"figures": 0},
        }
    )
    write_report(tmp_path, config, data, [guided], {"guided": make_gain()})
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "No control was trained" not in page
    assert "No mask or box guides this network" in page


def test_the_page_says_with_what_else_a_run_went_on(report, data, make_gain, tmp_path):
    _, _, results = report
    guided = next(result for result in results if result.name == "guided")
    resumed = [{"started": "2026-01-01"}, {"started": "2026-02-02", "gain_tf": "9.9"}]
    environment = {"seed": 1, "gain_tf": "0.1", "resumed": resumed}
    (tmp_path / "environment.json").write_text(json.dumps(environment))
    config = Config.model_validate({"name": "try", "evaluation": {"figures": 0}})
    write_report(tmp_path, config, data, [guided], {"guided": make_gain()})
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "2026-02-02, with other gain-tf" in page
    assert "2026-01-01" not in page


def test_groups_that_are_not_there_have_no_column(report):
    _, page, _ = report
    assert "<th>calibration error</th>" in page
    assert "<th>worst group</th>" not in page


def test_class_names_are_escaped(report):
    _, page, _ = report
    assert "b &lt;c&gt;" in page
    assert "<c>" not in page


def test_the_page_is_written_last(tmp_path, data, make_gain):
    with pytest.raises(FileNotFoundError):
        write_report(
            tmp_path,
            Config(name="try"),
            data,
            [RowResult("guided", {}, tmp_path, {})],
            {"guided": make_gain()},
        )
    assert not (tmp_path / "report.html").exists()


def test_verdicts_are_read_back(report, data):
    folder, _, results = report
    truth, verdicts = read_verdicts(
        folder / "predictions.csv", NAMES, single_label=data.single_label
    )
    np.testing.assert_array_equal(truth, data.splits["validation"].labels > 0.5)
    right = (truth == verdicts).all(axis=1).mean()
    assert right == pytest.approx(results[1].figures["classification"]["accuracy"])


def test_images_are_chosen_evenly_and_always_the_same():
    split = make_split(np.eye(3, dtype=np.float32)[[0, 0, 0, 0, 0, 0, 1, 1, 2]])
    chosen = choose(split, (), 6)
    assert [each.category for each in chosen] == [0, 0, 0, 1, 1, 2]
    assert chosen == choose(split, (), 6)
    assert len({each.image for each in chosen}) == 6
    assert len(choose(split, (), 100)) == 9
    assert {each.category for each in choose(split, (0,), 100)} == {1, 2}
    assert choose(split, (), 0) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_real_run_ends_with_its_page(tmp_path):
    from gain_tf.training.open_rows import load_row
    from gain_tf.training.run import fit_run

    config = Config.model_validate(
        {
            "name": "tiny",
            "data": {
                "image_size": (64, 64),
                "batch_size": 4,
                "budget": {"boxes": 4},
                "workpiece": {"train": 8, "validation": 4, "test": 8},
            },
            "model": {"weights": None},
            "training": {"epochs": 1, "steps_per_epoch": 1},
            "evaluation": {"control": True, "figures": 4, "intervals": 10},
            "run": {"root": tmp_path},
        }
    )
    folder = fit_run(config)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Does it beat its control" in page
    assert all(address.startswith("data:image/") for address in addresses(page))
    for name in ("attention.png", "curves.png", "confusion_matrix.png", "reliability.png"):
        assert (folder / name).is_file()
    loaded = load_row(folder, "baseline")
    assert loaded.class_names == ["0 degrees", "90 degrees", "180 degrees", "270 degrees"]
    assert loaded.single_label
    assert loaded.config.guidance.alpha == 0


def test_every_row_is_asked_at_its_own_size(data, make_gain, make_head):
    layers = keras.layers
    entry = keras.Input((None, None, 3))
    convolution = layers.Conv2D(4, 3, 2, "same", activation="softplus")
    pooled = layers.GlobalAveragePooling2D()
    large = make_gain(
        keras.Model(entry, convolution(entry)), make_head(pooled, side=None), activation="softmax"
    )
    models = {"guided": make_gain(activation="softmax"), "large": large}
    split = data.splits["validation"]
    shown = choose(split, (), 3)
    config = Config(name="a", data={"image_size": (SIDE, SIDE)})
    changes = {"guided": {}, "large": {"data.image_size": [16, 24]}}
    sizes = {name: RowResult(name, changes[name], Path(), {}).image_size(config) for name in models}
    found = answers(models, shown, split, data, sizes, batch_size=2)
    assert [answer.attention.shape for answer in found["guided"]] == 3 * [(4, 4)]
    assert [answer.attention.shape for answer in found["large"]] == 3 * [(8, 12)]
    # What is shown is what the network says of the image at that size.
    image = tf.image.resize(split.pictures.image(shown[0].image), (16, 24))[None]
    expected = large.attention(image, [shown[0].category])[0, 0]
    np.testing.assert_allclose(found["large"][0].attention, expected, rtol=0, atol=1e-4)


def test_damaged_predictions_are_a_sentence(tmp_path):
    path = tmp_path / "predictions.csv"
    text = "id,group,label,verdict\nx,x,a,a\ny,y,a,b\n"
    path.write_text(text)
    assert [row["verdict"] for row in read_predictions(path)] == ["a", "b"]
    (tmp_path / "evaluation.json").write_text('{"images": 2}')
    assert len(read_predictions(path)) == 2
    for damaged in (text[:-10], "id,group,label,verdict\nx,x,a,a\n", "", "\x00", "id\nx\ny\n"):
        path.write_text(damaged)
        with pytest.raises(UserError, match=r"predictions\.csv: is damaged; delete it"):
            read_predictions(path)
