"""An exported segmenter judged on a split, as `gain-tf fit` judges the segmenter of a row."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from gain_export.answers import onnx_run
from gain_export.metadata import metadata_of, require_classes
from gain_export.names import CLASS_MAP, PROBABILITIES
from gain_export.onnx_file import FileSession, read_graph, require_tensors
from gain_tf.config import Config
from gain_tf.data.dataset import DataSet
from gain_tf.errors import UserError
from gain_tf.evaluation.predictor import chosen_split
from gain_tf.segmentation.judge_maps import judge_maps
from gain_tf.segmentation.labelling import Crf, labelled
from gain_tf.segmentation.true_masks import with_bare_masks


def evaluate_segmenter(
    path: Path, config: Config, data: DataSet, split: str | None = None
) -> dict[str, Any]:
    """Judge an exported segmenter by its class maps, with the CRF of its run.

    The file has one scale and mirrors nothing, whatever its run was judged with.

    Args:
        path: of the file.
        config: of the row that it came from.
        data: of that run.
        split: name; None for the data set's own choice.

    Returns:
        What `segmenter/evaluation.json` of a row holds.

    Raises:
        UserError: the file is no exported segmenter, has other classes than the data or nothing
            that a CRF could refine, or there is no such split, or no mask in it.
        FailedError: ONNX Runtime cannot run it.
    """
    graph = read_graph(path)
    require_classes(path, metadata_of(path, graph), data.class_names)
    require_tensors(path, graph, [CLASS_MAP])
    del graph
    session = FileSession(path)
    settings = config.segmenter
    crf = settings.inference.crf
    if crf != "none" and PROBABILITIES not in {each.name for each in session.get_outputs()}:
        raise UserError(
            f"{path}: gives no probabilities, which the CRF (segmenter.inference.crf) starts from; "
            "export it again"
        )
    name = chosen_split(data, split)
    if not data.splits[name].has_mask.any():
        raise UserError(f"the split {name} of {data.name} has no masks to judge a segmenter by")
    judged = with_bare_masks(data.splits[name], data.unguided_classes)
    run = onnx_run(session)

    def segment(images: Iterable[np.ndarray], crf: Crf, total: int) -> Iterable[np.ndarray]:
        answers = ((image, run(image[np.newaxis])) for image in images)
        if crf == "none":
            return (answer[CLASS_MAP][0] for _, answer in answers)
        return labelled(
            ((image, answer[PROBABILITIES][0]) for image, answer in answers), crf, total=total
        )

    method = "supervised" if settings.supervision == "masks" else settings.method
    return {
        "split": name,
        "seed": config.seed,
        "segmentation": {
            "of": f"segmenter ({method})",
            "inference": {"scales": [1.0], "flip": False, "crf": crf},
            **judge_maps(segment, judged, data.class_names, crf),
        },
    }
