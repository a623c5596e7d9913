"""From the tensors of a request to those of its answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gain_serving.decision import Decision
from gain_serving.errors import BadRequestError, TooLargeError
from gain_serving.limits import MAX_JSON_VALUES
from gain_serving.protocol.request import InferRequest, InferResponse, RequestedOutput, flag
from gain_serving.protocol.tensors import BYTES, Tensor, output_tensor
from gain_serving.runtime import Runtime

IMAGE = "image"
IMAGE_BYTES = "image_bytes"
VERDICT = "verdict"
ACCEPTED = "accepted"
OVERLAY = "overlay"
SCORES = "scores"
CLASS_MAP = "class_map"
_CARRIED = (SCORES, "attention", "attention_class", CLASS_MAP)
_SHOWN = 64


@dataclass(frozen=True, eq=False)
class Judged:
    """What came of a request.

    Attributes:
        response: the answer.
        images: what was judged: uint8 (N, H, W, 3), or encoded images.
        decisions: one an image.
    """

    response: InferResponse
    images: np.ndarray | list[bytes]
    decisions: list[Decision]


def answer(
    request: InferRequest,
    runtime: Runtime,
    *,
    max_batch: int,
    max_request_pixels: int,
    draw: bool = False,
) -> Judged:
    """Judge the images of a request.

    Args:
        request: its inputs and what is asked for.
        runtime: the one model that everything in the answer comes from.
        max_batch: images in a request.
        max_request_pixels: of all its images together.
        draw: the overlays even where nobody asked; they are then in the decisions only.

    Returns:
        The answer and the decisions behind it.

    Raises:
        BadRequestError: inputs or outputs are not the model's, or do not fit.
        TooLargeError: too many images or pixels, or a class map too large for JSON.
        ModelUnavailableError: the network or the CRF failed.
    """
    images = _images(request.inputs, max_batch)
    requested = _requested(request, runtime)
    _check_pixels(runtime.count_pixels(images), requested, max_request_pixels)
    overlay = draw or any(output.name == OVERLAY for output in requested)
    class_map = any(output.name == CLASS_MAP for output in requested)
    decisions = runtime.decide(images, overlay=overlay, class_map=class_map)
    tensors = [_output(output, decisions) for output in requested]
    response = InferResponse(runtime.name, runtime.version, request.id, tensors, requested)
    return Judged(response, images, decisions)


def output_names(runtime: Runtime) -> list[str]:
    """Return the outputs that a model answers with unless told otherwise."""
    return [*(name for name in runtime.output_names if name in _CARRIED), VERDICT, ACCEPTED]


def _images(inputs: Sequence[Tensor], max_batch: int) -> np.ndarray | list[bytes]:
    _refuse_twice("input", (tensor.name for tensor in inputs))
    names = {tensor.name: tensor for tensor in inputs}
    if len(names) != 1 or not names.keys() <= {IMAGE, IMAGE_BYTES}:
        sent = ", ".join(repr(name[:_SHOWN]) for name in list(names)[:4]) or "none"
        raise BadRequestError(
            f"the inputs are {sent}; give {IMAGE} (UINT8 [N, H, W, 3]) or {IMAGE_BYTES} (BYTES [N])"
        )
    tensor = inputs[0]
    datatype, dimensions = ("UINT8", 4) if tensor.name == IMAGE else (BYTES, 1)
    if tensor.datatype != datatype or len(tensor.shape) != dimensions:
        raise BadRequestError(
            f"{tensor.name} must be {datatype} {'[N, H, W, 3]' if dimensions == 4 else '[N]'}, "
            f"not {tensor.datatype} {list(tensor.shape)[:8]}"
        )
    if tensor.shape[0] > max_batch:
        raise TooLargeError(
            f"{tensor.shape[0]} images in one request, more than the {max_batch} that are allowed"
        )
    if tensor.shape[0] == 0:
        raise BadRequestError(f"{tensor.name} holds no image")
    return tensor.data


def _check_pixels(pixels: int, requested: Sequence[RequestedOutput], most: int) -> None:
    if pixels > most:
        raise TooLargeError(
            f"the images of the request have {pixels} pixels together, more than the {most} that "
            "are allowed; send them in several requests"
        )
    for output in requested:
        if output.name == CLASS_MAP and not output.binary and pixels > MAX_JSON_VALUES:
            raise TooLargeError(
                f"{CLASS_MAP} of {pixels} pixels is too large for JSON, which takes "
                f"{MAX_JSON_VALUES}; ask for it as binary data (binary_data: true)"
            )


def _requested(request: InferRequest, runtime: Runtime) -> Sequence[RequestedOutput]:
    names = output_names(runtime)
    if request.outputs is None:
        if flag(request.parameters, OVERLAY):
            names.append(OVERLAY)
        return [RequestedOutput(name, binary=request.binary) for name in names]
    _refuse_twice("output", (output.name for output in request.outputs))
    for output in request.outputs:
        if output.name not in (*names, OVERLAY):
            raise BadRequestError(
                f"there is no output {output.name[:_SHOWN]!r}; "
                f"there are: {', '.join(names)}, {OVERLAY}"
            )
        if output.classification and output.name != SCORES:
            raise BadRequestError(f"{output.name}: only {SCORES} can be given as classes")
    if flag(request.parameters, OVERLAY) and OVERLAY not in {one.name for one in request.outputs}:
        return [*request.outputs, RequestedOutput(OVERLAY, binary=request.binary)]
    return request.outputs


def _refuse_twice(kind: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BadRequestError(f"the {kind} {name[:_SHOWN]!r} is given twice")
        seen.add(name)


def _output(output: RequestedOutput, decisions: list[Decision]) -> Tensor:
    name, shape = output.name, (len(decisions),)
    if name == VERDICT:
        return Tensor(name, BYTES, shape, [one.verdict.encode() for one in decisions])
    if name == ACCEPTED:
        return output_tensor(name, np.array([one.accepted for one in decisions]))
    if name == OVERLAY:
        # A model without attention draws nothing: an empty picture an image.
        return Tensor(name, BYTES, shape, [one.overlay or b"" for one in decisions])
    if name == SCORES:
        if output.classification:
            return _classes(output.classification, decisions)
        scores = [list(one.scores.values()) for one in decisions]
        return output_tensor(name, np.array(scores, np.float32))
    arrays = [getattr(one, name) for one in decisions]
    if len({array.shape for array in arrays}) > 1:
        raise BadRequestError(
            f"the images differ in size and so does {name}; send them one by one, or ask for "
            "other outputs"
        )
    return output_tensor(name, np.array(arrays))


def _classes(count: int, decisions: list[Decision]) -> Tensor:
    """Give the best classes of each image as "score:index:label"."""
    rows = []
    for decision in decisions:
        numbered = enumerate(decision.scores.items())
        best = sorted(numbered, key=lambda entry: (-entry[1][1], entry[0]))[:count]
        rows.append([f"{score:f}:{index}:{label}".encode() for index, (label, score) in best])
    return Tensor(SCORES, BYTES, (len(rows), len(rows[0])), [text for row in rows for text in row])
