"""From a model to a SavedModel whose signature has the inputs and outputs of the ONNX file."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from gain_export.answers import Run
from gain_export.graph import Exportable
from gain_export.names import IMAGE
from gain_export.onnx_graph import IMAGE_TYPE
from gain_tf.errors import GIVEN_OUT, FailedError, MemoryUsedUpError, used_up

SIGNATURE = "serving_default"


def write_saved_model(inference: Exportable, folder: Path) -> None:
    """Write a SavedModel.

    Args:
        inference: what is exported.
        folder: to be filled.

    Raises:
        OSError: the disk takes no more.
        MemoryUsedUpError: there is no room for it.
        FailedError: TensorFlow could not write it for another reason.
        NoRuleError: attention is asked for, and a layer of the head has no rule.
    """
    module = tf.Module()
    # Held by the module, or their values would not be written.
    module.variables_of_model = [weight.value for weight in inference.model.weights]
    serve = tf.function(inference.__call__, input_signature=[IMAGE_TYPE], autograph=False)
    try:
        tf.saved_model.save(module, str(folder), signatures={SIGNATURE: serve})
    except tf.errors.OpError as error:
        if (place := used_up(error)) is not None:
            raise MemoryUsedUpError(place, f"{folder.name} cannot be made: ") from error
        for number in GIVEN_OUT:
            if (reason := os.strerror(number)) in error.message:
                raise OSError(number, reason, str(folder)) from error
        # TensorFlow says first where in its own code, and last why.
        reason = error.message.rpartition("; ")[2].partition(" [Op:")[0]
        raise FailedError(f"{folder.name} cannot be written: {reason}") from error


def saved_model_run(folder: Path) -> Run:
    """Open a SavedModel as a function from pictures to outputs by name."""
    loaded = tf.saved_model.load(str(folder))
    signature = loaded.signatures[SIGNATURE]

    def run(image: np.ndarray) -> Mapping[str, np.ndarray]:
        # `loaded` owns the variables that the signature reads.
        answers = loaded.signatures[SIGNATURE](**{IMAGE: tf.constant(image)})
        return {name: tensor.numpy() for name, tensor in answers.items()}

    signature(**{IMAGE: tf.zeros([1, 8, 8, 3], tf.uint8)})
    return run
