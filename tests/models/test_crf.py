"""The exact dense CRF: against a loop over all pairs, and against pydensecrf on photographs."""

import cv2
import numpy as np
import pytest
import tensorflow as tf

from gain_tf.models.crf import dense_crf
from gain_tf.models.crf_parameters import FULL_SIZE, TRAINING, CrfParameters

SMALL = CrfParameters(
    iterations=3,
    bilateral_weight=4,
    bilateral_xy=3,
    bilateral_rgb=20,
    gaussian_weight=2,
    gaussian_xy=1.5,
)
CELLS = 41


def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def by_pairs(image, scores, p):
    """Mean field pixel by pixel, as the formula is written."""
    height, width, _ = scores.shape
    pixels = [(y, x) for y in range(height) for x in range(width)]
    n = len(pixels)
    near, alike = np.zeros((n, n)), np.zeros((n, n))
    for i, (y, x) in enumerate(pixels):
        for j, (v, u) in enumerate(pixels):
            place = (y - v) ** 2 + (x - u) ** 2
            colour = ((image[y, x].astype(float) - image[v, u]) ** 2).sum()
            near[i, j] = np.exp(-place / (2 * p.gaussian_xy**2))
            alike[i, j] = np.exp(
                -place / (2 * p.bilateral_xy**2) - colour / (2 * p.bilateral_rgb**2)
            )
    kernel = sum(
        weight * k / np.sqrt(np.outer(k.sum(1), k.sum(1)))
        for weight, k in ((p.gaussian_weight, near), (p.bilateral_weight, alike))
    )
    flat = scores.reshape(n, -1)
    posterior = softmax(flat)
    for _ in range(p.iterations):
        posterior = softmax(flat + kernel @ posterior)
    return posterior.reshape(scores.shape)


def test_every_image_of_a_batch_against_a_loop_over_pairs(rng):
    images = rng.integers(0, 256, (2, 4, 5, 3), np.uint8)
    scores = rng.normal(size=(2, 4, 5, 3))
    found = dense_crf(images, tf.constant(scores), SMALL).numpy()
    for image, own, posterior in zip(images, scores, found, strict=True):
        np.testing.assert_allclose(posterior, by_pairs(image, own, SMALL), rtol=0, atol=1e-5)


def test_two_pixels_by_hand():
    """One colour, weight w, reach so long that k = 1: K = w / 2 everywhere."""
    p = CrfParameters(1, bilateral_weight=0, gaussian_weight=2, gaussian_xy=1e6)
    scores = np.array([[[[2.0, 0.0], [0.0, 1.0]]]])
    # Q_0 of the first class is sigma(2) = 0.8808 and sigma(-1) = 0.2689; their sum is 1.1497,
    # that of the other class 0.8503, and each is added to the scores with weight w / 2 = 1.
    found = dense_crf(np.zeros((1, 1, 2, 3)), tf.constant(scores), p).numpy()
    expected = [1 / (1 + np.exp(-(2 + 0.2994))), 1 / (1 + np.exp(1 - 0.2994))]
    np.testing.assert_allclose(found[0, 0, :, 0], expected, rtol=0, atol=1e-4)


def test_no_iteration_is_the_softmax(rng):
    scores = rng.normal(size=(1, 3, 3, 4))
    found = dense_crf(np.zeros((1, 3, 3, 3)), tf.constant(scores), CrfParameters(iterations=0))
    np.testing.assert_allclose(found, softmax(scores), rtol=0, atol=1e-12)


def test_a_speck_follows_the_colour_of_its_surroundings():
    """Left black, right white; one pixel of each side is mistaken."""
    image = np.zeros((1, 8, 8, 3), np.uint8)
    image[:, :, 4:] = 255
    scores = np.where(image[..., :1] > 0, [-1.0, 1.0], [1.0, -1.0]).astype(np.float32)
    scores[0, 2, 1], scores[0, 5, 6] = [-0.5, 0.5], [0.5, -0.5]
    found = dense_crf(image, tf.constant(scores), TRAINING).numpy()[0].argmax(-1)
    np.testing.assert_array_equal(found, image[0, ..., 0] > 0)


