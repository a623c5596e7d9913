"""Images that break after the checks: skipped, named, counted, and too many of them."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from gain_tf.config import Augmentation, Budget
from gain_tf.data.bad_images import BadImages
from gain_tf.data.budget import within_budget
from gain_tf.data.decode import UnreadableImageError
from gain_tf.data.file_pictures import FilePictures, FileRecord
from gain_tf.data.pipeline import evaluation_batches, training_batches
from gain_tf.data.schedule import Schedule
from gain_tf.errors import FailedError

LABELS = [0, 1, 2] * 4


class Breaking:
    """Pictures some of which cannot be read."""

    def __init__(self, pictures, broken):
        self.pictures, self.broken = pictures, broken

    def image(self, index):
        if index in self.broken:
            raise UnreadableImageError(f"i{index}.jpg: is gone")
        return self.pictures.image(index)

    def mask(self, index):
        return self.pictures.mask(index)


@pytest.fixture
def breaking(make_split):
    def make(*broken):
        split = within_budget(make_split(LABELS), Budget(masks=3), 1)
        return replace(split, pictures=Breaking(split.pictures, broken))

    return make


def plan_of(split):
    annotated = np.flatnonzero(split.has_mask)
    return Schedule(len(split), annotated, 4, 0.25, 0.0, None, 1)


def batches(split, bad_images, **epochs):
    stream = training_batches(
        split, plan_of(split), (8, 8), Augmentation(), bad_images=bad_images, epochs=2, **epochs
    )
    with bad_images.reported():
        return list(stream.as_numpy_iterator())


def test_the_next_image_comes_in_its_place(breaking, tmp_path):
    annotated = np.flatnonzero(breaking().has_mask)
    free = np.setdiff1d(np.arange(12), annotated)
    broken = [int(annotated[-1]), int(free[0]), int(free[1])]
    split, bad = breaking(*broken), BadImages(tmp_path / "bad_images.csv", 5)
    # After the last annotated image comes the first, after two broken ones the third.
    instead = {broken[0]: annotated[0], broken[1]: free[2], broken[2]: free[2]}
    plan = plan_of(split)
    found = batches(split, bad)
    assert len(found) == 2 * plan.steps
    index = np.concatenate([plan.epoch(n)["index"].reshape(-1, 4) for n in range(2)])
    for rows, (example, labels) in zip(index, found, strict=True):
        shown = [instead.get(int(row), row) for row in rows]
        np.testing.assert_array_equal(labels, split.labels[shown])
        np.testing.assert_array_equal(example["has_mask"], split.has_mask[shown])
        np.testing.assert_array_equal(example["image"], split.pictures.pictures.images[shown])
    assert len(bad) == 3
    header, *rows = (tmp_path / "bad_images.csv").read_text().splitlines()
    assert header == "image,problem"
    assert sorted(rows) == sorted(f"i{index},i{index}.jpg: is gone" for index in broken)
    # A run that goes on sees the same, and forgets nothing.
    again = BadImages(tmp_path / "bad_images.csv", 5)
    resumed = batches(split, again, initial_epoch=1)
    for (example, _), (other, _) in zip(found[plan.steps :], resumed, strict=True):
        np.testing.assert_array_equal(example["image"], other["image"])
    again.add("another", "is gone, too")
    assert len((tmp_path / "bad_images.csv").read_text().splitlines()) == 5


def test_too_many_are_a_failure(breaking, tmp_path):
    bad = BadImages(tmp_path / "bad_images.csv", 2)
    with pytest.raises(FailedError, match=r"3 images cannot be read, more than data.max_bad_ima"):
        batches(breaking(1, 2, 3, 4), bad)
    with pytest.raises(FailedError, match=r"is gone; .*all are named in .*bad_images.csv"):
        bad.add("i9", "i9.jpg: is gone")


def test_none_may_be_skipped(breaking):
    with pytest.raises(FailedError, match=r"^an image cannot be read: i2.jpg: is gone$"):
        list((bad := BadImages(None, 0)).watched(evaluation_batches(breaking(2), (8, 8), 4, bad)))


def test_no_image_is_left(breaking):
    bad = BadImages(None, 99)
    with pytest.raises(FailedError, match=r"^no image can be read any more, such as i\d+.jpg: is"):
        batches(breaking(*range(12)), bad)


def test_other_failures_are_left_alone():
    with pytest.raises(ZeroDivisionError), BadImages(None, 0).reported():
        _ = 1 / 0


def test_a_file_that_changed_is_checked_again(tmp_path):
    path = tmp_path / "a.jpg"
    random = np.random.default_rng(0)
    Image.fromarray(random.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
    whole = path.read_bytes()
    record = FileRecord(path, ("a",), "train", None, "a", "a")
    pictures = FilePictures([record], ["a"], cache=False)
    pictures.image(0)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableImageError, match=r"a.jpg: unreadable or truncated"):
        pictures.image(0)
    path.unlink()
    with pytest.raises(UnreadableImageError, match=r"a.jpg: does not exist"):
        pictures.image(0)
    path.write_bytes(whole)
    assert pictures.image(0).shape == (64, 64, 3)
