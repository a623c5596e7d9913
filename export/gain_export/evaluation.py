"""An exported file judged as its run was, without TensorFlow."""

from pathlib import Path
from typing import Any

from gain_export.metadata import CLASSIFICATION, read_metadata, sha256_of
from gain_export.onnx_predictor import OnnxPredictor
from gain_tf.config import load_config
from gain_tf.data.registry import load_data
from gain_tf.errors import UserError
from gain_tf.evaluation.evaluate import evaluate_predictor
from gain_tf.evaluation.predictions import Predictions

CONFIG = "config.yaml"


def evaluate_file(
    path: Path, config: Path | None = None, split: str | None = None
) -> tuple[dict[str, Any], Predictions]:
    """Judge an exported file on a split of the data of its run.

    Args:
        path: of an ONNX file.
        config: of the run; None to look for it in the folders above the file.
        split: name; None for the data set's own choice.

    Returns:
        What `evaluation.json` holds, and the predictions.

    Raises:
        UserError: the file is none of ours, or its config is missing or another one.
    """
    about = read_metadata(path)
    if about["task"] != CLASSIFICATION:
        raise UserError(
            f"{path}: is a segmenter; its figures are in segmenter/evaluation.json of its run, and "
            "parity.json beside the file says how close it is to that"
        )
    config = config or _config_above(path)
    if about["config_sha256"] not in (None, sha256_of(config)):
        raise UserError(f"{config}: is not the config that {path} was trained with")
    settings = load_config(config)
    data = load_data(settings.data)
    return evaluate_predictor(OnnxPredictor(path, settings, data), settings, data, split)


def _config_above(path: Path) -> Path:
    for folder in path.absolute().parents:
        if (folder / CONFIG).is_file():
            return folder / CONFIG
    raise UserError(
        f"{path}: no {CONFIG} lies in a folder above it, which says what data it is judged on; "
        "give --config"
    )
