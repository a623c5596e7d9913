"""The messages of the gRPC service, and how its methods are called.

`inference.proto` describes them; `inference.binpb` is that description compiled:

    python -m grpc_tools.protoc -I serving/gain_serving/protocol inference.proto \
        --descriptor_set_out=serving/gain_serving/protocol/inference.binpb

It is read into a pool of its own, because other packages describe the same names (NVIDIA's client,
KServe's SDK), and two descriptions of one name cannot share the process-wide pool. Nor does it tie
the server to one version of protobuf, as generated code would.
"""

from functools import cache
from importlib import resources
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "inference"
SERVICE = f"{PACKAGE}.GRPCInferenceService"


def _read() -> descriptor_pool.DescriptorPool:
    described = resources.files("gain_serving.protocol").joinpath("inference.binpb").read_bytes()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(described).file:
        pool.Add(file)
    return pool


_POOL = _read()

METHODS: dict[str, Any] = dict(_POOL.FindServiceByName(SERVICE).methods_by_name)
"""Method name -> its descriptor, with `input_type` and `output_type`."""


@cache
def message(name: str) -> Any:
    """Return the class of a message, `ModelInferRequest` for example."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{PACKAGE}.{name}"))
