"""WeakSegmenter: a segmenter that learns from cues, from image labels, or from masks.

Sources: Kolesnikov and Lampert, "Seed, Expand and Constrain" (SEC), 2016; Li et al., "Guided
Attention Inference Network", Section 4, Eq. 11 and 12.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, get_args

import keras
import tensorflow as tf

from gain_tf.models.crf_parameters import TRAINING, CrfParameters
from gain_tf.models.deeplab import LOGITS, build_segmenter
from gain_tf.models.segmenter_terms import TERMS, Method, class_scores, segmenter_terms


@keras.saving.register_keras_serializable("gain_tf")
class WeakSegmenter(keras.Model):
    """A network from images to class probabilities of each cell, and how it is trained.

    `method` says what `fit` minimises, and what it takes; labels are multi-hot (N, C) without
    background, images RGB (N, H, W, 3) in [0, 255]:

    - "sec": `L_seed + L_expand + L_constrain`, from `{"image", "cues"}` and labels. The posterior
      of the constrain term is that of the dense CRF on the image resized to the map.
    - "gain": `L_cl + L_seg` (Eq. 12), from `{"image", "cues"}` and labels. The score of a class is
      the mean of its logits over the cells, as the paper's global average pooling layer behind
      the segmenter's last one has it; L_cl is the multi-label soft margin of the C foreground
      scores. Background has none.
    - "supervised": cross-entropy against `{"image", "mask"}`, the upper bound; labels are not used.

    `cues` (N, h, w, C + 1) are boolean, background first; `mask` (N, H, W), 0 background and 255
    unknown, may stand for them. Either is brought to the size of the map by the nearest neighbour.

    Args:
        network: name of a segmenter (`gain_tf.models.deeplab.SEGMENTERS`), or a Keras model from
            images to logits (N, h, w, C + 1) in float32.
        classes: C, without background; None takes it from a network that is a model.
        method: see above.
        weights: of a named network, see `gain_tf.models.weights.Weights`.
        output_stride: pixels of the image to a cell, for a named network that lets one choose.
        crf: of the constrain term, in cells.
        weight_decay: lambda of `lambda / 2 * |w|^2` over all kernels, a term of the loss.
        logits_rate: how much faster the last layers learn, whose names begin with "logits".
        bias_rate: how much faster biases learn. Both rates multiply gradients: an optimiser that
            normalises gradients, such as Adam, undoes them.
        **kwargs: passed to `keras.Model`.

    Raises:
        ValueError: a setting is out of range, or the network gives no such logits.
        WeightsUnavailableError: pretrained weights are found nowhere.
    """

    network: keras.Model

    def __init__(
        self,
        network: str | keras.Model = "deeplab_vgg16",
        classes: int | None = None,
        *,
        method: Method = "sec",
        weights: str | None = "auto",
        output_stride: int | None = None,
        crf: CrfParameters = TRAINING,
        weight_decay: float = 5e-4,
        logits_rate: float = 10.0,
        bias_rate: float = 2.0,
        **kwargs: Any,
    ) -> None:
        # The network casts by itself; Keras would round images to float16 before it sees them.
        super().__init__(**{"autocast": False, **kwargs})
        if method not in get_args(Method):
            raise ValueError(f"method must be one of {', '.join(TERMS)}, not {method!r}")
        if min(weight_decay, logits_rate, bias_rate) < 0:
            raise ValueError("weight_decay, logits_rate and bias_rate must be at least 0")
        if isinstance(network, str):
            if classes is None:
                raise ValueError(f"network {network!r} needs classes=<number of classes>")
            network = build_segmenter(
                network, classes, weights=weights, output_stride=output_stride
            )
        self.network = network
        self.classes = _classes_of(network, classes)
        self.method: Method = method
        self.crf = crf
        self.weight_decay = weight_decay
        self.logits_rate = logits_rate
        self.bias_rate = bias_rate
        names = [*TERMS[method], *(["regularisation"] if weight_decay else [])]
        self.term_metrics = {name: keras.metrics.Mean(name=name) for name in names}
        self.built = True

    def compile(
        self,
        optimizer: Any = "rmsprop",
        *,
        jit_compile: bool | Literal["auto"] = "auto",
        **kwargs: Any,
    ) -> None:
        """Configure training as `keras.Model.compile` does; the loss is the method's own.

        Args:
            optimizer: as in Keras.
            jit_compile: "auto" compiles with XLA where there is a GPU.
            **kwargs: as in Keras.
        """
        super().compile(optimizer, jit_compile=jit_compile, **kwargs)
        self._asked_jit_compile = jit_compile

    def get_compile_config(self) -> dict[str, Any]:
        """Return what `compile` was given: what "auto" comes to is the loading machine's affair."""
        config = super().get_compile_config()
        return config and {**config, "jit_compile": self._asked_jit_compile}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as `get_compile_config` describes, with the optimiser's state to be loaded."""
        given = keras.saving.deserialize_keras_object(config)
        # What the base class wrote down and `compile` does not take.
        self.compile(**{key: value for key, value in given.items() if key != "loss"})
        self.optimizer.build(self.trainable_variables)

    def call(self, inputs: Any, training: bool | None = None) -> tf.Tensor:
        """Return the probabilities (N, h, w, C + 1) of images, or of an example's `image`."""
        return tf.nn.softmax(self.logits(inputs, training=training))

    def logits(self, inputs: Any, training: bool | None = None) -> tf.Tensor:
        """Return the logits (N, h, w, C + 1) of images (N, H, W, 3), or of an example's `image`."""
        images = inputs["image"] if isinstance(inputs, Mapping) else inputs
        return self.network(tf.cast(images, self.network.inputs[0].dtype), training=training)

    def image_scores(self, logits: tf.Tensor) -> tf.Tensor:
        """Return how sure the map is that each class is in the image, (N, C), in [0, 1].

        Args:
            logits: (N, h, w, C + 1).

        Returns:
            With the method "gain" the sigmoid of the scores that it was trained on, otherwise the
            highest probability of each class.
        """
        if self.method == "gain":
            return tf.sigmoid(class_scores(logits))
        return tf.reduce_max(tf.nn.softmax(logits)[..., 1:], axis=(1, 2))

    def terms(self, x: Mapping[str, Any], y: Any = None, *, training: bool) -> dict[str, tf.Tensor]:
        """Compute each term of the loss.

        Args:
            x: an example, see the class.
            y: labels, (N, C); not used by "supervised".
            training: whether dropout and batch norm run in training mode.

        Returns:
            Scalars by name, in the order of `TERMS`, and `regularisation`.
        """
        logits = self.logits(x, training=training)
        terms = segmenter_terms(self.method, x, y, logits, self.crf)
        if self.weight_decay:
            squares = [tf.nn.l2_loss(tf.cast(kernel, logits.dtype)) for kernel in self._kernels()]
            terms["regularisation"] = self.weight_decay * tf.add_n(squares)
        return terms

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step down the method's loss."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        with tf.GradientTape() as tape:
            terms = self.terms(x, y, training=True)
            total = tf.add_n(list(terms.values()))
            scaled_total = self.optimizer.scale_loss(total / replicas)
        variables = self.trainable_variables
        gradients = tape.gradient(scaled_total, variables)
        rates = self._rates()
        faster = [rates[v.path] * g for g, v in zip(gradients, variables, strict=True)]
        self.optimizer.apply_gradients(zip(faster, variables, strict=True))
        return self._track(x, terms, total)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Compute every term that training minimises, without a step."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        terms = self.terms(x, y, training=False)
        return self._track(x, terms, tf.add_n(list(terms.values())))

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the model: its network and its settings."""
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
            "classes": self.classes,
            "method": self.method,
            "crf": asdict(self.crf),
            "weight_decay": self.weight_decay,
            "logits_rate": self.logits_rate,
            "bias_rate": self.bias_rate,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Rebuild the model that `get_config` describes."""
        network = keras.saving.deserialize_keras_object(config["network"], custom_objects)
        return cls(**{**config, "network": network, "crf": CrfParameters(**config["crf"])})

    def _track(
        self, x: Mapping[str, Any], terms: Mapping[str, tf.Tensor], total: tf.Tensor
    ) -> dict[str, Any]:
        images = tf.shape(x["image"])[0]
        self._loss_tracker.update_state(total, sample_weight=images)
        for name, value in terms.items():
            self.term_metrics[name].update_state(value, sample_weight=images)
        return self.get_metrics_result()

    def _kernels(self) -> list[Any]:
        return [v for v in self.network.trainable_variables if v.name.endswith("kernel")]

    def _rates(self) -> dict[str, float]:
        """How much faster each variable learns, by its path."""
        rates = {}
        for layer in self.network.layers:
            of_layer = self.logits_rate if layer.name.startswith(LOGITS) else 1.0
            for variable in layer.trainable_variables:
                rates[variable.path] = of_layer * (
                    self.bias_rate if variable.name == "bias" else 1.0
                )
        return rates


def _classes_of(network: keras.Model, classes: int | None) -> int:
    """Check that a network gives logits, and say of how many classes besides background."""
    shape = network.output_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or not shape[-1] or shape[-1] < 2:
        raise ValueError(
            f"network {network.name!r} must give logits (N, h, w, C + 1), background first, "
            f"not {shape}"
        )
    if classes is not None and shape[-1] != classes + 1:
        raise ValueError(
            f"network {network.name!r} gives {shape[-1]} logits a cell; {classes} classes and "
            f"background need {classes + 1}"
        )
    return shape[-1] - 1
