"""A tensor's elements as the values of JSON."""

import base64
import binascii
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from gain_serving.errors import BadRequestError
from gain_serving.protocol.tensors import BYTES, DATATYPES, Tensor

BASE64 = {"content_type": "base64"}
"""Parameters of an output of bytes that are no text, in JSON."""

_SHOWN = 64
_KINDS = {"b": {bool}, "u": {int}, "i": {int}, "f": {int, float}}
"""Kind of a NumPy type -> what its values are in JSON."""


def from_json_values(
    name: str, datatype: str, shape: Sequence[int], data: Any, count: int
) -> Tensor:
    """Make a tensor of JSON's values.

    Args:
        name: of the tensor.
        datatype: as the protocol names it.
        shape: of the tensor.
        data: its values in row-major order, in one list or nested as the shape is; bytes as base64.
        count: of its elements, as the shape says.

    Raises:
        BadRequestError: the values are not of this type, shape or number.
    """
    if not isinstance(data, list):
        raise BadRequestError(f"{name[:_SHOWN]!r}: data is missing, or no list")
    if datatype == BYTES:
        return Tensor(name, datatype, tuple(shape), _from_texts(name, data, count))
    values = _flat(name, data, shape, count)
    dtype = DATATYPES[datatype]
    wrong = BadRequestError(f"{name[:_SHOWN]!r}: data holds what is no {datatype}")
    if not set(map(type, values)) <= _KINDS[dtype.kind]:
        raise wrong
    try:
        array = np.array(values, dtype)
    except OverflowError:
        # That is how NumPy 2 says that a number does not fit.
        raise wrong from None
    return Tensor(name, datatype, tuple(shape), array.reshape(shape))


def json_values(tensor: Tensor) -> dict[str, Any]:
    """Return what JSON says of a tensor's elements: `data`, and `parameters` where it is base64.

    Numbers stay an array in row-major order, for orjson to write without a Python object each;
    those that JSON does not have become null there.
    """
    if not isinstance(tensor.data, list):
        return {"data": tensor.data.ravel()}
    try:
        return {"data": [element.decode() for element in tensor.data]}
    except UnicodeDecodeError:
        texts = [base64.b64encode(element).decode() for element in tensor.data]
        return {"data": texts, "parameters": BASE64}


def _flat(name: str, data: list[Any], shape: Sequence[int], count: int) -> list[Any]:
    """Flatten nested lists of a known shape.

    NumPy would find the shape by itself, and make room first for the longest text in every place.
    """
    if len(data) == count and not (data and isinstance(data[0], list)):
        return data
    level: list[Any] = [data]
    for size in shape:
        if not all(isinstance(part, list) and len(part) == size for part in level):
            raise BadRequestError(
                f"{name[:_SHOWN]!r}: data must be {count} values, or lists of the shape "
                f"{list(shape)}"
            )
        level = list(chain.from_iterable(level))
    return level


def _from_texts(name: str, data: Sequence[Any], count: int) -> list[bytes]:
    """Bytes that are no text, images among them, cannot travel in JSON but as base64."""
    if len(data) != count or not all(isinstance(text, str) for text in data):
        raise BadRequestError(f"{name[:_SHOWN]!r}: data must be {count} strings")
    try:
        return [base64.b64decode(text, validate=True) for text in data]
    except (binascii.Error, ValueError):
        raise BadRequestError(
            f"{name[:_SHOWN]!r}: data is no base64; send images as base64 or with binary_data_size"
        ) from None
