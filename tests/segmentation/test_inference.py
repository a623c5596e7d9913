"""Class maps: scales, mirrored images, CRF."""

import numpy as np
import pytest
import tensorflow as tf

from gain_tf.segmentation.inference import InferenceSettings, class_maps, probability_map


def by_colour(images):
    """Probability of the one class is the redness, at an eighth of the resolution."""
    red = tf.nn.avg_pool2d(images[..., :1] / 255, 8, 8, "SAME")
    return tf.concat([1 - red, red], axis=-1)


def left_only(images):
    """A network that sees the class in the left half of whatever it is shown."""
    _, height, width, _ = images.shape
    left = tf.cast(tf.range(width // 8) < width // 16, tf.float32)
    red = tf.broadcast_to(left, [len(images), height // 8, width // 8])[..., tf.newaxis]
    return tf.concat([1 - red, red], axis=-1)


@pytest.fixture
def image(rng):
    """A red square at the left of a dark image of 60 x 90 pixels."""
    image = rng.integers(0, 30, (60, 90, 3)).astype(np.uint8)
    image[15:45, 8:42, 0] = 250
    return image


SIZE = (64, 96)


def test_the_map_has_the_size_of_the_image(image):
    (found,) = class_maps(by_colour, [image], InferenceSettings(SIZE))
    assert (found.shape, found.dtype) == ((60, 90), np.uint8)
    truth = image[..., 0] > 100
    assert found[truth].mean() > 0.8
    assert found[~truth].mean() < 0.1


def test_mirrored_images_are_mirrored_back(image):
    one = probability_map(by_colour, image, InferenceSettings(SIZE))
    both = probability_map(by_colour, image, InferenceSettings(SIZE, flip=True))
    np.testing.assert_allclose(both, one, atol=1e-5)
    # What is always on the left is as much on the right of the mirrored image.
    even = probability_map(left_only, image, InferenceSettings(SIZE, flip=True))
    np.testing.assert_allclose(even, 0.5)


def test_scales_are_averaged_at_the_size_of_the_largest(image):
    sizes = []

    def constant(images):
        sizes.append(tuple(images.shape[1:3]))
        share = tf.fill([1, images.shape[1] // 8, images.shape[2] // 8, 1], len(sizes) / 10)
        return tf.concat([1 - share, share], axis=-1)

    found = probability_map(constant, image, InferenceSettings(SIZE, scales=(0.5, 1.0, 1.5)))
    assert sizes == [(96, 144), (64, 96), (32, 48)]
    assert found.shape == (12, 18, 2)
    np.testing.assert_allclose(found[..., 1], 0.2, rtol=1e-6)


def test_the_reduced_crf_follows_the_edge(image):
    truth = image[..., 0] > 100
    wrong = {}
    for crf in ("none", "reduced"):
        (found,) = class_maps(by_colour, [image], InferenceSettings(SIZE, crf=crf))
        wrong[crf] = (found != truth).mean()
    assert wrong["reduced"] < 0.5 * wrong["none"]


@pytest.mark.slow
def test_the_full_crf_follows_the_edge_of_every_image(image):
    pytest.importorskip("pydensecrf")
    images = [image, image[::-1]]
    found = list(class_maps(by_colour, images, InferenceSettings(SIZE, crf="full")))
    for each, picture in zip(found, images, strict=True):
        assert (each != (picture[..., 0] > 100)).mean() < 0.01
    assert list(class_maps(by_colour, [], InferenceSettings(SIZE, crf="full"))) == []


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="scales must be one or more numbers above 0"):
        InferenceSettings(SIZE, scales=())
    with pytest.raises(ValueError, match="one of none, full, reduced, not 'yes'"):
        InferenceSettings(SIZE, crf="yes")
