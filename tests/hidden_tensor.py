"""A tensor that an ONNX file hides from who looks at its top alone."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def branch_with_a_tensor_elsewhere() -> onnx.GraphProto:
    """Return the branch of an If with a constant whose values lie in another file."""
    hidden = numpy_helper.from_array(np.zeros(1, np.float32), "hidden")
    hidden.ClearField("raw_data")
    hidden.data_location = TensorProto.EXTERNAL
    hidden.external_data.add(key="location", value="/etc/passwd")
    constant = helper.make_node("Constant", [], ["c"], value=hidden)
    return helper.make_graph([constant], "branch", [], [])
