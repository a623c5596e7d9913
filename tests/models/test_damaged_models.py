"""Whatever is wrong with a model file: it is loaded, or the sentence names it."""

import errno
import json
import zipfile

import keras
import pytest
from damaged_models import damaged_model
from permissions import denied
from support import tiny_segmenter

import gain_tf
from gain_tf.errors import FailedError, UserError
from gain_tf.models.loading import load_gain, load_saved
from gain_tf.models.weights import load_file

SEEDS = range(48)

# Keras warns of much in a config before it stumbles over it.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A classifier, a segmenter and a network alone, as they are saved."""
    folder = tmp_path_factory.mktemp("whole")
    classifier = gain_tf.GAIN("small_cnn", classes=3, head="gap", image_size=(16, 16), weights=None)
    segmenter = tiny_segmenter(3)
    for model, name in ((classifier, "gain.keras"), (segmenter, "segmenter.keras")):
        model.compile(keras.optimizers.SGD(0.1, momentum=0.9))
        model.save(folder / name)
    classifier.features.save(folder / "network.keras")
    return folder


def place(files, tmp_path, name, seed):
    content, done = damaged_model((files / name).read_bytes(), seed)
    path = tmp_path / name
    path.write_bytes(content)
    return path, done


def said(kind, action):
    """What an action says where it raises an error of a kind; None where it does not."""
    try:
        action()
    except kind as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("name", "kind"),
    [("gain.keras", gain_tf.GAIN), ("segmenter.keras", gain_tf.WeakSegmenter)],
)
def test_a_damaged_model_is_a_sentence(files, tmp_path, name, kind):
    refused = 0
    for seed in SEEDS:
        path, done = place(files, tmp_path, name, seed)
        sentence = said(UserError, lambda path=path: load_saved(path, kind))
        if sentence is not None:
            refused += 1
            assert sentence.startswith(f"{path}: "), done
            assert len(sentence.splitlines()) == 1
    assert refused > len(SEEDS) / 2


def test_a_damaged_network_is_a_sentence(files, tmp_path):
    network, refused = keras.saving.load_model(files / "network.keras"), 0
    for seed in SEEDS:
        path, done = place(files, tmp_path, "network.keras", seed)
        sentence = said(ValueError, lambda path=path: load_file(network, path))
        assert sentence in (None, f"{path} does not hold the weights of {network.name}"), done
        refused += sentence is not None
    assert refused > len(SEEDS) / 2


def changed(files, tmp_path, change):
    """A classifier whose config says something else."""
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(files / "gain.keras") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config["config"])
                content = json.dumps(config)
            new.writestr(name, content)
    return path


@pytest.mark.parametrize("key", ["head", "backbone"])
def test_a_network_that_is_a_number_is_a_sentence(files, tmp_path, key):
    path = changed(files, tmp_path, lambda config: config.update({key: 3}))
    with pytest.raises(UserError, match=r"model\.keras: is no model that can be loaded: "):
        load_gain(path)


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (MemoryError("Unable to allocate 9 TiB"), FailedError, "the memory of this machine is"),
        (ValueError("Unable to allocate 9 TiB"), FailedError, "the memory of this machine is"),
        (OSError(errno.EIO, "Input/output error"), UserError, "no model that can be loaded"),
    ],
)
def test_what_the_file_cannot_help_is_no_damage(files, monkeypatch, error, kind, message):
    """Who has an older checkpoint must not go on from that one; Keras quotes what weights raise."""

    def fails(self, store):
        raise error

    monkeypatch.setattr(keras.layers.Conv2D, "load_own_variables", fails)
    with pytest.raises(kind, match=message):
        load_gain(files / "gain.keras")


def test_a_file_that_may_not_be_read_is_no_damaged_one(files):
    path = files / "gain.keras"
    with denied(path, 0), pytest.raises(PermissionError):
        load_gain(path)


def test_no_room_for_a_model_is_no_damage(files, tmp_path):
    """Who has an older checkpoint must not go on from that one."""

    def vast(config):
        for layer in config["backbone"]["config"]["layers"]:
            layer["config"].update({"filters": 1 << 46} if "filters" in layer["config"] else {})

    path = changed(files, tmp_path, vast)
    with pytest.raises(FailedError, match=r"model\.keras: cannot be loaded: the memory of .* is"):
        load_gain(path)
