"""What a model file takes and gives, checked before it serves."""

from collections.abc import Mapping
from typing import Any

import onnxruntime as ort

from gain_serving.errors import BadModelError
from gain_serving.metadata import ModelDescription

_TYPES = {
    "scores": "tensor(float)",
    "attention": "tensor(float)",
    "attention_class": "tensor(int64)",
    "class_map": "tensor(uint8)",
    "probabilities": "tensor(float)",
}


def check_signature(
    session: ort.InferenceSession, description: ModelDescription, *, crf: bool
) -> None:
    """Check inputs and outputs of a model.

    Args:
        session: with the model loaded.
        description: what the file says of itself.
        crf: whether the dense CRF is to refine its class maps.

    Raises:
        BadModelError: they are not those that `gain-tf export` writes; names all that is wrong.
            Or the model has nothing that a CRF could refine.
    """
    inputs = [(put.name, put.type, len(put.shape)) for put in session.get_inputs()]
    if inputs != [("image", "tensor(uint8)", 4)]:
        raise BadModelError("its only input must be image, uint8 (N, H, W, 3)")
    outputs = {output.name: output for output in session.get_outputs()}
    wrong = _wrong(outputs, description)
    if wrong:
        raise BadModelError("its outputs are wrong: " + "; ".join(sorted(wrong)))
    if crf and description.task != "segmentation":
        raise BadModelError(
            "is a classifier, and the dense CRF (setting crf) refines the class maps of segmenters "
            "alone"
        )
    if crf and "probabilities" not in outputs:
        raise BadModelError(
            "gives no probabilities, which the dense CRF (setting crf) starts from; export it again"
        )


def _wrong(outputs: Mapping[str, Any], description: ModelDescription) -> list[str]:
    classes = len(description.class_names)
    wrong = [
        f"{name} is {outputs[name].type}"
        for name in outputs.keys() & _TYPES
        if outputs[name].type != _TYPES[name]
    ]
    if "scores" not in outputs:
        wrong.append("scores is missing")
    elif outputs["scores"].shape[1:] != [classes]:
        wrong.append(f"scores have the shape {outputs['scores'].shape}, with {classes} class names")
    if ("attention" in outputs) != ("attention_class" in outputs):
        wrong.append("attention and attention_class must come together")
    if description.task == "segmentation" and "class_map" not in outputs:
        wrong.append("class_map is missing from a segmenter")
    if "probabilities" in outputs and outputs["probabilities"].shape[3:] != [classes + 1]:
        wrong.append(
            f"probabilities have the shape {outputs['probabilities'].shape}, with {classes} class "
            "names and background"
        )
    return wrong
