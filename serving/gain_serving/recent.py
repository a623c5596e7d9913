"""The last decisions, for a person to look at."""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import numpy as np

from gain_serving.decision import Decision
from gain_serving.decode import decode
from gain_serving.overlay import overlay_png

SIDE = 320
"""Pixels of a picture's longer side, at most."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One decision.

    Attributes:
        number: counts up from 1.
        time: of the decision.
        decision: what was said.
        seconds: from the request's arrival to its answer.
        image: small uint8 RGB (h, w, 3), or the encoded image.
    """

    number: int
    time: datetime
    decision: Decision
    seconds: float
    image: np.ndarray | bytes


class Recent:
    """A few decisions, the newest kept. Pictures are drawn when looked at, not when judged.

    Args:
        size: how many are kept.
        max_encoded: bytes of an encoded image that is kept; of a larger one no picture is shown.
    """

    def __init__(self, size: int = 12, max_encoded: int = 1 << 22) -> None:
        self._seen: deque[Seen] = deque(maxlen=size)
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._max_encoded = max_encoded

    def add(
        self, images: np.ndarray | list[bytes], decisions: list[Decision], seconds: float
    ) -> None:
        """Keep the decisions on a request's images."""
        time = datetime.now(UTC)
        size = self._seen.maxlen or 0
        for image, decision in list(zip(images, decisions, strict=True))[-size:]:
            if isinstance(image, np.ndarray):
                kept = _small(image)
            else:
                kept = image if len(image) <= self._max_encoded else b""
            with self._lock:
                self._seen.append(Seen(next(self._numbers), time, decision, seconds, kept))

    def newest_first(self) -> list[Seen]:
        """Return what is kept."""
        with self._lock:
            return list(reversed(self._seen))

    def picture(self, number: int) -> bytes | None:
        """Draw where the network looked.

        Args:
            number: of the decision.

        Returns:
            PNG; None where the decision is not kept any more or has no picture.
        """
        for seen in self.newest_first():
            if seen.number == number and len(seen.image):
                image = seen.image
                if isinstance(image, bytes):
                    image = _small(decode(image))
                attention = seen.decision.attention
                flat = np.zeros((1, 1), np.float32)
                return overlay_png(image, flat if attention is None else attention[0])
        return None


def _small(image: np.ndarray) -> np.ndarray:
    step = max(1, -(-max(image.shape[:2]) // SIDE))
    return image[::step, ::step].copy()
