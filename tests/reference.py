"""The paper's equations in NumPy, in float64, loop by loop: what the library is held against.

Written from Li et al., "Guided Attention Inference Network", Section 3; nothing of gain_tf is used.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

EPSILON = 1e-5
UNKNOWN = 255


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def softmax(x):
    shifted = np.exp(x - x.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def numeric_gradient(function, at, step=1e-6, indices=None):
    """Central differences of a scalar function, element by element (only at `indices`)."""
    at = np.array(at, np.float64)
    gradient = np.zeros_like(at)
    for index in np.ndindex(at.shape) if indices is None else indices:
        kept = at[index]
        at[index] = kept + step
        above = float(function(at))
        at[index] = kept - step
        below = float(function(at))
        at[index] = kept
        gradient[index] = (above - below) / (2 * step)
    return gradient


def bilinear(cells, pixels):
    """Matrix (pixels, cells) of bilinear enlargement with half-pixel centres."""
    matrix = np.zeros((pixels, cells))
    for pixel in range(pixels):
        at = (pixel + 0.5) * cells / pixels - 0.5
        low = int(np.floor(at))
        for cell, weight in ((low, low + 1 - at), (low + 1, at - low)):
            matrix[pixel, np.clip(cell, 0, cells - 1)] += weight
    return matrix


def coverage(start, stop, cells):
    """Share of each of `cells` equal parts of [0, 1] that lies in [start, stop]."""
    return np.array(
        [max(0.0, min(stop * cells, c + 1) - max(start * cells, c)) for c in range(cells)]
    )


def averaging(cells, pixels):
    """Matrix (cells, pixels) that averages pixels over cells."""
    columns = [coverage(p / pixels, (p + 1) / pixels, cells) for p in range(pixels)]
    matrix = np.stack(columns, axis=1)
    return matrix / matrix.sum(axis=1, keepdims=True)


def area_average(image, height, width):
    return averaging(height, image.shape[0]) @ image @ averaging(width, image.shape[1]).T


def drawn(boxes, height, width):
    """B of Eq. 9: the share of each cell in a box, the largest where boxes overlap."""
    grid = np.zeros((height, width))
    for y0, x0, y1, x1 in boxes:
        grid = np.maximum(grid, np.outer(coverage(y0, y1, height), coverage(x0, x1, width)))
    return grid


def normalised(grid):
    return grid / (grid.max() + EPSILON)


def erased(image, grid, sigma, slope, fill):
    """Eq. 3 and 4 for one image (H, W, 3) and its normalised map (h, w)."""
    mask = sigmoid(slope * (grid - sigma))
    mask = (
        bilinear(grid.shape[0], image.shape[0]) @ mask @ bilinear(grid.shape[1], image.shape[1]).T
    )
    return image - mask[..., None] * (image - fill)


@dataclass
class Network:
    """Convolution 3 x 3 / 2 + softplus as features; Dense + tanh, Dense as head.

    `weights`: kernel and bias of each of the three layers, in that order.
    """

    weights: list

    def features(self, images):
        kernel, bias = self.weights[:2]
        # TensorFlow pads an even size with stride 2 below and to the right.
        padded = np.pad(images, ((0, 0), (0, 1), (0, 1), (0, 0)))
        windows = sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::2, ::2]
        return np.logaddexp(0, np.tensordot(windows, kernel, ([3, 4, 5], [2, 0, 1])) + bias)

    def hidden(self, features):
        return np.tanh(features.reshape(len(features), -1) @ self.weights[2] + self.weights[3])

    def logits(self, features):
        return self.hidden(features) @ self.weights[4] + self.weights[5]

    def channel_weights(self, features, category):
        """Eq. 1 for one image's features (h, w, K)."""
        hidden = self.hidden(features[None])[0]
        slope = self.weights[2] @ ((1 - hidden**2) * self.weights[4][:, category])
        return slope.reshape(features.shape).mean(axis=(0, 1))

    def attention(self, features, category, channel_weights=None):
        """Eq. 2, normalised."""
        if channel_weights is None:
            channel_weights = self.channel_weights(features, category)
        return normalised(np.maximum(features @ channel_weights, 0))


def mean_over_images(per_image):
    """Mean over the images that carry a term of the mean over the classes they carry."""
    carried = [np.mean(values) for values in per_image if values]
    return float(np.mean(carried)) if carried else 0.0


def gain_terms(
    network, images, labels, example, *, activation, sigma=0.5, slope=10.0, fill=0.0, frozen=None
):
    """L_cl, L_am, L_e and L_bbox of a batch, image by image and class by class.

    Args:
        frozen: channel weights by (image, class) to be taken for constants.

    Returns:
        The four terms by name, and the number of maps that are zero everywhere.
    """
    features = network.features(images)
    logits = network.logits(features)
    probabilities = sigmoid if activation == "sigmoid" else softmax
    scores = probabilities(logits)
    if activation == "sigmoid":
        entropy = -(labels * np.log(scores) + (1 - labels) * np.log(1 - scores)).mean(axis=1)
    else:
        entropy = -(labels * np.log(scores)).sum(axis=1)
    height, width = features.shape[1:3]
    mining, pixel, box = [], [], []
    dead = 0
    for i, image in enumerate(images):
        for values in (mining, pixel, box):
            values.append([])
        for c in np.flatnonzero(labels[i]):
            given = None if frozen is None else frozen[i, int(c)]
            grid = network.attention(features[i], c, given)
            dead += grid.max() == 0
            hidden = erased(image, grid, sigma, slope, fill)[None]
            mining[-1].append(probabilities(network.logits(network.features(hidden)))[0, c])
            mask = example["mask"][i]
            if example["has_mask"][i] and (mask == c + 1).any():
                known = area_average((mask != UNKNOWN).astype(float), height, width)
                inside = area_average((mask == c + 1).astype(float), height, width)
                target = np.divide(inside, known, out=np.zeros_like(known), where=known > 0)
                pixel[-1].append((known * (grid - target) ** 2).sum() / known.sum())
            own = example["boxes"][i][example["box_labels"][i] == c]
            if example["has_boxes"][i] and len(own):
                inside = drawn(own, height, width)
                box[-1].append(np.mean(((1 - inside) * grid) ** 2 + (inside * (grid - 1)) ** 2))
    return {
        "classification": float(entropy.mean()),
        "attention_mining": mean_over_images(mining),
        "pixel_attention": mean_over_images(pixel),
        "box_attention": mean_over_images(box),
        "dead": dead,
    }
