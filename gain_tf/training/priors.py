"""The foreground prior of Eq. 9 for a row's training images, made once and kept on disk."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gain_tf.config import Config
from gain_tf.data.dataset import Split
from gain_tf.data.decode import UnreadableImageError
from gain_tf.data.pipeline import resize_image
from gain_tf.data.progress import tracked
from gain_tf.data.saliency import (
    SavedSaliency,
    check_opencv,
    is_kept,
    keep_map,
    kept_map,
    maps_below,
    opencv_saliency,
    smoothed,
)
from gain_tf.models.gain import GAIN

Make = Callable[[np.ndarray, np.ndarray], Sequence[np.ndarray]]
"""From images (n, H, W, 3) in [0, 255] and labels (n, C) to maps (n, H, W), at least 0."""


def with_prior(config: Config, split: Split, network: Callable[[], GAIN]) -> Split:
    """Give the annotated images of a split their saliency, where the config wants it.

    Args:
        config: of the row; `data.saliency` says where maps come from.
        split: within its budget; its images with boxes get a map.
        network: makes the network that the row starts from, asked for gradients only.

    Returns:
        The split, with `saliency` where Eq. 9 is part of training and there is a source.

    Raises:
        ConfigError: OpenCV lacks the module.
        DataError: the folder lacks maps; all are named.
    """
    settings = config.data.saliency
    boxed = np.flatnonzero(split.has_boxes).tolist()
    if not (config.wants_saliency and boxed):
        return split
    if settings.folder is not None and settings.source == "folder":
        return replace(split, saliency=maps_below(settings.folder, split.ids, boxed))
    made_by: dict[str, Any] = {
        "source": settings.source,
        "size": config.data.image_size,
        "smooth": settings.smooth,
    }
    if settings.source == "opencv":
        check_opencv()
        made_by |= {"method": settings.method}
        return _made(config, split, boxed, made_by, _by_opencv(settings.method))
    start = network()
    made_by |= {
        "median": settings.median,
        "model": config.model.model_dump(mode="json"),
        "weights": weights_hash(start),
    }
    return _made(config, split, boxed, made_by, _by_gradient(start, median=settings.median))


def weights_hash(model: GAIN) -> str:
    """Return a hash of every weight of a network."""
    content = hashlib.sha256()
    for weights in model.get_weights():
        content.update(f"{weights.dtype} {weights.shape}".encode())
        content.update(weights.tobytes())
    return content.hexdigest()


def _by_opencv(method: str) -> Make:
    def make(images: np.ndarray, _: np.ndarray) -> Sequence[np.ndarray]:
        return [opencv_saliency(image.round().astype(np.uint8), method) for image in images]

    return make


def _by_gradient(model: GAIN, *, median: bool) -> Make:
    def make(images: np.ndarray, labels: np.ndarray) -> Sequence[np.ndarray]:
        return list(model.saliency(images, labels, median=median))

    return make


def _made(
    config: Config, split: Split, indices: Sequence[int], made_by: dict[str, Any], make: Make
) -> Split:
    """Make the maps that are not kept yet, a batch at a time."""
    paths: list[Path | None] = [None] * len(split)
    waiting: list[tuple[int, Path, np.ndarray]] = []

    def finish() -> None:
        if not waiting:
            return
        rows, places, images = zip(*waiting, strict=True)
        maps = make(np.stack(images), split.labels[list(rows)])
        for path, saliency in zip(places, maps, strict=True):
            keep_map(path, smoothed(saliency, config.data.saliency.smooth))
        waiting.clear()

    for index in tracked(indices, "saliency"):
        try:
            image = split.pictures.image(index)
        except UnreadableImageError:
            # Training meets the image too, and counts it.
            continue
        labels = np.flatnonzero(split.labels[index] > 0.5).tolist()
        path = kept_map(config.data.cache_folder, image, {**made_by, "labels": labels})
        paths[index] = path
        if not is_kept(path):
            resized = resize_image(image, config.data.image_size).numpy()
            waiting.append((index, path, np.clip(resized, 0, 255)))
        if len(waiting) == config.data.batch_size:
            finish()
    finish()
    return replace(split, saliency=SavedSaliency(paths))
