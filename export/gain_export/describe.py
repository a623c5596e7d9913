"""What a file or a folder is, for a person who found it."""

from pathlib import Path
from typing import Any

import onnx

from gain_export.metadata import metadata_of
from gain_export.onnx_file import read_graph
from gain_tf.config import load_config
from gain_tf.errors import UserError
from gain_tf.files import sha256_of


def described(path: Path) -> dict[str, Any]:
    """Describe an exported model, or a run folder.

    Args:
        path: of an ONNX file, or of a run folder.

    Returns:
        Of a file its metadata, inputs, outputs and hash; of a run its config's name, its classes
        and the figures it ended with.

    Raises:
        UserError: it is neither.
    """
    return _run(path) if path.is_dir() else _file(path)


def _file(path: Path) -> dict[str, Any]:
    model = read_graph(path)
    return {
        "file": path.name,
        "sha256": sha256_of(path),
        "bytes": path.stat().st_size,
        **metadata_of(path, model),
        "inputs": _tensors(model.graph.input),
        "outputs": _tensors(model.graph.output),
    }


def _tensors(entries: Any) -> dict[str, str]:
    def text(entry: Any) -> str:
        tensor = entry.type.tensor_type
        known = onnx.TensorProto.DataType
        # A number that is no type is what a damaged file says, or a newer one.
        number = tensor.elem_type
        kind = known.Name(number).lower() if number in known.values() else f"type {number}"
        sizes = [d.dim_param or str(d.dim_value) for d in tensor.shape.dim]
        return f"{kind} ({', '.join(sizes)})"

    return {entry.name: text(entry) for entry in entries}


def _run(path: Path) -> dict[str, Any]:
    # Names of the run folder's files live with the training, which loads TensorFlow.
    from gain_tf.training.rows import attention_row, rows_of
    from gain_tf.training.run_classes import CLASSES, read_classes
    from gain_tf.training.run_folder import CONFIG, SEGMENTER, read_figures, row_folder

    if not (path / CONFIG).is_file():
        raise UserError(f"{path}: is neither an exported model nor a run folder")
    config = load_config(path / CONFIG)
    rows = {}
    made = rows_of(config)
    for row in made:
        figures = read_figures(row_folder(path, attention_row(made, row).name))
        segmenter = read_figures(row_folder(path, row.name) / SEGMENTER)
        if figures is None:
            rows[row.name] = "not finished"
            continue
        rows[row.name] = {
            "split": figures["split"],
            "images": figures["images"],
            "accuracy": figures["classification"]["accuracy"],
            "energy_in_mask": figures.get("attention", {}).get("energy_in_mask"),
            "segmenter_miou": segmenter and segmenter["segmentation"]["miou"],
        }
    return {
        "run": config.name,
        "data": config.data.name,
        "backbone": config.model.backbone,
        "image_size": list(config.data.image_size),
        **(read_classes(path) if (path / CLASSES).is_file() else {}),
        "config_sha256": sha256_of(path / CONFIG),
        "rows": rows,
    }
