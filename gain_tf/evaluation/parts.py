"""Answers on parts of a split, kept in files: made apart, judged together."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gain_tf.data.dataset import Split
from gain_tf.data.numpy_files import DAMAGED, arrays_in
from gain_tf.data.part import part_of
from gain_tf.data.shard import Shard
from gain_tf.errors import UserError
from gain_tf.evaluation.predictions import MapFigures, Predictions
from gain_tf.files import replacing

FIELDS = ("image", "category", "energy", "area", "pointing", "zero")


@dataclass(frozen=True)
class Parts:
    """`SPLIT-I-of-N.npz` of every part.

    A file holds `ids`, `scores` (n, C), `confusion`, and a row a map of each field of `MapFigures`.

    Attributes:
        folder: of the files.
    """

    folder: Path

    def answer(
        self, name: str, split: Split, shard: Shard, predict: Callable[[Split], Predictions]
    ) -> bool:
        """Answer for a part and keep the answers; a part that is done is not done again.

        Args:
            name: of the split.
            split: the whole of it.
            shard: which part.
            predict: answers for a split.

        Returns:
            Whether there was anything to do.
        """
        path = self._file(name, shard)
        own = shard.of(range(len(split)))
        if path.is_file() or not own:
            return False
        found = predict(part_of(split, own))
        columns: dict[str, Any] = {
            field: np.array([getattr(each, field) for each in found.maps]) for field in FIELDS
        }
        columns["iou"] = np.array([each.iou for each in found.maps])
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            np.savez_compressed(
                temporary,
                ids=np.array(found.ids),
                scores=found.scores,
                confusion=found.confusion,
                **columns,
            )
        return True

    def joined(self, name: str, split: Split) -> Predictions:
        """Join the answers of all parts.

        Args:
            name: of the split.
            split: the whole of it.

        Returns:
            What one pass over the split answers.

        Raises:
            UserError: parts are missing or damaged, or hold other images than the split does now.
        """
        scores, maps, confusion = [], [], None
        place = {}
        for shard in self._shards(name, len(split)):
            path = self._file(name, shard)
            own = shard.of(range(len(split)))
            again = f"delete it, and make part {shard} again"
            arrays = _read(path, again)
            if arrays["ids"].tolist() != [split.ids[index] for index in own]:
                raise UserError(
                    f"{path}: holds answers for other images than {name} has now; {again}"
                )
            place.update(zip(own, range(len(place), len(place) + len(own)), strict=True))
            scores.append(arrays["scores"])
            confusion = arrays["confusion"] + (0 if confusion is None else confusion)
            maps += _maps(own, arrays["iou"], {field: arrays[field] for field in FIELDS})
        order = [place[index] for index in range(len(split))]
        return Predictions(
            ids=split.ids,
            groups=split.groups or split.ids,
            labels=split.labels,
            scores=np.concatenate(scores)[order],
            maps=sorted(maps, key=lambda each: each.image),
            confusion=np.asarray(confusion),
        )

    def _file(self, name: str, shard: Shard) -> Path:
        return self.folder / f"{name}-{shard.number}-of-{shard.count}.npz"

    def _shards(self, name: str, images: int) -> list[Shard]:
        """List the parts of a split that hold an image."""
        pattern = re.compile(rf"{re.escape(name)}-(\d+)-of-(\d+)\.npz")
        found = [pattern.fullmatch(path.name) for path in self.folder.glob("*.npz")]
        there = {tuple(map(int, match.groups())) for match in found if match}
        counts = sorted({count for _, count in there})
        if len(counts) != 1:
            said = f"parts of {', '.join(map(str, counts))}" if counts else "no part"
            raise UserError(
                f"{self.folder}: holds {said} of {name}; make all parts of one number by --shard"
            )
        count = counts[0]
        wanted = [Shard(number, count) for number in range(1, min(count, images) + 1)]
        missing = [str(shard) for shard in wanted if (shard.number, count) not in there]
        if missing:
            raise UserError(
                f"{self.folder}: lacks parts {', '.join(missing)} of {name}; make them by --shard"
            )
        return wanted


def _read(path: Path, remedy: str) -> dict[str, np.ndarray]:
    try:
        with arrays_in(path) as arrays:
            return {name: arrays[name] for name in ("ids", "scores", "confusion", "iou", *FIELDS)}
    except DAMAGED as error:
        raise UserError(f"{path}: is damaged; {remedy}") from error


def _maps(own: Sequence[int], iou: np.ndarray, columns: dict[str, np.ndarray]) -> list[MapFigures]:
    rows = zip(*(columns[field].tolist() for field in FIELDS), iou, strict=True)
    return [
        MapFigures(own[image], category, energy, area, pointing, curve, zero)
        for image, category, energy, area, pointing, zero, curve in rows
    ]
