"""The rendered workpiece as a data set."""

import numpy as np
import pytest

from gain_tf.config import parse_config
from gain_tf.data.files import DataError, boxes_of_mask
from gain_tf.data.registry import DATA_SETS, load_data

SIZES = {"train": 8, "validation": 4, "test": 4}


def load(**data):
    values = {"image_size": [32, 32], "workpiece": SIZES, **data}
    return load_data(parse_config({"name": "x", "data": values}).data)


@pytest.fixture(scope="module")
def workpiece():
    return load()


def test_the_splits(workpiece):
    sizes = {name: len(split) for name, split in workpiece.splits.items()}
    assert sizes == {**SIZES, "unbiased": 4}
    assert workpiece.evaluated == "test"
    assert workpiece.single_label
    assert len(workpiece.class_names) == 4
    ids = [identifier for split in workpiece.splits.values() for identifier in split.ids]
    assert len(set(ids)) == len(ids)
    for split in workpiece.splits.values():
        np.testing.assert_array_equal(split.labels.sum(axis=0), [len(split) / 4] * 4)


def test_every_image_has_a_mask_of_its_class_and_its_box(workpiece):
    for split in workpiece.splits.values():
        assert (split.labels.shape, split.labels.dtype) == ((len(split), 4), np.float32)
        np.testing.assert_array_equal(split.mask_shows, split.labels > 0)
        for index in range(len(split)):
            image, mask = split.pictures.image(index), split.pictures.mask(index)
            label = int(split.labels[index].argmax())
            assert image.shape == (32, 32, 3)
            assert image.dtype == mask.dtype == np.uint8
            assert set(np.unique(mask)) == {0, label + 1}
            pieces, _ = boxes_of_mask(mask)
            around = [*pieces[:, :2].min(axis=0), *pieces[:, 2:].max(axis=0)]
            assert split.boxes[index].dtype == np.float32
            np.testing.assert_allclose(split.boxes[index], [around], rtol=0, atol=1e-6)
            assert split.box_labels[index].tolist() == [label]


def test_the_same_seed_renders_the_same(workpiece):
    again, other = load(), load(workpiece={**SIZES, "seed": 1})
    for name, split in workpiece.splits.items():
        images = split.pictures.images
        np.testing.assert_array_equal(images, again.splits[name].pictures.images)
        assert (images != other.splits[name].pictures.images).mean() > 0.5


def test_no_split_repeats_another(workpiece):
    pictures = np.concatenate([split.pictures.images for split in workpiece.splits.values()])
    assert len(np.unique(pictures.reshape(len(pictures), -1), axis=0)) == len(pictures)


def test_images_are_square():
    with pytest.raises(DataError, match=r"data.image_size: .* not 32 x 48"):
        load(image_size=[32, 48])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("workpeice", "there is no data set 'workpeice'; did you mean 'workpiece'?"),
        ("x", f"there is no data set 'x'; known are {', '.join(DATA_SETS)}"),
    ],
)
def test_an_unknown_data_set(name, said):
    with pytest.raises(DataError) as caught:
        load(name=name)
    assert caught.value.problems == [f"data.name: {said}"]
