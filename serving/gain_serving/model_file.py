"""A model file's bytes, and the refusal of files that would make ONNX Runtime read others."""

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from gain_serving.errors import BadModelError

_EXTERNAL = 1  # TensorProto.DataLocation.EXTERNAL

# The part of the ONNX format that leads to tensors: message -> field -> (number, type). The whole
# `onnx` package would bring 31 MB and its own parser for this one question.
_FORMAT = {
    "Model": {"graph": (7, "Graph"), "training_info": (20, "Training"), "functions": (25, "Func")},
    "Training": {"initialization": (1, "Graph"), "algorithm": (2, "Graph")},
    "Func": {"node": (7, "Node"), "attribute_proto": (11, "Attribute")},
    "Graph": {"node": (1, "Node"), "initializer": (5, "Tensor"), "sparse": (15, "Sparse")},
    "Node": {"attribute": (5, "Attribute")},
    "Attribute": {
        "t": (5, "Tensor"),
        "g": (6, "Graph"),
        "tensors": (10, "Tensor"),
        "graphs": (11, "Graph"),
        "sparse_tensor": (22, "Sparse"),
        "sparse_tensors": (23, "Sparse"),
    },
    "Sparse": {"values": (1, "Tensor"), "indices": (2, "Tensor")},
    "Tensor": {"name": (8, "bytes"), "external_data": (13, "Entry"), "data_location": (14, "int")},
    "Entry": {},
}
_SINGLE = {
    "Model.graph",
    "Training.initialization",
    "Training.algorithm",
    "Attribute.t",
    "Attribute.g",
    "Attribute.sparse_tensor",
    "Sparse.values",
    "Sparse.indices",
    "Tensor.name",
    "Tensor.data_location",
}


def read_model(path: Path) -> tuple[bytes, str]:
    """Read a model file whole: what is checked and hashed is then what is loaded.

    Args:
        path: of the ONNX file.

    Returns:
        Its bytes and their SHA-256 in hex.

    Raises:
        BadModelError: it cannot be read, is no ONNX file, or keeps tensors in other files.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadModelError(f"{path}: cannot be read: {error.strerror}") from error
    model = _model_class()()
    try:
        model.ParseFromString(content)
    except message.DecodeError as error:
        raise BadModelError(f"{path}: is not an ONNX file, or a damaged one") from error
    if not model.HasField("graph"):
        raise BadModelError(f"{path}: is not an ONNX file: it has no graph")
    outside = sorted(set(_external_tensors(model)))
    if outside:
        raise BadModelError(
            f"{path}: keeps {len(outside)} tensors in other files ({', '.join(outside[:3])}); "
            "only a model that is one file is loaded"
        )
    return content, hashlib.sha256(content).hexdigest()


def _external_tensors(part: Any) -> Iterator[str]:
    if part.DESCRIPTOR.name == "Tensor":
        if part.external_data or part.data_location == _EXTERNAL:
            yield part.name.decode(errors="replace") or "without a name"
        return
    for field, value in part.ListFields():
        for child in value if field.is_repeated else [value]:
            yield from _external_tensors(child)


@cache
def _model_class() -> type[message.Message]:
    field_type = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="gain_serving.onnx", package="gain_serving")
    for name, fields in _FORMAT.items():
        described = file.message_type.add(name=name)
        for key, (number, kind) in fields.items():
            single = f"{name}.{key}" in _SINGLE
            field = described.field.add(name=key, number=number)
            field.label = field_type.LABEL_OPTIONAL if single else field_type.LABEL_REPEATED
            if kind in _FORMAT:
                field.type, field.type_name = field_type.TYPE_MESSAGE, f".gain_serving.{kind}"
            else:
                field.type = field_type.TYPE_BYTES if kind == "bytes" else field_type.TYPE_INT32
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("gain_serving.Model"))
