"""PASCAL VOC 2012 and SBD in the exact layout of their archives, with a handful of images."""

import tarfile
from pathlib import Path

import numpy as np
import scipy.io
import scipy.sparse
from PIL import Image

from gain_tf.data.indexed import colour_map

SIZES = {
    "2007_000032": (20, 30),
    "2008_000008": (24, 16),
    "2007_000033": (18, 22),
    "2009_000001": (20, 20),
    "2010_000002": (10, 40),
    "2008_000001": (12, 14),
    "2011_000009": (14, 12),
}
"""Height and width of each image."""

TRAIN = ("2007_000032", "2008_000008")
VAL = ("2007_000033",)
TEST = ("2008_000001", "2011_000009")
# SBD trains on one of VOC's train and on one of VOC's val.
SBD_TRAIN = ("2008_000008", "2007_000033", "2009_000001")
SBD_VAL = ("2010_000002",)
SPLITS = {"train": 2, "trainaug": 4, "val": 1, "test": 2}

OBJECTS = {
    # name, xmin, ymin, xmax, ymax, difficult
    "2007_000032": [("aeroplane", 4, 3, 15, 12, 0), ("person", 16, 11, 30, 20, 1)],
    "2008_000008": [("horse", 1, 1, 16, 24, 0)],
    "2007_000033": [("tvmonitor", 2, 2, 10, 10, 0)],
    "2009_000001": [("bottle", 5, 5, 8.7, 9.2, 0), ("bottle", 11, 5, 15, 20, 0)],
    "2010_000002": [("boat", 1, 1, 40, 10, 0)],
}

ANNOTATION = """<annotation>
\t<folder>VOC2012</folder>
\t<filename>{name}.jpg</filename>
\t<size><width>{width}</width><height>{height}</height><depth>3</depth></size>
\t<segmented>1</segmented>
{objects}</annotation>
"""
OBJECT = """\t<object>
\t\t<name>{0}</name>
\t\t<pose>Unspecified</pose>
\t\t<truncated>1</truncated>
\t\t<difficult>{5}</difficult>
\t\t<part>
\t\t\t<name>head</name>
\t\t\t<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox>
\t\t</part>
\t\t<bndbox>
\t\t\t<xmin>{1}</xmin><ymin>{2}</ymin><xmax>{3}</xmax><ymax>{4}</ymax>
\t\t</bndbox>
\t</object>
"""


def voc_mask(name):
    """A square of the first class with a border of 255."""
    mask = np.zeros(SIZES[name], np.uint8)
    mask[2:9, 3:11] = 255
    mask[3:8, 4:10] = {"2007_000032": 1, "2008_000008": 13, "2007_000033": 20}[name]
    return mask


def sbd_mask(name):
    """A square of a class that VOC's own mask never has, in an image of VOC's."""
    mask = np.zeros(SIZES[name], np.uint8)
    mask[4:9, 5:12] = {"2009_000001": 5, "2010_000002": 4}.get(name, 9)
    return mask


class MiniatureVoc:
    """The unpacked folders below `root`; `pack` makes the archives of them."""

    def __init__(self, root):
        self.root = Path(root)
        self.devkit = self.root / "VOCdevkit" / "VOC2012"
        self.benchmark = self.root / "benchmark_RELEASE" / "dataset"
        for name in (*TRAIN, *VAL, *SBD_TRAIN, *SBD_VAL, *TEST):
            self.photograph(name)
        for name, objects in OBJECTS.items():
            self.annotate(name, objects)
        for name in (*TRAIN, *VAL):
            self.mask(name, voc_mask(name))
        for name in (*SBD_TRAIN, *SBD_VAL):
            self.sbd(name, sbd_mask(name))
        for name, ids in {"train": TRAIN, "val": VAL, "trainval": (*TRAIN, *VAL)}.items():
            self.list(name, ids)
        self.list("test", TEST)
        for name, ids in {"train": SBD_TRAIN, "val": SBD_VAL}.items():
            self.write(self.benchmark / f"{name}.txt", "\n".join(ids) + "\n")

    def write(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def list(self, name, ids):
        self.write(self.devkit / "ImageSets/Segmentation" / f"{name}.txt", "\n".join(ids) + "\n")

    def photograph(self, name):
        random = np.random.default_rng(int(name[5:]))
        pixels = random.integers(0, 256, (*SIZES[name], 3), np.uint8)
        path = self.devkit / "JPEGImages" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, quality=95)

    def annotate(self, name, objects):
        height, width = SIZES[name]
        body = "".join(OBJECT.format(*each) for each in objects)
        text = ANNOTATION.format(name=name, width=width, height=height, objects=body)
        self.write(self.devkit / "Annotations" / f"{name}.xml", text)

    def mask(self, name, pixels):
        for folder in ("SegmentationClass", "SegmentationObject"):
            path = self.devkit / folder / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture = Image.fromarray(pixels)
            picture.putpalette(colour_map().tobytes())
            picture.save(path)

    def sbd(self, name, pixels):
        boundaries = np.empty((20, 1), object)
        for index in range(20):
            boundaries[index, 0] = scipy.sparse.csc_matrix(pixels == index + 1)
        present = np.setdiff1d(pixels, [0])[:, None]
        for kind, rest in (("cls", "CategoriesPresent"), ("inst", "Categories")):
            path = self.benchmark / kind / f"{name}.mat"
            path.parent.mkdir(parents=True, exist_ok=True)
            truth = {"Boundaries": boundaries, "Segmentation": pixels, rest: present}
            scipy.io.savemat(path, {f"GT{kind}": truth}, do_compression=True)

    def pack(self, folder):
        """Write the three archives of the official names into a folder."""
        folder.mkdir(exist_ok=True)
        with tarfile.open(folder / "VOCtrainval_11-May-2012.tar", "w") as archive:
            archive.add(self.devkit, "VOCdevkit/VOC2012", filter=_not_test)
        with tarfile.open(folder / "VOC2012test.tar", "w") as archive:
            archive.add(self.devkit, "VOCdevkit/VOC2012", filter=_only_test)
        with tarfile.open(folder / "benchmark.tgz", "w:gz") as archive:
            archive.add(self.benchmark.parent, "benchmark_RELEASE")
        return folder


def _of_test(member):
    return Path(member.name).stem in (*TEST, "test")


def _not_test(member):
    return None if _of_test(member) else member


def _only_test(member):
    return member if member.isdir() or _of_test(member) else None
