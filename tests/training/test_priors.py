"""The foreground prior of a row: made by its starting network, once, and felt in training."""

import numpy as np
import pytest
from support import tiny_config

from gain_tf.config import ConfigError
from gain_tf.data.files import DataError
from gain_tf.data.pipeline import resize_image
from gain_tf.data.registry import load_data
from gain_tf.data.saliency import smoothed
from gain_tf.training.build import build_model
from gain_tf.training.history import read_history
from gain_tf.training.priors import weights_hash, with_prior
from gain_tf.training.train import annotated_split, train

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def data():
    return load_data(tiny_config().data)


@pytest.fixture
def config(tmp_path):
    def make(source="gradient", **changes):
        saliency = {"source": source, **changes.pop("saliency", {})}
        cache = str(tmp_path / "cache")
        return tiny_config(data__saliency=saliency, data__cache_folder=cache, **changes)

    return make


def never():
    raise AssertionError("the network is not needed")


def kept(config):
    return sorted(config.data.cache_folder.rglob("*.png"))


@pytest.mark.slow
def test_the_gradient_saliency_of_the_starting_network(config, data):
    settings = config()
    split, model = annotated_split(settings, data), build_model(settings, data, 1)
    found = with_prior(settings, split, lambda: model)
    boxed = np.flatnonzero(split.has_boxes)
    assert len(boxed) == len(kept(settings)) == 4
    for index in boxed:
        image = resize_image(split.pictures.image(index), (32, 32)).numpy()
        slopes = model.saliency(image[None], split.labels[[index]], median=True)[0]
        expected = smoothed(slopes, 16)
        np.testing.assert_allclose(found.saliency.map(index), expected, rtol=0, atol=0.6 / 255)
        assert found.saliency.map(index).max() == 1
    free = np.flatnonzero(~split.has_boxes)[0]
    assert not found.saliency.map(free).any()
    # The same again: nothing is made, not even after half a map was written.
    times = [path.stat().st_mtime_ns for path in kept(settings)]
    with_prior(settings, split, lambda: model)
    assert [path.stat().st_mtime_ns for path in kept(settings)] == times
    broken = kept(settings)[0]
    whole = broken.read_bytes()
    broken.write_bytes(whole[:30])
    with_prior(settings, split, lambda: model)
    assert broken.read_bytes() == whole
    # Other weights, other maps.
    before = weights_hash(model)
    model.head.layers[-1].bias.assign_add(np.ones(4, np.float32))
    assert weights_hash(model) != before
    with_prior(settings, split, lambda: model)
    assert len(kept(settings)) == 8


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "none"},
        {"guidance": {"kind": "box", "box_prior": "fill"}},
        {"guidance": {"kind": "box", "box_prior": "free"}},
        {"guidance": {"kind": "pixel"}},
        {"guidance": {"kind": "box", "omega": 0}},
        {"data__budget": {"masks": 4}},
    ],
)
def test_no_prior_where_none_is_wanted(config, data, changes):
    settings = config(**changes)
    split = annotated_split(settings, data)
    assert with_prior(settings, split, never) is split
    assert kept(settings) == []


def test_a_prior_that_nothing_makes(config):
    with pytest.raises(ConfigError, match=r"guidance.box_prior: saliency needs data.saliency.sou"):
        config("none", guidance={"box_prior": "saliency"})
    with pytest.raises(ConfigError, match=r"data.saliency: source: folder needs folder"):
        config("folder")


def test_maps_of_ones_own(config, data, tmp_path):
    settings = config("folder", saliency={"folder": str(tmp_path)})
    split = annotated_split(settings, data)
    with pytest.raises(DataError) as caught:
        with_prior(settings, split, never)
    assert len(caught.value.problems) == 4
    for index in np.flatnonzero(split.has_boxes):
        np.save(tmp_path / f"{split.ids[index]}.npy", np.full((4, 4), 0.5, np.float32))
    found = with_prior(settings, split, never)
    assert found.saliency.map(np.flatnonzero(split.has_boxes)[1]).max() == 0.5


@pytest.mark.slow
def test_training_feels_the_prior(config, data, tmp_path):
    guidance = {"kind": "box", "alpha": 0}
    first = {}
    for name, settings in {
        "fill": config(guidance={**guidance, "box_prior": "fill"}),
        "saliency": config(guidance={**guidance, "box_prior": "saliency"}),
    }.items():
        train(settings, data, tmp_path / name)
        first[name] = read_history(tmp_path / name / "metrics.csv")[0]
    # From the same start, on the same batch, with another foreground.
    assert first["fill"]["classification"] == pytest.approx(first["saliency"]["classification"])
    assert abs(first["fill"]["box_attention"] - first["saliency"]["box_attention"]) > 1e-3
