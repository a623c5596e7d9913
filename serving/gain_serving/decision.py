"""From scores to a verdict."""

from dataclasses import dataclass

import numpy as np

from gain_serving.metadata import ModelDescription

REJECT = "reject"
"""The verdict on an image that the model is not sure enough about."""


@dataclass(frozen=True)
class Timings:
    """Seconds spent on one image.

    Attributes:
        decode: bytes to pixels; 0 where pixels were given.
        inference: the network; for a batch, its share.
        postprocess: class map refined by the CRF, a share of the batch; verdict and overlay.
    """

    decode: float
    inference: float
    postprocess: float


@dataclass(frozen=True, eq=False)
class Decision:
    """What the model says of one image.

    Attributes:
        verdict: class name, several joined by ";", "" for none, or `REJECT`.
        accepted: False where rejected.
        scores: class name -> probability, in the order of the model.
        threshold: of a score.
        reject_band: (low, high) of a score that is not trusted, or None.
        attention: float32 (k, h, w) in [0, 1], or None where the model has none.
        attention_class: int64 (k,) the class of each map, or None.
        overlay: PNG, where asked for and the model has attention.
        model: name of the model.
        version: of the model.
        sha256: of the model file, hex.
        timings: where the time went.
        class_map: uint8 (H, W), of each pixel its class, counted from 1, or 0 for none of them;
            None where the model is no segmenter, or nobody asked.
    """

    verdict: str
    accepted: bool
    scores: dict[str, float]
    threshold: float
    reject_band: tuple[float, float] | None
    attention: np.ndarray | None
    attention_class: np.ndarray | None
    overlay: bytes | None
    model: str
    version: str
    sha256: str
    timings: Timings
    class_map: np.ndarray | None = None


def judge(scores: np.ndarray, description: ModelDescription) -> tuple[str, bool]:
    """Turn the scores of one image into a verdict.

    Single-label models name the class of the best score, the first of equals; others every class
    above the threshold. Rejected is, for single-label models, a best score in the reject band; for
    others, any score in it; for both, a score that is no number.

    Args:
        scores: float (C,) probabilities.
        description: names and thresholds.

    Returns:
        The verdict, and whether it is accepted.
    """
    names, thresholds = description.class_names, description.thresholds
    if not np.isfinite(scores).all():
        return REJECT, False
    best = int(scores.argmax())
    doubtful = scores[best : best + 1] if description.single_label else scores
    if thresholds.reject_band is not None:
        low, high = thresholds.reject_band
        if bool(np.any((low <= doubtful) & (doubtful < high))):
            return REJECT, False
    if description.single_label:
        return names[best], True
    present = (name for name, score in zip(names, scores, strict=True) if score > thresholds.score)
    return ";".join(present), True
