"""An exported file, asked about other classes than those it would choose itself.

Evaluation judges the map of the class that is in the picture, right or wrong as the verdict may
be. The file's choice of classes becomes an input; everything else is the file as it is.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx

from gain_export.metadata import metadata_of, require_classes
from gain_export.names import ATTENTION, ATTENTION_CLASS, IMAGE, SCORES
from gain_export.onnx_file import FileSession, read_graph, require_tensors
from gain_tf.config import Config
from gain_tf.data.dataset import DataSet, Split
from gain_tf.errors import UserError
from gain_tf.evaluation.predictions import Judge, Predictions


class OnnxPredictor:
    """Answers for a split, computed by ONNX Runtime from pictures at their own size.

    Args:
        path: of an exported classifier.
        config: of the run that it came from.
        data: of that run.

    Raises:
        UserError: the file is no exported classifier, or has other classes than the data.
    """

    def __init__(self, path: Path, config: Config, data: DataSet) -> None:
        graph = read_graph(path)
        require_classes(path, metadata_of(path, graph), data.class_names)
        self._config, self._data = config, data
        require_tensors(path, graph, [SCORES])
        self._top = _classes_asked(path, graph)
        self._attention = config.evaluation.attention and self._top > 0
        asking = _asking(graph).SerializeToString() if self._attention else None
        self._session = FileSession(path, asking)

    def __call__(self, split: Split) -> Predictions:
        """Answer for every image of a split, and judge the maps of the classes its mask shows.

        Raises:
            FailedError: ONNX Runtime cannot run the file.
        """
        judge, has_mask = Judge(self._data, split), split.has_mask
        scores = [
            self._answer(index, split, judge, masked=bool(has_mask[index]))
            for index in range(len(split))
        ]
        return judge.predictions(np.stack(scores))

    def _answer(self, index: int, split: Split, judge: Judge, *, masked: bool) -> np.ndarray:
        feeds: dict[str, np.ndarray] = {IMAGE: split.pictures.image(index)[np.newaxis]}
        if not (self._attention and masked):
            if self._attention:
                feeds[ATTENTION_CLASS] = np.zeros((1, self._top), np.int64)
            return self._session.run([SCORES], feeds)[0][0]
        own = [int(c) for c in np.flatnonzero(split.labels[index] > 0)]
        mask = nearest(split.pictures.mask(index), self._config.data.image_size)
        scores = np.zeros(0)
        maps: list[np.ndarray] = []
        for start in range(0, max(len(own), 1), self._top):
            asked = _filled(own[start : start + self._top], self._top)
            found, attention = self._session.run(
                [SCORES, ATTENTION], {**feeds, ATTENTION_CLASS: asked[np.newaxis]}
            )
            scores = found[0]
            maps += list(attention[0])
        # What fills up the last call was asked about but is not judged.
        judge.judge(index, list(zip(own, maps, strict=False)), mask)
        return scores


def nearest(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize a mask as the input pipeline does: the pixel at the centre of each new one.

    Args:
        mask: uint8 (H, W).
        size: (height, width).
    """
    rows, columns = (
        # In single precision, as TensorFlow: where both round, they round alike.
        np.minimum(
            ((np.arange(new, dtype=np.float32) + np.float32(0.5)) * np.float32(old / new)).astype(
                int
            ),
            old - 1,
        )
        for new, old in zip(size, mask.shape, strict=True)
    )
    return mask[rows][:, columns]


def _classes_asked(path: Path, model: onnx.ModelProto) -> int:
    """For how many classes the file gives maps; 0 without attention."""
    graph = model.graph
    choice = next((entry for entry in graph.output if entry.name == ATTENTION_CLASS), None)
    if choice is None:
        return 0
    require_tensors(path, model, [ATTENTION])
    sizes = choice.type.tensor_type.shape.dim
    if len(sizes) != 2 or not any(ATTENTION_CLASS in node.output for node in graph.node):
        raise UserError(
            f"{path}: was not exported by gain-tf export: it does not choose the classes of its "
            f"maps ({ATTENTION_CLASS}) itself, a fixed number for each image"
        )
    return sizes[1].dim_value


def _asking(model: onnx.ModelProto) -> onnx.ModelProto:
    """Turn the file's choice of classes into an input."""
    graph = model.graph
    choice = next(entry for entry in graph.output if entry.name == ATTENTION_CLASS)
    graph.input.append(choice)
    graph.output.remove(choice)
    graph.node.remove(next(node for node in graph.node if ATTENTION_CLASS in node.output))
    return model


def _filled(classes: Sequence[int], count: int) -> np.ndarray:
    return np.array([*classes, *[0] * (count - len(classes))], np.int64)
