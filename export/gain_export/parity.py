"""The gate: an exported file is accepted only where it answers as the training does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gain_export.answers import Answers
from gain_tf.errors import FailedError
from gain_tf.evaluation.figures_of_merit import verdicts_of

SCORES, ATTENTION = 1e-4, 1e-3
"""Largest differences that pass."""

TIE = 1e-6
"""Scores so close to another verdict that the rounding of float32 decides: either will do."""


@dataclass(frozen=True)
class Parity:
    """How far an exported file is from the training, at its worst.

    Attributes:
        images: how many were compared.
        scores: largest difference of a probability.
        verdicts: how many images have another verdict, ties apart.
        attention: largest difference of a map's cell, None without attention.
        worst: the image that differs most, as a share of what is allowed.
    """

    images: int
    scores: float
    verdicts: int
    attention: float | None
    worst: str

    @property
    def passed(self) -> bool:
        """Whether all differences are within what is allowed; NaN never is."""
        attention = self.attention is None or self.attention <= ATTENTION
        return self.scores <= SCORES and attention and self.verdicts == 0

    def figures(self) -> dict[str, Any]:
        """Return what `parity.json` keeps."""
        return {
            "images": self.images,
            "scores": {"largest_difference": self.scores, "allowed": SCORES},
            "verdicts": {"different": self.verdicts, "allowed": 0},
            "attention": None
            if self.attention is None
            else {"largest_difference": self.attention, "allowed": ATTENTION},
            "worst_image": self.worst,
            "passed": self.passed,
        }


def compare(
    reference: Answers, exported: Answers, ids: Sequence[str], *, single_label: bool
) -> Parity:
    """Compare an exported model's answers with those of the training.

    Args:
        reference: of the training code, maps of the classes that the exported model chose.
        exported: of the exported model.
        ids: names of the pictures.
        single_label: whether the verdict is the best class alone.
    """
    scores = _largest(reference.scores, exported.scores)
    differ = verdicts_of(reference.scores, single_label) != verdicts_of(
        exported.scores, single_label
    )
    tied = _tied(reference.scores, single_label) & _tied(exported.scores, single_label)
    wrong = (differ & ~tied).any(axis=1)
    badness = np.maximum(scores / SCORES, 2.0 * wrong)
    attention = None
    if reference.attention is not None and exported.attention is not None:
        pairs = zip(reference.attention, exported.attention, strict=True)
        maps = np.concatenate([_largest(one[np.newaxis], two[np.newaxis]) for one, two in pairs])
        attention = float(maps.max())
        badness = np.maximum(badness, maps / ATTENTION)
    return Parity(
        images=len(ids),
        scores=float(scores.max()),
        verdicts=int(wrong.sum()),
        attention=attention,
        worst=ids[int(badness.argmax())],
    )


def require(parity: Parity, what: str) -> None:
    """Refuse a file that does not answer as the training does.

    Args:
        parity: of the file.
        what: the file's kind, for the message.

    Raises:
        FailedError: names the image that differs most.
    """
    if parity.passed:
        return
    attention = "" if parity.attention is None else f", attention by {parity.attention:.2g}"
    raise FailedError(
        f"{what} does not answer as the training does and was not kept: over {parity.images} "
        f"images scores differ by up to {parity.scores:.2g}{attention}, and {parity.verdicts} "
        f"verdicts; allowed are {SCORES:g}, {ATTENTION:g} and 0; the image that differs most is "
        f"{parity.worst}"
    )


def _largest(reference: np.ndarray, exported: np.ndarray) -> np.ndarray:
    """Largest difference of each picture; infinite where there is none to be had."""
    difference = np.abs(reference - exported).reshape(len(reference), -1).max(axis=1)
    return np.nan_to_num(difference, nan=np.inf)


def _tied(scores: np.ndarray, single_label: bool) -> np.ndarray:
    """Tell which verdicts rounding may turn, boolean (N, C) or, one for all classes, (N, 1)."""
    if not single_label:
        return np.abs(scores - 0.5) <= TIE
    best = np.sort(scores, axis=1)[:, -2:]
    return best[:, -1:] - best[:, :1] <= TIE
