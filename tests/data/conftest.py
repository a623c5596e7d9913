"""Small data sets: in memory, and as files in a folder."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from gain_tf.config import parse_config
from gain_tf.data.dataset import ArrayPictures, Split
from gain_tf.data.files import DataError
from gain_tf.data.registry import load_data


@pytest.fixture
def make_split():
    """Factory of a split with a mask and a box, of the image's own class, for each image."""

    def make(labels, side=8, classes=None, masked=None, boxed=None):
        labels = np.asarray(labels)
        count = len(labels)
        classes = classes or int(labels.max()) + 1
        random = np.random.default_rng(3)
        images = random.integers(0, 256, (count, side, side, 3), dtype=np.uint8)
        masks = np.zeros((count, side, side), np.uint8)
        masks[:, 2:5, 1:4] = labels[:, None, None] + 1
        hot = np.eye(classes, dtype=np.float32)[labels]
        shows = hot > 0
        if masked is not None:
            shows &= np.isin(np.arange(count), masked)[:, None]
        has_box = np.isin(np.arange(count), np.arange(count) if boxed is None else boxed)
        box = np.array([[2 / 8, 1 / 8, 5 / 8, 4 / 8]], np.float32)
        return Split(
            ids=[f"i{index}" for index in range(count)],
            labels=hot,
            pictures=ArrayPictures(images, masks),
            mask_shows=shows,
            boxes=[box if on else box[:0] for on in has_box],
            box_labels=[
                np.array([label] if on else [], np.int32)
                for label, on in zip(labels, has_box, strict=True)
            ],
        )

    return make


class Album:
    """A folder of little photographs."""

    def __init__(self, root):
        self.root = root

    def photograph(self, name, size=(12, 10), mode="RGB"):
        random = np.random.default_rng(len(name))
        shape = (size[1], size[0], len(mode)) if mode in ("RGB", "RGBA") else size[::-1]
        pixels = random.integers(0, 256, shape, dtype=np.uint8)
        if mode == "I;16":
            return self.save(name, Image.fromarray(pixels.astype(np.uint16) * 256))
        return self.save(name, Image.fromarray(pixels).convert(mode))

    def mask(self, name, pixels):
        return self.save(name, Image.fromarray(np.asarray(pixels, np.uint8)))

    def save(self, name, picture):
        path = Path(self.root / name)
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
        return path

    def classes(self, *names, count=5):
        for name in names:
            for index in range(count):
                self.photograph(f"{name}/{index}.jpg")
        return self

    def csv(self, text, encoding="utf-8"):
        (self.root / "labels.csv").write_bytes(text.encode(encoding))
        return self

    def write(self, name, content):
        """Write an annotation file: text, bytes, or what is to be JSON."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict | list):
            content = json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def load(self, **folder):
        data = {"name": "folder", "root": str(self.root), "folder": folder}
        return load_data(parse_config({"name": "x", "data": data}).data)

    @staticmethod
    def found(data, identifier):
        """All that a data set says of an image of 12 x 10 pixels, boxes in pixels."""
        split = next(each for each in data.splits.values() if identifier in each.ids)
        index = split.ids.index(identifier)
        return SimpleNamespace(
            labels={
                name for name, on in zip(data.class_names, split.labels[index], strict=True) if on
            },
            shows={
                name
                for name, on in zip(data.class_names, split.mask_shows[index], strict=True)
                if on
            },
            mask=split.pictures.mask(index),
            boxes=(split.boxes[index] * [10, 12, 10, 12]).round(3).tolist(),
            names=[data.class_names[label] for label in split.box_labels[index]],
            flags=split.box_flags[index].tolist(),
        )

    def problems(self, **folder):
        """What is wrong, with paths relative to the root."""
        with pytest.raises(DataError) as caught:
            self.load(**folder)
        assert str(caught.value).splitlines() == caught.value.problems
        return [text.replace(f"{self.root}/", "") for text in caught.value.problems]


@pytest.fixture
def album(tmp_path):
    root = tmp_path / "album"
    root.mkdir()
    return Album(root)


@pytest.fixture
def spot():
    """A mask of 12 x 10 pixels with one object of 3 x 4 pixels."""
    mask = np.zeros((10, 12), np.uint8)
    mask[2:5, 3:7] = 255
    return mask
