"""From a table top to a photograph of it: viewpoint, lens, exposure, sensor, file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from gain_tf.data.synthetic.compositing import dyed
from gain_tf.data.synthetic.drawing import blurred
from gain_tf.data.synthetic.noise import FloatImage
from gain_tf.data.synthetic.outlines import Points

SUPERSAMPLING = 2
"""Every scene is drawn and projected at this multiple of the image size, then reduced."""

_HALF_VIEW = 0.43


def plane_side(size: int) -> int:
    """Pixels along the plane for an image of `size` pixels."""
    return round(SUPERSAMPLING * size / (2.0 * _HALF_VIEW))


@dataclass(frozen=True)
class Viewpoint:
    """Where the camera stands.

    Attributes:
        tilt: (x, y): which side of the plane is nearer, and by which share it looks larger.
            |x| + |y| up to 0.16 keeps the whole picture on the plane.
    """

    tilt: tuple[float, float]

    @cached_property
    def homography(self) -> NDArray[np.float64]:
        """Matrix (3, 3) from plane units to image units, both [0, 1]."""
        corners = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
        shrink = 1.0 - corners @ np.asarray(self.tilt)
        seen = 0.5 + _HALF_VIEW * corners * shrink[:, None]
        matrix = cv2.getPerspectiveTransform(
            seen.astype(np.float32), ((corners + 1.0) / 2.0).astype(np.float32)
        )
        return np.asarray(matrix, np.float64)

    def project(self, points: Points) -> Points:
        """Points (N, 2) of the plane in image units ([0, 1] is inside the picture)."""
        homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1)
        mapped = homogeneous @ self.homography.T
        return mapped[:, :2] / mapped[:, 2:]

    def lean(self, x: float, y: float, thickness: float) -> tuple[float, float]:
        """How far the foot of an object at (x, y) shows beside its top, plane units (x, y)."""
        return (
            thickness * (3.0 * self.tilt[0] + 0.8 * (0.5 - x)),
            thickness * (3.0 * self.tilt[1] + 0.8 * (0.5 - y)),
        )

    def view(self, plane: FloatImage, size: int) -> FloatImage:
        """The plane, (side, side) or (side, side, 3), as seen: float32 (size, size[, 3])."""
        side = plane.shape[0]
        large = SUPERSAMPLING * size
        to_pixels = np.diag([large, large, 1.0])
        from_pixels = np.diag([1.0 / side, 1.0 / side, 1.0])
        matrix = to_pixels @ self.homography @ from_pixels
        seen = cv2.warpPerspective(plane, matrix, (large, large), borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(cv2.resize(seen, (size, size), interpolation=cv2.INTER_AREA), np.float32)


@dataclass(frozen=True)
class Exposure:
    """Light, lens, sensor and file of one photograph.

    Attributes:
        level: factor on all brightness.
        cast: float32 (3,) factor on red, green and blue.
        gradient: (x, y) change of brightness from the middle to the edge, relative.
        vignette: loss of brightness in the corners, relative.
        blur: sigma of the lens blur as a share of the image side.
        noise: standard deviation of the sensor noise at full brightness, in [0, 1].
        contrast: exponent of the tone curve; 1 for none.
        quality: of the JPEG file, in [1, 100].
    """

    level: float
    cast: FloatImage
    gradient: tuple[float, float]
    vignette: float
    blur: float
    noise: float
    contrast: float
    quality: int


def develop(rng: np.random.Generator, scene: FloatImage, exposure: Exposure) -> NDArray[np.uint8]:
    """Photograph of a scene.

    Args:
        rng: source of the sensor noise.
        scene: float32 (size, size, 3), nominally in [0, 1].
        exposure: how it is taken.

    Returns:
        uint8 (size, size, 3) RGB.
    """
    size = scene.shape[0]
    axis = np.linspace(-1.0, 1.0, size, dtype=np.float32)
    x, y = axis[None, :], axis[:, None]
    falloff = np.float32(exposure.level) * (
        1.0
        + np.float32(exposure.gradient[0]) * x
        + np.float32(exposure.gradient[1]) * y
        - np.float32(exposure.vignette / 2.0) * (x * x + y * y)
    )
    image = np.clip(scene, 0.0, 1.6) * dyed(exposure.cast, falloff)
    image = blurred(image, exposure.blur * size)
    # A shoulder instead of a cut: highlights of real photographs keep a little drawing.
    image = np.where(image > 0.8, 0.8 + 0.2 * np.tanh((image - 0.8) / 0.2), image)
    image = np.power(np.maximum(image, 0.0), np.float32(exposure.contrast))
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    image += np.float32(exposure.noise) * noise * np.sqrt(0.1 + 0.9 * image)
    pixels = np.rint(np.clip(image, 0.0, 1.0) * 255.0).astype(np.uint8)
    return _through_jpeg(pixels, exposure.quality)


def _through_jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, file = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    read = cv2.imdecode(file, cv2.IMREAD_COLOR)
    if read is None:
        raise RuntimeError("OpenCV cannot read the JPEG it wrote")
    return np.ascontiguousarray(read[..., ::-1], np.uint8)
