"""Tensors as the protocol names and packs them."""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gain_serving.errors import BadRequestError, TooLargeError

BYTES = "BYTES"
DATATYPES: dict[str, np.dtype] = {
    "BOOL": np.dtype(np.bool_),
    "UINT8": np.dtype(np.uint8),
    "INT64": np.dtype(np.int64),
    "FP32": np.dtype(np.float32),
}
"""Of fixed size, as far as a model here takes or gives them; `BYTES` is the one that is not."""

_NAMES = {dtype: name for name, dtype in DATATYPES.items()}

MAX_DIMENSIONS = 16
"""Of a tensor; the product of very many sizes takes minutes."""

_LENGTH = struct.Struct("<I")
_SHOWN = 64

Data = np.ndarray | list[bytes]
"""An array of the tensor's shape, or for `BYTES` its elements in order."""


@dataclass(frozen=True, eq=False)
class Tensor:
    """A named tensor.

    Attributes:
        name: of the input or output.
        datatype: a key of `DATATYPES`, or `BYTES`.
        shape: its dimensions.
        data: its values.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    data: Data


def output_tensor(name: str, data: np.ndarray) -> Tensor:
    """Name an array.

    Args:
        name: of the output.
        data: of a type in `DATATYPES`.
    """
    return Tensor(name, _NAMES[data.dtype], data.shape, data)


def count_elements(name: str, datatype: str, shape: Sequence[int], max_bytes: int) -> int:
    """Check a shape before anything is made of it.

    Args:
        name: of the tensor, for the message.
        datatype: as the request says.
        shape: as the request says; any integers.
        max_bytes: of the values.

    Returns:
        How many elements there are.

    Raises:
        BadRequestError: the datatype is not known here, a size is negative, or there are too many.
        TooLargeError: more bytes than allowed.
    """
    if datatype != BYTES and datatype not in DATATYPES:
        raise BadRequestError(f"{_quoted(name)}: datatype {_quoted(datatype)} is not supported")
    if len(shape) > MAX_DIMENSIONS:
        raise BadRequestError(
            f"{_quoted(name)}: the shape has {len(shape)} sizes, more than {MAX_DIMENSIONS}"
        )
    if any(size < 0 for size in shape):
        raise BadRequestError(f"{_quoted(name)}: shape {_shape(shape)} has a negative size")
    # A size of 0 hides none of the others: NumPy refuses what overflows without it.
    span = math.prod(size or 1 for size in shape)
    # An element of BYTES takes at least the four bytes of its length.
    size = span * (_LENGTH.size if datatype == BYTES else DATATYPES[datatype].itemsize)
    if size > max_bytes:
        raise TooLargeError(
            f"{_quoted(name)}: shape {_shape(shape)} takes {_number(size)} bytes, "
            f"more than the {max_bytes} that are allowed"
        )
    return math.prod(shape)


def unpack(
    name: str, datatype: str, shape: Sequence[int], raw: bytes | memoryview, count: int
) -> Tensor:
    """Read a tensor from its packed form.

    Args:
        name: of the tensor.
        datatype: see `Tensor`.
        shape: its dimensions.
        raw: little-endian values in C order; for `BYTES`, each element after its length (uint32).
        count: of the elements, see `count_elements`.

    Returns:
        The tensor; its array looks into `raw`.

    Raises:
        BadRequestError: `raw` does not hold exactly these elements.
    """
    if datatype == BYTES:
        return Tensor(name, datatype, tuple(shape), unpack_bytes(name, memoryview(raw), count))
    dtype = DATATYPES[datatype]
    if len(raw) != count * dtype.itemsize:
        raise BadRequestError(
            f"{_quoted(name)}: {len(raw)} bytes were sent, shape {_shape(shape)} "
            f"of {datatype} takes {count * dtype.itemsize}"
        )
    return Tensor(name, datatype, tuple(shape), np.frombuffer(raw, dtype).reshape(shape))


def unpack_bytes(name: str, raw: memoryview, count: int) -> list[bytes]:
    """Read the elements of a `BYTES` tensor.

    Raises:
        BadRequestError: `raw` does not hold exactly `count` elements.
    """
    elements, place = [], 0
    while place < len(raw):
        start = place + _LENGTH.size
        length = _LENGTH.unpack_from(raw, place)[0] if start <= len(raw) else len(raw)
        place = start + length
        if place > len(raw) or len(elements) == count:
            break
        elements.append(bytes(raw[start:place]))
    if place != len(raw) or len(elements) != count:
        raise BadRequestError(
            f"{_quoted(name)}: the {len(raw)} bytes sent are not {count} elements, "
            "each after its length as four bytes, lowest first"
        )
    return elements


def pack(tensor: Tensor) -> bytes:
    """Write a tensor in its packed form, see `unpack`."""
    if isinstance(tensor.data, list):
        return b"".join(part for one in tensor.data for part in (_LENGTH.pack(len(one)), one))
    return tensor.data.tobytes()


def _quoted(text: str) -> str:
    return repr(text[:_SHOWN])


def _shape(shape: Sequence[int]) -> str:
    return (
        "[" + ", ".join(_number(size) for size in shape[:8]) + (", ...]" * (len(shape) > 8) or "]")
    )


def _number(value: int) -> str:
    return str(value) if abs(value) < 1 << 63 else "over 2^63"
