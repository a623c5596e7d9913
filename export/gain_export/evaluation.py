"""An exported file judged as its run was, without TensorFlow.

For a CRF at reduced size alone, which the training has in TensorFlow, it is loaded.
"""

from pathlib import Path
from typing import Any

from gain_export.metadata import SEGMENTATION, read_metadata
from gain_export.onnx_predictor import OnnxPredictor
from gain_export.segmenter_evaluation import evaluate_segmenter
from gain_tf.config import Config, load_config
from gain_tf.data.registry import load_data
from gain_tf.errors import UserError
from gain_tf.evaluation.predictor import evaluate_predictor
from gain_tf.files import sha256_of
from gain_tf.training.rows import rows_of
from gain_tf.training.run_folder import CONFIG, earlier_configs


def evaluate_file(
    path: Path, config: Path | None = None, split: str | None = None
) -> dict[str, Any]:
    """Judge an exported file on a split of the data of its run.

    Args:
        path: of an ONNX file.
        config: of the run; None to look for it in the folders above the file.
        split: name; None for the data set's own choice.

    Returns:
        What `evaluation.json` of the row, or of its segmenter, holds.

    Raises:
        UserError: the file is none of ours, or its config is missing or another one.
    """
    about = read_metadata(path)
    config = config or _config_above(path)
    # A run to which rows were added keeps the configs of before.
    known = [sha256_of(each) for each in (config, *earlier_configs(config.parent))]
    if about["config_sha256"] not in (None, *known):
        raise UserError(f"{config}: is not the config that {path} was trained with")
    whole = load_config(config)
    settings = _row(whole, about.get("row"))
    # A row may see images of another size, but of the same data.
    data = load_data(whole.data, once=True)
    if about["task"] == SEGMENTATION:
        return evaluate_segmenter(path, settings, data, split)
    return evaluate_predictor(OnnxPredictor(path, settings, data), settings, data, split)[0]


def _row(config: Config, name: str | None) -> Config:
    """Return the config of the row that a file was exported from: of the run itself if None."""
    return next((row.config for row in rows_of(config) if row.name == name), config)


def _config_above(path: Path) -> Path:
    for folder in path.absolute().parents:
        if (folder / CONFIG).is_file():
            return folder / CONFIG
    raise UserError(
        f"{path}: no {CONFIG} lies in a folder above it, which says what data it is judged on; "
        "give --config"
    )
