"""Images without truth: overlays, maps and scores written to a folder."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from gain_tf.data.decode import UnreadableImageError, read_image
from gain_tf.data.names import without_ending
from gain_tf.data.photographs import SUFFIXES, photographs
from gain_tf.data.pipeline import resize_image
from gain_tf.data.shard import ALL, Shard
from gain_tf.data.walk import named_below
from gain_tf.errors import UserError
from gain_tf.evaluation.figures_of_merit import verdicts_of
from gain_tf.files import replacing
from gain_tf.models.classifier import AttentiveClassifier
from gain_tf.report.claim import claim
from gain_tf.report.drawing import overlay
from gain_tf.report.score_table import ScoreTable

SETTINGS = "explain.json"
"""In the output folder: how its maps were made."""

IMAGES = "set of images"
"""In those settings: the paths that were given. Of two sets, two images may have one name."""


@dataclass(frozen=True)
class Found:
    """An image to be explained.

    Attributes:
        path: of the file.
        name: below the output folder, without an ending.
    """

    path: Path
    name: str


def find_images(paths: Sequence[Path], out: Path) -> list[Found]:
    """List images and the images in folders.

    Args:
        paths: files and folders. Masks that lie beside the photographs of a folder, see
            `gain_tf.data.photographs`, are no images.
        out: where the overlays go; what lies there is not taken for an image.

    Returns:
        The images in the order of the paths; those of a folder keep their place in it. Images that
        differ in their endings alone keep these in their names, so that one that comes later takes
        no other's; what still collides gets a number.

    Raises:
        UserError: a path does not exist, a folder cannot be read, or there is no image at all.
    """
    for path in paths:
        if not path.exists():
            raise UserError(f"{path}: there is no such file or folder")
    listed: list[tuple[Path, PurePath]] = []
    for path in paths:
        inside = [path]
        if path.is_dir():
            pictures = [
                each
                for each in named_below(path, SUFFIXES)
                if each.is_file() and not each.resolve().is_relative_to(out.resolve())
            ]
            inside = photographs(pictures, ())
        base = path if path.is_dir() else path.parent
        listed += [(each, each.relative_to(base)) for each in inside]
    if not listed:
        raise UserError(f"there is no image in {', '.join(map(str, paths))}")
    alike = Counter(without_ending(name).lower() for _, name in listed)
    found, names = [], Names()
    for path, name in listed:
        short = without_ending(name)
        found.append(
            Found(path, names.apart(name.as_posix() if alike[short.lower()] > 1 else short))
        )
    return found


def resolved(paths: Sequence[Path]) -> list[str]:
    """Write paths so that they are the same from any folder, in any order."""
    return sorted({str(path.resolve()) for path in paths})


@dataclass
class Names:
    """Names given so far; file systems that ignore case are thought of."""

    _given: set[str] = field(default_factory=set)

    def apart(self, name: str) -> str:
        """Return the name, with a number if it was given before."""
        candidate, number = name, 1
        while candidate.lower() in self._given:
            number += 1
            candidate = f"{name}-{number}"
        self._given.add(candidate.lower())
        return candidate


@dataclass
class Explainer:
    """A model that writes down where it looks, image by image.

    Attributes:
        model: trained.
        made_by: says which model it is, so that the folder holds the maps of one alone.
        sources: files and folders that the images were found in, see `find_images`; likewise.
        image_size: (height, width) the model sees.
        class_names: in the order of the scores.
        single_label: whether the verdict is one class.
        out: folder that the files go to.
        classes: indices of the classes to explain; None explains the best of each image.
        top: how many of the best.
        shard: whose images are explained; a part has a table of its own.
        problems: a sentence for each image that could not be read, so far.
    """

    model: AttentiveClassifier
    made_by: Mapping[str, Any]
    sources: Sequence[Path]
    image_size: tuple[int, int]
    class_names: Sequence[str]
    single_label: bool
    out: Path
    classes: Sequence[int] | None = None
    top: int = 1
    shard: Shard = ALL
    problems: list[str] = field(default_factory=list)

    def begin(self, images: Sequence[Found]) -> list[Found]:
        """Make the folder, or go on with it.

        Args:
            images: to be explained.

        Returns:
            Those of them that are not explained yet.

        Raises:
            UserError: the folder holds the maps of another model, of other images or classes.
        """
        asked = {
            **self.made_by,
            IMAGES: resolved(self.sources),
            "classes": self.classes,
            "top": self.top,
        }
        begun = claim(self.out, SETTINGS, asked, "maps")
        # All that parts did is taken over into the table of the whole.
        parts = sorted(self.out.glob("scores-*-of-*.csv")) if self.shard.whole else []
        wanted = Counter(str(each.path) for each in images)
        done = self._table.begin(
            [self._table.path, *parts] if begun else [],
            wanted,
            lambda name: all(path.is_file() for path in self._files(name)),
        )
        left = []
        for each in images:
            if done[str(each.path)]:
                done[str(each.path)] -= 1
            else:
                left.append(each)
        return left

    def explain(self, images: Iterable[Found], batch_size: int) -> None:
        """Explain images; the table of scores holds what is done, even if it is interrupted.

        Args:
            images: to be read and explained, see `begin`.
            batch_size: images computed at a time.
        """
        for batch in self._batches(images, batch_size):
            self._explain_batch(batch)

    @property
    def _table(self) -> ScoreTable:
        part = "" if self.shard.whole else f"-{self.shard.number}-of-{self.shard.count}"
        scores = (f"score {name}" for name in self.class_names)
        return ScoreTable(
            self.out / f"scores{part}.csv",
            ["image", "written", "verdict", "explained", *scores],
            self.top if self.classes is None else len(self.classes),
        )

    def _batches(
        self, images: Iterable[Found], size: int
    ) -> Iterator[list[tuple[Found, np.ndarray]]]:
        batch = []
        for found in images:
            try:
                batch.append((found, read_image(found.path)))
            except UnreadableImageError as error:
                self.problems.append(str(error))
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch

    def _explain_batch(self, batch: Sequence[tuple[Found, np.ndarray]]) -> None:
        images = tf.stack([resize_image(tf.constant(image), self.image_size) for _, image in batch])
        if self.classes is None:
            best = np.argsort(-self.model.predict_on_batch(images), axis=1, kind="stable")
            asked = best[:, : self.top]
        else:
            asked = np.tile(self.classes, (len(batch), 1))
        scores, maps = (part.numpy() for part in self.model.explain(images, tf.constant(asked)))
        verdicts = verdicts_of(scores, self.single_label)
        rows = []
        for place, (found, image) in enumerate(batch):
            named = zip(self.class_names, verdicts[place], strict=True)
            verdict = ";".join(name for name, on in named if on)
            numbers = [f"{score:.6f}" for score in scores[place]]
            several, names = asked.shape[1] > 1, Names()
            for category, attention in zip(asked[place], maps[place], strict=True):
                explained = self.class_names[int(category)]
                part = names.apart(re.sub(r"[^\w.-]+", "-", explained))
                name = f"{found.name}--{part}" if several else found.name
                self._write(name, image, attention)
                rows.append([str(found.path), name, verdict, explained, *numbers])
        self._table.add(rows)

    def _write(self, name: str, image: np.ndarray, attention: np.ndarray) -> None:
        picture, raw = self._files(name)
        picture.parent.mkdir(parents=True, exist_ok=True)
        with replacing(picture) as temporary:
            Image.fromarray(overlay(image, attention)).save(temporary)
        with replacing(raw) as temporary:
            np.save(temporary, attention.astype(np.float32))

    def _files(self, name: str) -> tuple[Path, Path]:
        # Not `with_suffix`: a name such as `part.0815` would lose its end.
        return self.out / f"{name}.png", self.out / f"{name}.npy"
