"""An ONNX file that may be anybody's: read, and run, each failure a sentence that names it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from gain_export.answers import session_of
from gain_export.names import IMAGE
from gain_tf.errors import FailedError, UserError, first_line


def read_graph(path: Path) -> onnx.ModelProto:
    """Read a file that keeps all its tensors itself.

    What a file says of other files may name any file of this machine; nothing is read of them.

    Args:
        path: of an ONNX file.

    Raises:
        UserError: it is no ONNX model, or keeps tensors in other files.
    """
    try:
        graph = onnx.load(path, load_external_data=False)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except MemoryError:
        raise
    # protobuf's own error has no public home.
    except Exception as error:
        raise UserError(
            f"{path}: is no ONNX model that can be read: {first_line(error)}"
        ) from error
    parts = list(_parts(graph))
    if not all(map(_readable, parts)):
        raise UserError(f"{path}: is no ONNX model that can be read: a name in it is not in UTF-8")
    outside = [part for part in parts if isinstance(part, onnx.TensorProto) and _external(part)]
    if outside:
        name = outside[0].name or "one without a name"
        raise UserError(
            f"{path}: keeps tensors in other files, such as {name}; only a model that is one file "
            "is read"
        )
    return graph


def require_tensors(path: Path, graph: onnx.ModelProto, outputs: Iterable[str]) -> None:
    """Refuse a file that takes no image, or does not give what is asked for.

    Raises:
        UserError: names what is missing.
    """
    taken = {entry.name for entry in graph.graph.input}
    given = {entry.name for entry in graph.graph.output}
    missing = [] if IMAGE in taken else [f"input {IMAGE}"]
    missing += [f"output {name}" for name in outputs if name not in given]
    if missing:
        raise UserError(
            f"{path}: was not exported by gain-tf export: it has no {', no '.join(missing)}"
        )


class FileSession:
    """A file opened in ONNX Runtime, whose own errors have no base but `Exception`.

    Args:
        path: of the file, for messages.
        model: what is opened where it is not the file as it is.

    Raises:
        UserError: ONNX Runtime cannot load it.
    """

    def __init__(self, path: Path, model: bytes | None = None) -> None:
        self._path = path
        try:
            self._session = session_of(path if model is None else model)
        except MemoryError:
            raise
        except Exception as error:
            raise UserError(f"{path}: ONNX Runtime cannot load it: {first_line(error)}") from error

    def get_outputs(self) -> Sequence[Any]:
        """Return what the file gives, as an `onnxruntime.InferenceSession` does."""
        return self._session.get_outputs()

    def run(self, names: Sequence[str], feeds: Mapping[str, np.ndarray]) -> Any:
        """Compute outputs.

        Args:
            names: of the outputs.
            feeds: inputs by name.

        Returns:
            The outputs, in the order of the names.

        Raises:
            FailedError: ONNX Runtime cannot, for lack of memory for example.
        """
        try:
            return self._session.run(names, feeds)
        except MemoryError:
            raise
        except Exception as error:
            raise FailedError(
                f"{self._path}: ONNX Runtime cannot run it: {first_line(error)}"
            ) from error


def _parts(message: Any) -> Iterator[Any]:
    """Yield a message and those in it, at any depth, down to the tensors."""
    yield message
    if isinstance(message, onnx.TensorProto):
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for child in _each(value):
                yield from _parts(child)


def _external(tensor: onnx.TensorProto) -> bool:
    return bool(tensor.external_data) or tensor.data_location == onnx.TensorProto.EXTERNAL


def _readable(message: Any) -> bool:
    """Tell whether all text is text: protobuf hands out what is not in UTF-8 as bytes."""
    for field, value in message.ListFields():
        is_text = field.type == field.TYPE_STRING
        if is_text and not all(isinstance(text, str) for text in _each(value)):
            return False
    return True


def _each(value: Any) -> Iterable[Any]:
    """Return the values of a field, whether it may have several or not."""
    alone = isinstance(value, str | bytes) or hasattr(value, "ListFields")
    return [value] if alone else value
