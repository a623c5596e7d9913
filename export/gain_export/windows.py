"""The geometry of convolution and pooling: where a window starts, and the way back.

All sizes are static: an exported network resizes its pictures before it looks at them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf


@dataclass(frozen=True)
class Windows:
    """How windows lie along one axis: output `o` sees inputs `o * stride + t * dilation - before`.

    Attributes:
        size: of the input.
        count: windows along the axis.
        taps: inputs a window sees.
        stride: from one window to the next.
        dilation: from one tap to the next.
        before: padding in front of the input.
    """

    size: int
    count: int
    taps: int
    stride: int
    dilation: int
    before: int

    @property
    def span(self) -> int:
        """From the first tap of the first window to the last tap of the last, both included."""
        return (self.count - 1) * self.stride + self.reach

    @property
    def reach(self) -> int:
        """From the first tap of a window to its last, both included."""
        return (self.taps - 1) * self.dilation + 1


def windows_of(size: int, taps: int, stride: int, padding: str, dilation: int = 1) -> Windows:
    """Lay windows along an axis as TensorFlow does: "same" pads the odd pixel behind.

    Args:
        size: of the input.
        taps: of a window.
        stride: from one window to the next.
        padding: "same" or "valid".
        dilation: from one tap to the next.
    """
    reach = (taps - 1) * dilation + 1
    if padding == "valid":
        return Windows(size, (size - reach) // stride + 1, taps, stride, dilation, 0)
    count = -(-size // stride)
    before = max((count - 1) * stride + reach - size, 0) // 2
    return Windows(size, count, taps, stride, dilation, before)


def stuffed(tensor: tf.Tensor, rows: int, columns: int) -> tf.Tensor:
    """Put `stride - 1` zeros behind each element, but the last, of both axes.

    Args:
        tensor: (P, h, w, K), static but for P.
        rows: stride of the rows.
        columns: stride of the columns.

    Returns:
        (P, (h - 1) rows + 1, (w - 1) columns + 1, K).
    """
    _, height, width, channels = tensor.shape
    if rows > 1:
        tensor = tf.pad(tensor[:, :, tf.newaxis], [[0, 0], [0, 0], [0, rows - 1], [0, 0], [0, 0]])
        tensor = tf.reshape(tensor, [-1, height * rows, width, channels])
        tensor = tensor[:, : (height - 1) * rows + 1]
    if columns > 1:
        height = tensor.shape[1]
        tensor = tf.pad(
            tensor[:, :, :, tf.newaxis], [[0, 0], [0, 0], [0, 0], [0, columns - 1], [0, 0]]
        )
        tensor = tf.reshape(tensor, [-1, height, width * columns, channels])
        tensor = tensor[:, :, : (width - 1) * columns + 1]
    return tensor


def gathered(tensor: tf.Tensor, axes: Sequence[Windows], fill: float) -> list[tf.Tensor]:
    """See the input through each tap of the windows, row by row.

    Args:
        tensor: (P, H, W, K).
        axes: windows of the rows and of the columns.
        fill: value of the padding.

    Returns:
        For each tap (P, h, w, K), in the order in which TensorFlow scans a window.
    """
    rows, columns = axes
    behind = [max(axis.span - axis.before - axis.size, 0) for axis in axes]
    padded = tf.pad(
        tensor,
        [[0, 0], [rows.before, behind[0]], [columns.before, behind[1]], [0, 0]],
        constant_values=fill,
    )
    return [
        padded[:, _tap(rows, top), _tap(columns, left)]
        for top in range(rows.taps)
        for left in range(columns.taps)
    ]


def scattered(parts: Sequence[tf.Tensor], axes: Sequence[Windows]) -> tf.Tensor:
    """Add what belongs to each tap back to where the tap looked: the transpose of `gathered`.

    Args:
        parts: for each tap (P, h, w, K).
        axes: windows of the rows and of the columns.

    Returns:
        (P, H, W, K).
    """
    rows, columns = axes
    whole: Any = 0.0
    taps = [(top, left) for top in range(rows.taps) for left in range(columns.taps)]
    for part, (top, left) in zip(parts, taps, strict=True):
        spread = stuffed(part, rows.stride, columns.stride)
        whole += tf.pad(spread, [[0, 0], _room(rows, top), _room(columns, left), [0, 0]])
    return whole[:, _inside(rows), _inside(columns)]


def _tap(axis: Windows, tap: int) -> slice:
    start = tap * axis.dilation
    return slice(start, start + (axis.count - 1) * axis.stride + 1, axis.stride)


def _room(axis: Windows, tap: int) -> list[int]:
    """Padding that brings a tap's share to the length of input and padding together."""
    before = tap * axis.dilation
    length = max(axis.span, axis.before + axis.size)
    return [before, length - before - (axis.count - 1) * axis.stride - 1]


def _inside(axis: Windows) -> slice:
    return slice(axis.before, axis.before + axis.size)
