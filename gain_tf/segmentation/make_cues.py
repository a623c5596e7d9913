"""A trained network over a split: attention and saliency in, cue files out, batch by batch."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import tensorflow as tf

from gain_tf.config import Cues
from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.decode import UnreadableImageError
from gain_tf.data.pipeline import resize_image
from gain_tf.data.progress import tracked
from gain_tf.data.saliency import SavedSaliency, check_opencv, maps_below, opencv_saliency
from gain_tf.errors import UserError
from gain_tf.models.classifier import AttentiveClassifier
from gain_tf.segmentation.attention_maps import averaged_attention
from gain_tf.segmentation.cue_files import CueFolder, made_cues, pseudo_labels

OPENCV_METHOD = "fine_grained"


@dataclass
class CueMaker:
    """Makes the cues of a split.

    Only the classes of an image's labels get cues, and of those only the ones with an object to
    attend to; an image without any is background everywhere.

    Attributes:
        model: trained.
        data: the data set of the split.
        split: whose images are asked about; its masks and boxes are not looked at.
        settings: of the cues.
        image_size: (height, width) that the network was trained at.

    Raises:
        ConfigError: OpenCV lacks the module that the background is to come from.
        UserError: the network takes images of one size only, and scales ask for others.
    """

    model: AttentiveClassifier
    data: DataSet
    split: Split
    settings: Cues
    image_size: tuple[int, int]

    def __post_init__(self) -> None:
        background = self.settings.background
        self._maps: SavedSaliency = SavedSaliency([])
        if background.source == "opencv":
            check_opencv("cues.background")
        parts = (self.model.features, self.model.head)
        fixed = any(None not in part.inputs[0].shape[1:3] for part in parts)
        if fixed and any(scale != 1 for scale in self.settings.scales):
            height, width = self.image_size
            raise UserError(
                f"cues.scales: the network takes images of {height} x {width} alone; leave it at "
                "[1.0]"
            )

    def make(self, indices: Sequence[int], folder: CueFolder, batch_size: int) -> dict[str, str]:
        """Make and write cues; what is written stays if this is interrupted.

        Args:
            indices: of the images in the split.
            folder: where the files go.
            batch_size: images computed at a time.

        Returns:
            By its id, a sentence for each image that could not be read.

        Raises:
            DataError: the folder lacks saliency maps; all are named.
        """
        self.look_up(indices)
        problems: dict[str, str] = {}
        for batch in self._batches(tracked(indices, "cues"), batch_size, problems):
            self._make_batch(batch, folder)
        return problems

    def look_up(self, indices: Iterable[int]) -> None:
        """Find the saliency maps of images, where they come from a folder.

        Args:
            indices: of the images in the split.

        Raises:
            DataError: the folder lacks maps; all are named.
        """
        background = self.settings.background
        wanted = [index for index in indices if self._classes(index)]
        if background.source == "folder" and background.folder is not None and wanted:
            self._maps = maps_below(background.folder, self.split.ids, wanted, "cues.background")

    def _classes(self, index: int) -> list[int]:
        own = np.flatnonzero(self.split.labels[index] > 0.5).tolist()
        return [category for category in own if category not in self.data.unguided_classes]

    def _batches(
        self, indices: Iterable[int], size: int, problems: dict[str, str]
    ) -> Iterator[list[tuple[int, np.ndarray]]]:
        batch = []
        for index in indices:
            try:
                batch.append((index, self.split.pictures.image(index)))
            except UnreadableImageError as error:
                problems[self.split.ids[index]] = str(error)
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch

    def _make_batch(self, batch: list[tuple[int, np.ndarray]], folder: CueFolder) -> None:
        settings = self.settings
        rules = {"threshold": settings.threshold, "share": settings.background.share}
        maps = self._maps_of([(index, image) for index, image in batch if self._classes(index)])
        nothing = np.zeros((0, *settings.cells), np.float32), None
        for index, image in batch:
            attention, saliency = maps.get(index, nothing)
            cues = made_cues(
                attention, self._classes(index), saliency, len(self.data.class_names), **rules
            )
            height, width = image.shape[:2]
            labels = pseudo_labels(cues, (height, width), **rules)
            folder.write(self.split.ids[index], cues, labels)

    def _maps_of(
        self, batch: list[tuple[int, np.ndarray]]
    ) -> dict[int, tuple[np.ndarray, np.ndarray | None]]:
        """Compute attention (k, h, w) and saliency (h, w) of images with an object."""
        if not batch:
            return {}
        settings, images = self.settings, [image for _, image in batch]
        own = [self._classes(index) for index, _ in batch]
        most = max(len(each) for each in own)
        # Each image is asked about as many classes; what fills up is not kept.
        asked = np.array([(each * most)[:most] for each in own], np.int32)
        attention = averaged_attention(
            self.model,
            images,
            asked,
            self.image_size,
            settings.cells,
            scales=settings.scales,
            flip=settings.flip,
        )
        saliency = self._saliency_of(batch)
        return {
            index: (attention[place, : len(own[place])], saliency[place])
            for place, (index, _) in enumerate(batch)
        }

    def _saliency_of(self, batch: list[tuple[int, np.ndarray]]) -> list[np.ndarray | None]:
        source = self.settings.background.source
        if source == "none":
            return [None] * len(batch)
        if source == "gradient":
            resized = [resize_image(tf.constant(image), self.image_size) for _, image in batch]
            labels = np.zeros((len(batch), len(self.data.class_names)), np.float32)
            for place, (index, _) in enumerate(batch):
                labels[place, self._classes(index)] = 1
            size = len(batch)
            maps = list(self.model.saliency(np.stack(resized), labels, batch_size=size))
        elif source == "opencv":
            maps = [opencv_saliency(image, OPENCV_METHOD) for _, image in batch]
        else:
            maps = [self._maps.map(index) for index, _ in batch]
        rows, columns = self.settings.cells
        return [cv2.resize(each, (columns, rows), interpolation=cv2.INTER_AREA) for each in maps]
