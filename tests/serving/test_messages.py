"""The messages against NVIDIA's description of them: same names, numbers and types."""

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from tritonclient.grpc import model_config_pb2, service_pb2

from gain_serving.protocol import messages

FOLDER = Path(messages.__file__).parent
OURS = descriptor_pb2.FileDescriptorSet.FromString((FOLDER / "inference.binpb").read_bytes()).file[
    0
]


def described(messages, prefix=""):
    """Message -> field -> number, type, repetition, and the name of the type."""
    found = {}
    for one in messages:
        name = prefix + one.name
        found[name] = {
            field.name: (field.number, field.type, field.label, field.type_name)
            for field in one.field
        }
        found |= described(one.nested_type, f"{name}.")
    return found


def theirs():
    files = [descriptor_pb2.FileDescriptorProto() for _ in range(2)]
    for file, module in zip(files, (service_pb2, model_config_pb2), strict=True):
        module.DESCRIPTOR.CopyToProto(file)
    return files


def test_every_field_is_the_published_one():
    own = described(OURS.message_type)
    published = {}
    for file in theirs():
        published |= described(file.message_type)
    del own["Unsupported"]
    for name, fields in own.items():
        assert fields.items() <= published[name].items(), name


def test_every_method_is_there():
    (own,), (published,) = OURS.service, theirs()[0].service

    def shape(service):
        return {one.name: (one.client_streaming, one.server_streaming) for one in service.method}

    assert shape(own) == shape(published)


def test_the_compiled_description_is_that_of_the_text(tmp_path):
    pytest.importorskip("grpc_tools")
    out = tmp_path / "inference.binpb"
    tool = [sys.executable, "-W", "ignore", "-m", "grpc_tools.protoc"]
    arguments = ["-I", str(FOLDER), "inference.proto", f"--descriptor_set_out={out}"]
    subprocess.run([*tool, *arguments], check=True)
    compiled = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    assert compiled.file[0] == OURS