def test_larger_images_are_reduced_to_the_cells(rng):
    image = np.kron(rng.integers(0, 256, (4, 4, 3)), np.ones((3, 3, 1)))[None]
    # Means of 3 x 3 pixels instead of an antialiased reduction: near, not the same.
    small = image.reshape(4, 3, 4, 3, 3).mean(axis=(1, 3))[None]
    scores = tf.constant(rng.normal(size=(1, 4, 4, 2)))
    p = CrfParameters(bilateral_rgb=200, bilateral_xy=5, gaussian_xy=2)
    found, expected = dense_crf(image, scores, p), dense_crf(small, scores, p)
    np.testing.assert_allclose(found, expected, rtol=0, atol=0.05)


def test_no_gradient_unless_asked_for(rng):
    image, scores = np.zeros((1, 2, 2, 3)), tf.Variable(rng.normal(size=(1, 2, 2, 2)))
    for wanted in (False, True):
        with tf.GradientTape() as tape:
            posterior = dense_crf(image, scores, SMALL, gradient=wanted)[..., 0]
        assert (tape.gradient(posterior, scores) is not None) == wanted


def test_the_parameters_of_training_and_test():
    assert CrfParameters(10, 10, 80, 13, 3, 3) == FULL_SIZE
    assert CrfParameters(10, 10, 80 / 12, 13, 3, 0.25) == TRAINING
    with pytest.raises(ValueError, match="greater than 0"):
        CrfParameters(gaussian_xy=0)
    with pytest.raises(ValueError, match="at least 0"):
        CrfParameters(iterations=-1)


def pydensecrf_verdict(densecrf, image, scores, p):
    """The class of each cell by the permutohedral lattice."""
    height, width, classes = scores.shape
    crf = densecrf.DenseCRF2D(width, height, classes)
    crf.setUnaryEnergy(np.ascontiguousarray(-scores.reshape(-1, classes).T))
    crf.addPairwiseGaussian(sxy=p.gaussian_xy, compat=p.gaussian_weight)
    crf.addPairwiseBilateral(
        sxy=p.bilateral_xy, srgb=p.bilateral_rgb, rgbim=image, compat=p.bilateral_weight
    )
    return np.array(crf.inference(p.iterations)).argmax(axis=0).reshape(height, width)


def photographs(folder, count):
    """Photographs of COCO at 41 x 41, and scores as of a network that half knows the masks."""
    coco = pytest.importorskip("pycocotools.coco")
    annotations = coco.COCO(folder / "annotations" / "instances_train2017.json")
    rng = np.random.default_rng(5)
    for entry in annotations.loadImgs(sorted(annotations.getImgIds())[:count]):
        picture = cv2.imread(str(folder / "train2017" / entry["file_name"]))
        own = annotations.loadAnns(annotations.getAnnIds(imgIds=[entry["id"]]))
        categories = sorted({each["category_id"] for each in own})
        truth = np.zeros((*picture.shape[:2], len(categories) + 1), np.float32)
        for each in own:
            layer = categories.index(each["category_id"]) + 1
            truth[..., layer] = np.maximum(truth[..., layer], annotations.annToMask(each))
        truth[..., 0] = 1 - truth.max(axis=-1)
        size = CELLS, CELLS
        reduced = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        image = cv2.cvtColor(reduced, cv2.COLOR_BGR2RGB)
        scores = []
        for layer in np.moveaxis(truth, -1, 0):
            # A network's answer is blurred, unsure, and wrong in whole patches.
            cells = cv2.resize(layer, size, interpolation=cv2.INTER_AREA)
            wrong = cv2.GaussianBlur(rng.normal(size=size), (0, 0), 3)
            scores.append(np.log(cv2.GaussianBlur(cells, (0, 0), 2.5) + 0.05) + wrong / wrong.std())
        yield image, np.stack(scores, axis=-1).astype(np.float32)


def test_agreement_with_pydensecrf_on_photographs(shared_data, capsys):
    densecrf = pytest.importorskip("pydensecrf.densecrf")
    agreement, moved = [], []
    for image, scores in photographs(shared_data / "coco128", 24):
        expected = pydensecrf_verdict(densecrf, image, scores, TRAINING)
        found = dense_crf(image[None], tf.constant(scores[None])).numpy()[0].argmax(axis=-1)
        agreement.append((found == expected).mean())
        moved.append((scores.argmax(axis=-1) != expected).mean())
    with capsys.disabled():
        print(f" agreement {np.mean(agreement):.4f}, moved {np.mean(moved):.3f} ", end="")
    assert np.mean(agreement) >= 0.97
    # Both would agree if the CRF did nothing.
    assert np.mean(moved) > 0.05
