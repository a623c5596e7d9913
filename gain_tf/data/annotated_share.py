"""Is the share of annotated images that was asked for the one that whole images in a batch make?"""

import logging
from collections.abc import Iterable

from gain_tf.config import ConfigError
from gain_tf.data.schedule import Schedule

TOLERANCE = 0.25
"""How far off the share may be without a word, as a share of itself."""

_log = logging.getLogger(__name__)


def check_shares(schedules: Iterable[Schedule]) -> None:
    """Hold what is drawn for each batch against the share that was asked for.

    Where all images are annotated, or none is, the share changes nothing and may be any. What is
    off by more than `TOLERANCE` is logged, each case once.

    Args:
        schedules: of the rows of a run.

    Raises:
        ConfigError: a share comes to no annotated image at all, or to nothing but annotated ones,
            and neither was asked for; each case is named once.
    """
    asked = {
        (each.annotated_share, each.batch_size, each.drawn, len(each.annotated), each.images)
        for each in schedules
        if 0 < each.annotated_share < 1 and 0 < len(each.annotated) < each.images
    }
    cases = sorted(asked)
    if problems := [_problem(*case) for case in cases if case[2] in (0, case[1])]:
        raise ConfigError("\n".join(problems))
    for share, size, drawn in dict.fromkeys(case[:3] for case in cases):
        if not _near(drawn, size, share):
            _log.warning(
                "data.annotated_share: %g of a data.batch_size of %d is rounded to %d, a share of "
                "%.2g; a batch_size of %d comes closer",
                *(share, size, drawn, drawn / size, _larger(size, share)),
            )


def _problem(share: float, size: int, drawn: int, annotated: int, images: int) -> str:
    if drawn:
        rounded = f"all {size}" if size > 1 else "1"
        meant = f"the {images - annotated} images without annotation are never seen; say 1"
        other = (size - 1) / size
    else:
        rounded = "0"
        meant = (
            f"the {annotated} annotated of {images} images come no more often than others; say 0"
        )
        other = 1 / size
    right = f", {other:.3g} for {round(other * size)} of {size}" if 0 < other < 1 else ""
    return (
        f"data.annotated_share: {share:g} of a data.batch_size of {size} is rounded to {rounded}: "
        f"{meant} if that is meant{right}, or take a batch_size of {_larger(size, share)}"
    )


def _larger(size: int, share: float) -> int:
    """Return the next size of a batch that has nearly the share."""
    # One annotated image in as many, or one without annotation.
    step = round(1 / min(share, 1 - share))
    return (size // step + 1) * step


def _near(drawn: int, size: int, share: float) -> bool:
    return abs(drawn / size - share) <= TOLERANCE * share
