"""An inference request and its answer, whatever they travel in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gain_serving.errors import BadRequestError
from gain_serving.protocol.tensors import Tensor

MAX_INPUTS = 16
MAX_OUTPUTS = 64
MAX_PARAMETERS = 64
"""Of a request; the last also of an input or output."""

Parameter = bool | int | float | str
Parameters = Mapping[str, Parameter]


@dataclass(frozen=True)
class RequestedOutput:
    """An output that was asked for.

    Attributes:
        name: of the output.
        classification: give the labels of that many best scores instead; 0 gives the tensor.
        binary: packed; False for JSON.
    """

    name: str
    classification: int = 0
    binary: bool = True


@dataclass(frozen=True, eq=False)
class InferRequest:
    """What is asked of a model.

    Attributes:
        model: its name.
        version: of it; "" for the newest.
        inputs: the tensors sent.
        outputs: what is asked for; None for everything that costs nothing extra.
        parameters: of the request.
        id: given back with the answer.
        binary: outputs that were not asked for come packed; False for JSON.
    """

    model: str
    version: str
    inputs: Sequence[Tensor]
    outputs: Sequence[RequestedOutput] | None = None
    parameters: Parameters = field(default_factory=dict)
    id: str = ""
    binary: bool = True


@dataclass(frozen=True, eq=False)
class InferResponse:
    """What the model answered.

    Attributes:
        model: its name.
        version: of it.
        id: of the request.
        outputs: in the order asked for.
        requested: what each of them was asked for as.
    """

    model: str
    version: str
    id: str
    outputs: Sequence[Tensor]
    requested: Sequence[RequestedOutput]


def flag(parameters: Parameters, name: str, default: bool = False) -> bool:
    """Return a parameter that is true or false.

    Raises:
        BadRequestError: it is something else.
    """
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise BadRequestError(f"the parameter {name!r} must be true or false, not {value!r:.64}")
    return value


def requested_output(name: str, parameters: Parameters, *, binary: bool) -> RequestedOutput:
    """Read what is asked of an output.

    Args:
        name: of the output.
        parameters: of it.
        binary: see `RequestedOutput`.

    Raises:
        BadRequestError: a parameter is wrong, or asks for shared memory.
    """
    refuse_shared_memory(name, parameters)
    count = parameters.get("classification", 0)
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise BadRequestError(
            f"{name[:64]!r}: classification must be a number of classes, not {count!r:.64}"
        )
    return RequestedOutput(name, count, binary)


def refuse_shared_memory(name: str, parameters: Parameters) -> None:
    """Refuse a tensor that lies elsewhere.

    Raises:
        BadRequestError: it does.
    """
    if "shared_memory_region" in parameters:
        raise BadRequestError(f"{name[:64]!r}: shared memory is not supported; send the tensor")
