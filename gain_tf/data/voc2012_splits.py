"""PASCAL VOC 2012 with the masks of SBD: photographs of 20 classes of objects.

`data.root` names the folder with the official archives (`VOCtrainval_11-May-2012.tar` and
`benchmark.tgz`) or what they unpack to; without it, it is TFDS's `downloads/manual`. The first
time, TensorFlow Datasets makes record files of them below `data.voc2012.data_dir`, about 2 GB;
afterwards the archives are not needed. Needs the extra `voc`.
"""

import contextlib
import hashlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gain_tf.config import Data
from gain_tf.data.dataset import DataSet, Pictures, Split
from gain_tf.data.decode import UnreadableImageError, decode_image, decode_mask
from gain_tf.data.files import DataError
from gain_tf.data.kept import KeptPictures
from gain_tf.data.voc2012_sources import missing_archives
from gain_tf.data.voc_devkit import CLASS_NAMES

if TYPE_CHECKING:
    from gain_tf.data.voc2012 import Voc2012

FORMAT = "array_record"
"""The records of TFDS that can be read in any order."""


def load_voc2012(data: Data) -> DataSet:
    """Load VOC 2012, building its records where there are none.

    Args:
        data: `root` names the folder of the archives, `voc2012` what is trained on and where the
            records lie.

    Returns:
        The data set: `train` is VOC's trainaug or train, `validation` its val. The test images
        have no annotation that is public, so they are no split here.

    Raises:
        DataError: TFDS or an archive is missing, or the archives have problems; all are listed. Or
            the records are those of another part of VOC.
    """
    builder = _built(data)
    splits = {"train": data.voc2012.train, "validation": "val"}
    return DataSet(
        name="voc2012",
        class_names=CLASS_NAMES,
        splits={name: _split(builder, voc, data.cache == "memory") for name, voc in splits.items()},
        single_label=False,
        about={
            "source": "Everingham et al., The PASCAL Visual Object Classes Challenge 2012; masks "
            "also from Hariharan et al., Semantic Contours from Inverse Detectors, 2011 (SBD)",
            "licence": "photographs from Flickr, under its terms of use; annotation published for "
            "research, to be cited",
            "sizes": "photographs of about 500 x 375 pixels",
            "splits": f"train is VOC's {data.voc2012.train}, validation its val; test has no "
            "public annotation and is no split here",
            "annotation": "boxes of all objects, difficult ones included, and from them the "
            "labels; a mask for each image, VOC's own or else SBD's, which is coarser and has no "
            "border of unknown pixels around objects; masks are as published, and where one leaves "
            "out a class of its image, what it calls background may be that class",
            "known bias": "objects come with their surroundings (boats on water, trains on rails, "
            "aeroplanes in the sky), and most often with a person; small difficult objects are "
            "labels, but unknown in VOC's masks",
        },
    )


@dataclass(frozen=True)
class RecordPictures:
    """Pictures decoded out of record files.

    Attributes:
        records: of a split, each with `image`, a JPEG, and `mask`, a PNG, as bytes.
    """

    records: Sequence[Mapping[str, Any]]

    def image(self, index: int) -> np.ndarray:
        """Return image `index` as it is stored: masks and boxes know no camera."""
        record = self._record(index)
        data = np.frombuffer(record["image"], np.uint8)
        return decode_image(data, record["id"].decode(), upright=False)

    def key(self, index: int) -> str:
        """Return the hash of the file."""
        return hashlib.sha256(self._record(index)["image"]).hexdigest()

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index`."""
        record = self._record(index)
        return decode_mask(io.BytesIO(record["mask"]), record["id"].decode())

    def _record(self, index: int) -> Mapping[str, Any]:
        try:
            return self.records[index]
        except (OSError, RuntimeError, ValueError) as error:
            # Whatever the reader of record files makes of a disk that is gone.
            raise UnreadableImageError(f"record {index}: cannot be read: {error}") from error


def _built(data: Data) -> "Voc2012":
    """Return the builder with its records, made now if there are none."""
    try:
        import tensorflow_datasets as tfds

        from gain_tf.data.voc2012 import Voc2012
    except ImportError as error:
        raise DataError(
            [f"data.name: voc2012 needs the extra voc (pip install 'gain-tf[voc]'): {error}"]
        ) from error
    settings = data.voc2012
    where = {"data_dir": settings.data_dir, "config": "part" if settings.part else "full"}
    builder = Voc2012(**where)
    # TFDS has a method for this, which warns of the folder that is not there yet.
    if (Path(builder.data_path) / "dataset_info.json").is_file():
        return _of_this_part(_readable(builder), data)
    builder = Voc2012(**where, file_format=FORMAT)
    folder = data.root or Path(builder.data_dir_root) / "downloads" / "manual"
    if missing := missing_archives(folder):
        raise DataError(missing)
    tfds.display_progress_bar(sys.stderr.isatty())
    # TFDS reports to the standard output, which belongs to the command.
    with contextlib.redirect_stdout(sys.stderr):
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(manual_dir=folder)
        )
    return builder


def _readable(builder: "Voc2012") -> "Voc2012":
    found = builder.info.file_format
    if found is None or found.value != FORMAT:
        raise DataError(
            [
                f"data.voc2012.data_dir: the records in {builder.data_path} were made in another "
                f"format, which cannot be read in any order; name another folder, where gain-tf "
                f"makes its own ({FORMAT})"
            ]
        )
    return builder


def _of_this_part(builder: "Voc2012", data: Data) -> "Voc2012":
    """Refuse the records of another part: nothing in the place they lie at tells parts apart."""
    if data.root is None or not data.voc2012.part:
        return builder
    metadata: Any = builder.info.metadata
    wanted, found = os.path.abspath(data.root), metadata.get("root", "a folder they do not name")
    if wanted != found:
        raise DataError(
            [
                f"data.root: the records in {builder.data_path} were made from {found}, not from "
                f"{wanted}; name another folder in data.voc2012.data_dir, or leave data.root out "
                "to take them as they are"
            ]
        )
    return builder


def _split(builder: Any, name: str, cache: bool) -> Split:
    """Make a split of records; TFDS's decorators hide the builder's methods from type checkers."""
    import tensorflow_datasets as tfds

    as_they_are = {"image": tfds.decode.SkipDecoding(), "mask": tfds.decode.SkipDecoding()}
    pictures: Pictures = RecordPictures(builder.as_data_source(split=name, decoders=as_they_are))
    columns = builder.info.metadata[name]
    return Split(
        ids=columns["id"],
        labels=_multi_hot(columns["labels"]).astype(np.float32),
        pictures=KeptPictures(pictures) if cache else pictures,
        mask_shows=_multi_hot(columns["shown"]),
        boxes=[np.array(boxes, np.float32).reshape(-1, 4) for boxes in columns["boxes"]],
        box_labels=[np.array(labels, np.int32) for labels in columns["box_labels"]],
    )


def _multi_hot(classes: Sequence[Sequence[int]]) -> np.ndarray:
    """Mark the classes of each image, boolean (N, 20)."""
    hot = np.zeros((len(classes), len(CLASS_NAMES)), bool)
    for index, own in enumerate(classes):
        hot[index, own] = True
    return hot
