"""PASCAL VOC 2012 with the masks of SBD, as a builder of TensorFlow Datasets.

Importing this module registers the builder: afterwards `tfds.load("voc2012")` works. It is heavy
(it needs the extra `voc`), so nothing of gain-tf imports it before it is needed.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import tensorflow_datasets as tfds

from gain_tf.data.dataset import UNKNOWN
from gain_tf.data.files import DataError
from gain_tf.data.voc2012_images import VocImage, read_test_image, read_voc_image
from gain_tf.data.voc2012_sources import (
    ADDRESSES,
    COUNTS,
    SBD,
    TEST,
    TRAINVAL,
    find_sources,
    read_splits,
)
from gain_tf.data.voc_devkit import CLASS_NAMES, image_labels

_DESCRIPTION = """
PASCAL VOC 2012 for segmentation, with the masks of the Semantic Boundaries Dataset (SBD).

`trainaug` is `train` and every image that SBD has a mask for, except those of `val`. Where both
drew a mask, VOC's is taken. Masks hold class index + 1, 0 for background and 255 for unclear
pixels, which VOC also draws around each object and SBD does not. Labels are the classes of all
boxes, difficult ones included. `test` has neither. Examples come in the order of their ids.
"""

_CITATION = """
@article{everingham2015pascal,
  title={The PASCAL Visual Object Classes Challenge: A Retrospective},
  author={Everingham, M. and Eslami, S. M. A. and Van Gool, L. and Williams, C. K. I. and Winn, J.
    and Zisserman, A.},
  journal={International Journal of Computer Vision},
  volume={111}, number={1}, pages={98--136}, year={2015}
}
@inproceedings{hariharan2011semantic,
  title={Semantic Contours from Inverse Detectors},
  author={Hariharan, B. and Arbelaez, P. and Bourdev, L. and Maji, S. and Malik, J.},
  booktitle={International Conference on Computer Vision},
  year={2011}
}
"""


@dataclass(eq=False)
class Voc2012Config(tfds.core.BuilderConfig):
    """How complete the archives must be.

    Attributes:
        expected: number of images of each split, checked before anything is built; a split that
            is not named may have any number.
    """

    expected: Mapping[str, int] = field(default_factory=dict)


class Voc2012(tfds.core.GeneratorBasedBuilder):
    """PASCAL VOC 2012 with SBD: `train`, `trainaug`, `val` and `test`.

    An example holds `image` uint8 (H, W, 3); `labels` int64 (n,), indices in `CLASS_NAMES`;
    `mask` uint8 (H, W, 1); `boxes`, for each object its `bbox` float32 y0 x0 y1 x1 in [0, 1],
    `label`, `difficult` and `truncated`; `id`. What needs no pixels is kept once more in
    `info.metadata`, by split and column, in the order of the examples, and under `root` the folder
    that all of it was made from.
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}
    BUILDER_CONFIGS = [
        Voc2012Config(name="full", description="All of it; counts are checked.", expected=COUNTS),
        Voc2012Config(name="part", description="A part of it, of any size."),
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = f"""
    Put these archives into the folder as they are, or the folders they unpack to:

    - {TRAINVAL} from {ADDRESSES[TRAINVAL]}
    - {SBD} from {ADDRESSES[SBD]}
    - {TEST} from {ADDRESSES[TEST]} (asks for a free account; without it there is no split `test`)
    """

    def _info(self) -> tfds.core.DatasetInfo:
        classes = tfds.features.ClassLabel(names=CLASS_NAMES)
        box = {
            "bbox": tfds.features.BBoxFeature(),
            "label": tfds.features.ClassLabel(names=CLASS_NAMES),
            "difficult": np.bool_,
            "truncated": np.bool_,
        }
        return tfds.core.DatasetInfo(
            builder=self,
            description=_DESCRIPTION,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg"),
                    "labels": tfds.features.Sequence(classes),
                    "mask": tfds.features.LabeledImage(
                        labels=["background", *CLASS_NAMES],
                        shape=(None, None, 1),
                        encoding_format="png",
                    ),
                    "boxes": tfds.features.Sequence(box),
                    "id": tfds.features.Text(),
                }
            ),
            homepage="http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
            citation=_CITATION,
            metadata=tfds.core.MetadataDict(),
            # Column i of the metadata belongs to example i.
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Any]:
        sources = find_sources(Path(dl_manager.manual_dir))
        self._metadata["root"] = os.path.abspath(dl_manager.manual_dir)
        splits = read_splits(sources, cast(Voc2012Config, self.builder_config).expected)

        def known(name: str) -> VocImage:
            return read_voc_image(sources, name)

        generators = {
            name: self._generate_examples(name, splits[name], known)
            for name in ("train", "trainaug", "val")
        }
        if (test := sources.test) is not None:
            generators["test"] = self._generate_examples(
                "test", splits["test"], lambda name: read_test_image(test, name)
            )
        return generators

    def _generate_examples(
        self, split: str, ids: list[str], read: Callable[[str], VocImage]
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        columns: dict[str, list] = {
            name: [] for name in ("id", "labels", "shown", "boxes", "box_labels")
        }
        problems: list[str] = []
        for index, name in enumerate(ids):
            try:
                image = read(name)
            except DataError as error:
                problems += error.problems
                continue
            labels = image_labels(image.objects)
            shown = np.setdiff1d(image.mask, [0, UNKNOWN]).astype(int) - 1
            columns["id"].append(name)
            columns["labels"].append(labels)
            columns["shown"].append(shown.tolist())
            columns["boxes"].append([each.box for each in image.objects])
            columns["box_labels"].append([each.label for each in image.objects])
            yield (
                index,
                {
                    "image": image.jpeg,
                    "labels": labels,
                    # Bytes, since TFDS would have TensorFlow encode each mask, which is slower.
                    "mask": _png(image.mask),
                    "boxes": [
                        {
                            "bbox": _bbox(each.box),
                            "label": each.label,
                            "difficult": each.difficult,
                            "truncated": each.truncated,
                        }
                        for each in image.objects
                    ],
                    "id": name,
                },
            )
        if problems:
            raise DataError(problems)
        self._metadata[split] = columns

    @property
    def _metadata(self) -> tfds.core.MetadataDict:
        return cast(tfds.core.MetadataDict, self.info.metadata)


def _png(mask: np.ndarray) -> bytes:
    return cv2.imencode(".png", mask)[1].tobytes()


def _bbox(box: tuple[float, float, float, float]) -> tfds.features.BBox:
    top, left, bottom, right = box
    return tfds.features.BBox(ymin=top, xmin=left, ymax=bottom, xmax=right)
