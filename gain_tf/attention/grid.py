"""Annotations on the grid of the map: masks and boxes at h x w.

Both are averages over the area of a cell, computed exactly by how much of each cell an interval
covers: no rounding to pixels, any size to any size, and plain matrix products under XLA.

Source: Li et al., "Guided Attention Inference Network", Section 3.3: the annotation is resized to
the map.
"""

import tensorflow as tf


def _coverage(start: tf.Tensor, stop: tf.Tensor, cells: tf.Tensor | int) -> tf.Tensor:
    """Tell what share of each of `cells` equal parts of [0, 1] lies in [start, stop].

    Args:
        start: (...), in [0, 1].
        stop: (...), in [0, 1].
        cells: number of parts.

    Returns:
        (..., cells), in [0, 1].
    """
    scale = tf.cast(cells, start.dtype)
    left = tf.range(scale, dtype=start.dtype)
    start, stop = start[..., tf.newaxis] * scale, stop[..., tf.newaxis] * scale
    return tf.clip_by_value(tf.minimum(stop, left + 1) - tf.maximum(start, left), 0, 1)


def _averaging(pixels: tf.Tensor, cells: tf.Tensor | int, dtype: tf.DType) -> tf.Tensor:
    """Build the matrix (cells, pixels) that averages pixels over cells."""
    count = tf.cast(pixels, dtype)
    left = tf.range(count, dtype=dtype)
    covered = tf.transpose(_coverage(left / count, (left + 1) / count, cells))
    return covered / tf.reduce_sum(covered, axis=1, keepdims=True)


def area_average(images: tf.Tensor, height: tf.Tensor | int, width: tf.Tensor | int) -> tf.Tensor:
    """Average images over the cells of a coarser (or finer) grid.

    Args:
        images: (P, H, W), floating point.
        height: rows h of the grid.
        width: columns w of the grid.

    Returns:
        (P, h, w); the mean of each image is kept.
    """
    rows = _averaging(tf.shape(images)[1], height, images.dtype)
    columns = _averaging(tf.shape(images)[2], width, images.dtype)
    return tf.einsum("hy,pyx,wx->phw", rows, images, columns)


def box_coverage(
    boxes: tf.Tensor, chosen: tf.Tensor, height: tf.Tensor | int, width: tf.Tensor | int
) -> tf.Tensor:
    """Draw boxes on the grid: the share of each cell inside a box, `B^c` of Eq. 9.

    Where boxes overlap, the largest share counts.

    Args:
        boxes: y0, x0, y1, x1 in [0, 1], (P, N, 4).
        chosen: which of the N boxes count for the pair, (P, N), boolean.
        height: rows h of the grid.
        width: columns w of the grid.

    Returns:
        (P, h, w), in [0, 1]; zeros where no box is chosen.
    """
    rows = _coverage(boxes[..., 0], boxes[..., 2], height)
    columns = _coverage(boxes[..., 1], boxes[..., 3], width)
    drawn = tf.einsum("pnh,pnw->pnhw", rows, columns)
    drawn *= tf.cast(chosen, drawn.dtype)[..., tf.newaxis, tf.newaxis]
    # reduce_max of no boxes at all is -inf.
    return tf.nn.relu(tf.reduce_max(drawn, axis=1))
