"""What a segmenter would fail for is known before its attention network is trained."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from support import tiny_config

from gain_tf.config import ConfigError
from gain_tf.data.files import DataError
from gain_tf.data.registry import load_data
from gain_tf.errors import UserError
from gain_tf.training.build_segmenter import check_segmenter
from gain_tf.training.run import fit_run


def config(**segmenter):
    small = {"network": "deeplab_efficientnet_lite0", "weights": None, "output_stride": 16}
    return tiny_config(segmenter={**small, **segmenter})


@pytest.fixture(scope="module")
def data():
    return load_data(config().data)


@pytest.mark.parametrize(
    ("segmenter", "said"),
    [
        ({"network": "deeplab_vgg61"}, "segmenter: there is no segmenter 'deeplab_vgg61'"),
        ({"network": "deeplab_vgg16"}, "segmenter: output_stride belongs to"),
        ({"weights": "/nowhere.weights.h5"}, "segmenter: no weight file /nowhere.weights.h5"),
    ],
)
def test_a_network_that_cannot_be_built(data, segmenter, said):
    with pytest.raises(ConfigError, match=said):
        check_segmenter(config(**segmenter), data)


def test_a_crf_that_is_not_installed(data, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydensecrf", None)
    with pytest.raises(UserError, match=r"gain-tf\[crf\]"):
        check_segmenter(config(inference={"crf": "full"}), data)


def test_full_supervision_without_masks(data):
    train = data.splits["train"]
    unmasked = replace(train, mask_shows=np.zeros_like(train.mask_shows))
    bare = replace(data, splits={**data.splits, "train": unmasked})
    check_segmenter(config(supervision="masks"), data)
    with pytest.raises(DataError, match="no image of the training split has a mask"):
        check_segmenter(config(supervision="masks"), bare)


def test_the_run_does_not_begin(tmp_path):
    rows = {"other": {"segmenter.network": "deeplab_vgg61"}}
    asked = tiny_config(run__root=str(tmp_path), evaluation__rows=rows)
    with pytest.raises(ConfigError, match="deeplab_vgg61"):
        fit_run(asked)
    assert not list(tmp_path.iterdir())
