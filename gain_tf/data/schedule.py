"""Which images make up each batch of an epoch.

A pure function of seed and epoch: a run that resumes at epoch n sees what an unbroken run sees.
"""

from dataclasses import dataclass

import numpy as np

from gain_tf.data.shard import ALL, Shard


@dataclass(frozen=True)
class Schedule:
    """How the batches of every epoch are drawn.

    Of each batch, `round(annotated_share * batch_size)` images come from the annotated pool (the
    paper's separate stream S_e), the others from all images in random order. Without annotated
    images all come from the latter.

    Attributes:
        images: number N of images.
        annotated: indices of the annotated pool.
        batch_size: images in a batch.
        annotated_share: of each batch, in [0, 1].
        background_swap: probability that an annotated image gets another image's background.
        steps_per_epoch: None for as many as show each image once.
        seed: of everything random.
        backgrounds: indices of the images whose background others get, their objects hidden; None
            for all images, whole.
        replicas: that share a batch, each an equal part of it in order, and of its annotated
            images; both numbers must be multiples of it.
        worker: this process among those that train together; it prepares the part of each batch
            that its replicas get.
    """

    images: int
    annotated: np.ndarray
    batch_size: int
    annotated_share: float
    background_swap: float
    steps_per_epoch: int | None
    seed: int
    backgrounds: np.ndarray | None = None
    replicas: int = 1
    worker: Shard = ALL

    @property
    def drawn(self) -> int:
        """Images of each batch that are drawn from the annotated pool."""
        return round(self.annotated_share * self.batch_size) if len(self.annotated) else 0

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        fresh = max(self.batch_size - self.drawn, 1)
        return self.steps_per_epoch or max(round(self.images / fresh), 1)

    def epoch(self, number: int) -> dict[str, np.ndarray]:
        """Draw an epoch.

        Args:
            number: of the epoch, from 0.

        Returns:
            One entry an image, `steps * batch_size` in all: `index` int64, `partner` int64 (whose
            background it may get), `swap` boolean, `seed` int32 (..., 2) for its augmentation.
        """
        random = np.random.default_rng([self.seed, number])
        rest = self.batch_size - self.drawn
        index = np.concatenate(
            [
                _endless(self.annotated, self.steps * self.drawn, random).reshape(self.steps, -1),
                _endless(np.arange(self.images), self.steps * rest, random).reshape(self.steps, -1),
            ],
            axis=1,
        ).reshape(-1)
        backgrounds = np.arange(self.images) if self.backgrounds is None else self.backgrounds
        chance = random.uniform(size=index.shape)
        entries = {
            "index": index,
            "partner": backgrounds[random.integers(len(backgrounds), size=index.shape)],
            "swap": (chance < self.background_swap) & np.isin(index, self.annotated),
            "seed": random.integers(2**31 - 1, size=(*index.shape, 2), dtype=np.int32),
        }
        # Dealt out last: an image is changed in the same way however many replicas there are.
        return {name: self._dealt_out(values) for name, values in entries.items()}

    def _dealt_out(self, values: np.ndarray) -> np.ndarray:
        """Order the entries of each batch by the replica that gets them."""
        batches = values.reshape(self.steps, self.batch_size, *values.shape[1:])
        parts = (self.steps, self.replicas, -1, *values.shape[1:])
        annotated, rest = batches[:, : self.drawn], batches[:, self.drawn :]
        dealt = np.concatenate([annotated.reshape(parts), rest.reshape(parts)], axis=2)
        return dealt.reshape(values.shape)

    def own(self, number: int) -> dict[str, np.ndarray]:
        """Return the worker's part of an epoch, as `epoch` describes it."""
        parts = (self.steps, self.worker.count, self.batch_size // self.worker.count)
        part = self.worker.number - 1
        return {
            name: np.concatenate(values.reshape(*parts, *values.shape[1:])[:, part])
            for name, values in self.epoch(number).items()
        }

    @property
    def prepared(self) -> int:
        """Images of a batch that is handed on: several workers hand each replica its own."""
        return self.batch_size if self.worker.whole else self.batch_size // self.replicas

    def batch(self, epoch: int, step: int) -> np.ndarray:
        """Return the images of a batch, int64 (batch_size,); both numbers count from 0."""
        return self.epoch(epoch)["index"].reshape(-1, self.batch_size)[step]


def _endless(pool: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Deal `count` entries, going through the whole pool before any comes again."""
    rounds = -(-count // max(len(pool), 1))
    dealt = [random.permutation(pool) for _ in range(rounds)]
    return np.concatenate([np.zeros(0, np.int64), *dealt])[:count].astype(np.int64)
