"""Model files come from anybody: nothing in them is run, nothing is written elsewhere."""

import tempfile
import zipfile

import keras
import numpy as np
import pytest

from gain_tf.data.decode import UnreadableImageError
from gain_tf.data.saliency import read_map
from gain_tf.errors import UserError
from gain_tf.models.gain import GAIN
from gain_tf.models.loading import load_gain
from gain_tf.models.weights import load_file

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def small(*extra):
    features = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3), *extra], name="features"
    )
    head = keras.Sequential(
        [keras.Input((6, 6, 4)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)]
    )
    return GAIN(features, head, alpha=0, omega=0)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.keras"
    small().save(path)
    return path


def repacked(path, changes, added=()):
    """Write the parts of a saved file anew, some of them changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**parts, **changes, **dict(added)}.items():
            if content is not None:
                archive.writestr(name, content)


def test_code_in_a_model_is_refused_and_not_run(tmp_path):
    marker = tmp_path / "was here"
    model = small(
        keras.layers.Lambda(
            lambda x, place=str(marker): (__import__("pathlib").Path(place).touch(), x)[1]
        )
    )
    # Building the model has run it: the attack leaves its mark.
    marker.unlink()
    model.save(tmp_path / "model.keras")
    model.features.save(tmp_path / "features.keras")
    with pytest.raises(UserError, match=r"model.keras: is no model that can .*[Ll]ambda"):
        load_gain(tmp_path / "model.keras")
    with pytest.raises(ValueError, match=r"features.keras does not hold the weights of features"):
        load_file(small().features, tmp_path / "features.keras")
    assert not marker.exists()


def test_nothing_is_unpacked_outside_of_its_folder(saved, tmp_path, monkeypatch):
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(inner))
    outside = {f"{'../' * up}evil.txt": b"x" for up in range(1, 4)}
    repacked(saved, {}, {**outside, str(tmp_path / "absolute/evil.txt"): b"x"}.items())
    with pytest.warns(UserWarning, match="Skipping invalid path"):
        load_gain(saved)
    assert [path.name for path in tmp_path.rglob("*evil*")] == []


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-200]), id="cut off"),
        pytest.param(
            lambda path: path.write_bytes(path.read_bytes().replace(b'"GAIN"', b'"GAIM"')),
            id="checksum",
        ),
        pytest.param(lambda path: repacked(path, {"config.json": b"[]"}), id="another config"),
        pytest.param(lambda path: repacked(path, {"config.json": b"{"}), id="no JSON"),
        pytest.param(lambda path: repacked(path, {"config.json": None}), id="no config"),
        pytest.param(lambda path: repacked(path, {"model.weights.h5": b"HDF"}), id="no weights"),
    ],
)
def test_damaged_files_are_a_sentence(saved, damage):
    assert isinstance(load_gain(saved), GAIN)
    damage(saved)
    with pytest.raises(UserError, match=r"model.keras: is no model that can be loaded: "):
        load_gain(saved)
    with pytest.raises(ValueError, match=r"model.keras does not hold the weights of features"):
        load_file(small().features, saved)


def test_a_damaged_tree_of_weights_is_a_sentence(saved):
    """HDF5 answers with a bare RuntimeError."""
    with zipfile.ZipFile(saved) as archive:
        weights = archive.read("model.weights.h5")
    assert b"TREE" in weights
    repacked(saved, {"model.weights.h5": weights.replace(b"TREE", b"EERT")})
    with pytest.raises(UserError, match=r"model.keras: is no model that can be loaded: "):
        load_gain(saved)


def test_a_pickle_is_no_array(tmp_path):
    path = tmp_path / "map.npy"
    np.save(path, np.array([{}], object))
    with pytest.raises(UnreadableImageError, match="allow_pickle=False"):
        read_map(path)
