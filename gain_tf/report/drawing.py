"""Attention, masks and boxes drawn into an image: uint8 in, uint8 out."""

from collections.abc import Sequence

import cv2
import numpy as np

from gain_tf.data.dataset import UNKNOWN
from gain_tf.data.indexed import colour_map, coloured
from gain_tf.metrics.attention import enlarge

Colour = tuple[int, int, int]

TRUTH: Colour = (0, 230, 255)
"""Outline of the object where only one class is meant: a colour the colour map does not have."""

CLASS_COLOURS: Sequence[Colour] = (
    (0, 230, 255),
    (255, 176, 0),
    (120, 255, 90),
    (255, 90, 160),
    (150, 140, 255),
    (255, 255, 110),
    (255, 255, 255),
    (255, 110, 60),
)
"""Bright ones, as photographs are mostly not; used in turn."""

_HALO: Colour = (20, 20, 20)


def colour_of(category: int) -> Colour:
    """Return the colour of a class, RGB."""
    return CLASS_COLOURS[category % len(CLASS_COLOURS)]


def overlay(image: np.ndarray, attention: np.ndarray, alpha: float = 0.5) -> np.ndarray:
    """Lay a map over the image it explains.

    Inferno, because its lightness grows evenly with the value (jet and rainbow show edges that
    are not there), and it still reads when printed grey.

    Args:
        image: uint8 RGB (H, W, 3).
        attention: (h, w) in [0, 1], enlarged bilinearly.
        alpha: share of the map in the picture, in [0, 1].

    Returns:
        uint8 RGB (H, W, 3).
    """
    large = enlarge(attention.astype(np.float32), *image.shape[:2])
    levels = np.round(np.clip(large, 0, 1) * 255).astype(np.uint8)
    colours = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    return cv2.addWeighted(image, 1 - alpha, colours, alpha, 0)


def outline(image: np.ndarray, inside: np.ndarray, colour: Colour = TRUTH) -> np.ndarray:
    """Draw the outline of a region.

    Args:
        image: uint8 RGB (H, W, 3).
        inside: boolean (h, w), resized smoothly to the image: the steps of a small mask are not
            the object's.
        colour: RGB.

    Returns:
        A drawn-in copy, uint8 RGB (H, W, 3).
    """
    region = enlarge(inside.astype(np.float32), *image.shape[:2]) > 0.5
    contours, _ = cv2.findContours(region.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    drawn, width = image.copy(), _line_width(image)
    for ink, thickness in ((_HALO, width + 2), (colour, width)):
        cv2.drawContours(drawn, contours, -1, ink, thickness, cv2.LINE_AA)
    return drawn


def draw_boxes(
    image: np.ndarray,
    boxes: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str] | None = None,
    remarks: Sequence[str] | None = None,
) -> np.ndarray:
    """Draw boxes in the colours of their classes.

    Args:
        image: uint8 RGB (H, W, 3).
        boxes: y0 x0 y1 x1 in [0, 1], (n, 4).
        labels: class of each box, (n,).
        class_names: writes the name at each box; None writes nothing.
        remarks: written at each box behind the name, n of them; None writes nothing.

    Returns:
        A drawn-in copy, uint8 RGB (H, W, 3).
    """
    drawn, width = image.copy(), _line_width(image)
    size = np.array([*image.shape[:2], *image.shape[:2]])
    remarks = remarks or [""] * len(boxes)
    for box, label, remark in zip(boxes, labels, remarks, strict=True):
        category = int(label)
        # The far edge of a box that ends with the image lies one pixel beyond it.
        y0, x0, y1, x1 = np.clip(np.round(box * size), 0, size - 1).astype(int).tolist()
        for ink, thickness in ((_HALO, width + 2), (colour_of(category), width)):
            cv2.rectangle(drawn, (x0, y0), (x1, y1), ink, thickness)
        name = "" if class_names is None else class_names[category]
        if text := f"{name} {remark}".strip():
            _write(drawn, text, (x0, y0), colour_of(category))
    return drawn


def draw_mask(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Outline each class of a mask in its colour, and darken what nobody annotated.

    Args:
        image: uint8 RGB (H, W, 3).
        mask: uint8 (h, w), class index + 1, 0 background, 255 unknown.

    Returns:
        A drawn-in copy, uint8 RGB (H, W, 3).
    """
    unknown = enlarge((mask == UNKNOWN).astype(np.float32), *image.shape[:2]) > 0.5
    drawn = np.where(unknown[..., None], image // 2, image)
    for value in np.setdiff1d(mask, [0, UNKNOWN]).tolist():
        drawn = outline(drawn, mask == value, colour_of(value - 1))
    return drawn


def draw_classes(image: np.ndarray, mask: np.ndarray, class_names: Sequence[str]) -> np.ndarray:
    """Tint each class of a mask in VOC's colour, and write its name at its largest region.

    Args:
        image: uint8 RGB (H, W, 3).
        mask: class index + 1, 0 background, 255 unknown, uint8 (H, W).
        class_names: without background.

    Returns:
        A drawn-in copy, uint8 RGB (H, W, 3).
    """
    colours = coloured(mask)
    named = (mask > 0) & (mask != UNKNOWN)
    tinted = cv2.addWeighted(image, 0.45, colours, 0.55, 0)
    drawn = np.where(named[..., None], tinted, image)
    for value in (int(each) for each in np.unique(mask[named])):
        inside = (mask == value).astype(np.uint8)
        red, green, blue = (int(level) for level in colour_map()[value])
        contours, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(drawn, contours, -1, (red, green, blue), _line_width(image), cv2.LINE_AA)
        _, _, regions, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
        left, top = max(regions[1:].tolist(), key=lambda region: region[cv2.CC_STAT_AREA])[:2]
        # VOC's colours are dark: names are written on white.
        name: str = class_names[value - 1]
        _write(drawn, name, (left, top), (255, 255, 255))
    return drawn


def enlarged_to(image: np.ndarray, longer_side: int) -> np.ndarray:
    """Resize an image for display, so that lines drawn in are fine lines.

    Args:
        image: uint8 RGB (H, W, 3).
        longer_side: of the result, in pixels.

    Returns:
        uint8 RGB, of the same proportions.
    """
    scale = longer_side / max(image.shape[:2])
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(image, (width, height), interpolation=kind)


def _line_width(image: np.ndarray) -> int:
    return max(1, round(max(image.shape[:2]) / 140))


def _write(image: np.ndarray, text: str, corner: tuple[int, int], colour: Colour) -> None:
    """Write into `image` at the upper left corner of a box, on a plate of the box's colour."""
    scale = max(image.shape[:2]) / 600
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(scale * 1.6))
    (width, height), below = cv2.getTextSize(text, font, scale, thickness)
    left = max(0, min(corner[0], image.shape[1] - width))
    base = max(height + 1, min(corner[1] - below, image.shape[0] - below))
    cv2.rectangle(
        image, (left, base - height - 1), (left + width, base + below - 1), colour, cv2.FILLED
    )
    cv2.putText(image, text, (left, base), font, scale, _HALO, thickness, cv2.LINE_AA)
