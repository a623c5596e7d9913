"""A classifier in two parts, features and head, that can say where it looked."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gain_tf.attention import grad_cam, gradient_saliency, normalise
from gain_tf.losses.classification import Activation
from gain_tf.models.asked import asked_classes
from gain_tf.models.recomputed import recomputed
from gain_tf.models.registry import build_backbone
from gain_tf.models.split import check_pair

Example = Mapping[str, tf.Tensor]


class AttentiveClassifier(keras.Model):
    """Features and head, probabilities and attention maps; the base of `gain_tf.GAIN`.

    See `gain_tf.GAIN` for the arguments.
    """

    features: keras.Model
    head: keras.Model

    def __init__(
        self,
        backbone: str | keras.Model,
        head: str | keras.Model,
        classes: int | None,
        *,
        weights: str | None,
        activation: Activation,
        image_size: tuple[int, int] | None,
        target_layer: str | None,
        output_stride: int | None,
        mean_colour: Sequence[float] | None,
        audit: bool,
        **kwargs: Any,
    ) -> None:
        # Keras would round the images to float16 under a mixed policy before the network sees
        # them; the features model casts by itself.
        super().__init__(**{"autocast": False, **kwargs})
        if isinstance(backbone, str):
            if classes is None or not isinstance(head, str):
                raise ValueError(
                    f"backbone {backbone!r} needs classes=<number of classes> and its head by name"
                )
            parts = build_backbone(
                backbone,
                classes,
                head=head,
                target_layer=target_layer,
                image_size=image_size,
                weights=weights,
                output_stride=output_stride,
            )
            backbone, head = parts.features, parts.head
            mean_colour = parts.mean_colour if mean_colour is None else mean_colour
            # The heads of the library are audited in its tests; what a cut leaves in one is not.
            audit = audit and target_layer is not None
        elif isinstance(head, str):
            raise ValueError("a features model needs head=<a Keras model from features to logits>")
        self.features = backbone
        self.head = head
        self.classes = check_pair(backbone, head, classes, audit=audit)
        self.activation = activation
        self.mean_colour = _colour(mean_colour, self.features.inputs[0].shape[-1])
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> tf.Tensor:
        """Return the probabilities (B, C) of images (B, H, W, 3), or of an example's `image`."""
        features = self.features_of(self.images_of(inputs), training=training)
        return self.probabilities(self.head(features, training=training))

    def images_of(self, inputs: Any) -> tf.Tensor:
        """Return the images of an input, (B, H, W, 3), in the features model's own type."""
        images = inputs["image"] if isinstance(inputs, Mapping) else inputs
        return tf.cast(images, self.features.inputs[0].dtype)

    def features_of(
        self, images: tf.Tensor, *, training: bool | None, remat: bool = False
    ) -> tf.Tensor:
        """Return the features (B, h, w, K) in the head's type: float32 under mixed precision."""
        if remat:
            features = recomputed(self.features, images, training=bool(training))
        else:
            features = self.features(images, training=training)
        return tf.cast(features, self.head.inputs[0].dtype)

    def probabilities(self, logits: tf.Tensor) -> tf.Tensor:
        """Apply the activation: sigmoid or softmax."""
        return tf.nn.softmax(logits) if self.activation == "softmax" else tf.sigmoid(logits)

    def attention(
        self, images: Any, classes: Sequence[int] | np.ndarray, batch_size: int = 32
    ) -> np.ndarray:
        """Show where the network looks for each class.

        Args:
            images: (N, H, W, 3), RGB in [0, 255] for a named backbone.
            classes: the classes asked about: k of them, the same for every image, or an array
                (N, k).
            batch_size: images computed at a time.

        Returns:
            Attention divided by each map's maximum, float32 (N, k, h, w), in [0, 1].

        Raises:
            ValueError: there is no image or no class, or a class is not one of the network's.
        """
        asked = asked_classes(classes, len(images), self.classes)
        if not len(images):
            raise ValueError("there is no image to explain")
        parts = [
            self.explain(
                tf.convert_to_tensor(images[start : start + batch_size]),
                tf.convert_to_tensor(asked[start : start + batch_size]),
            )[1].numpy()
            for start in range(0, len(images), batch_size)
        ]
        return np.concatenate(parts)

    def saliency(
        self,
        images: Any,
        labels: np.ndarray | None = None,
        *,
        median: bool = False,
        batch_size: int = 32,
    ) -> np.ndarray:
        """Show which pixels move the scores, see `gain_tf.attention.gradient_saliency`.

        Args:
            images: (N, H, W, 3), RGB in [0, 255] for a named backbone.
            labels: multi-hot (N, C); None, or an image without any, asks about the best class.
            median: whether maps go through a 3 x 3 median filter.
            batch_size: images computed at a time.

        Returns:
            float32 (N, H, W), in [0, 1].

        Raises:
            ValueError: there is no image, or labels do not fit images and classes.
        """
        if not len(images):
            raise ValueError("there is no image to explain")
        shape = (len(images), self.classes)
        if labels is not None and np.shape(labels) != shape:
            raise ValueError(f"labels must be multi-hot {shape}, not {np.shape(labels)}")
        # Images without labels are asked about their best class.
        asked = np.zeros(shape, np.float32) if labels is None else np.asarray(labels, np.float32)
        parts = [
            self._saliency(
                tf.convert_to_tensor(images[start : start + batch_size]),
                tf.convert_to_tensor(asked[start : start + batch_size]),
                median=median,
            ).numpy()
            for start in range(0, len(images), batch_size)
        ]
        return np.concatenate(parts)

    @tf.function(reduce_retracing=True)
    def _saliency(self, images: tf.Tensor, labels: tf.Tensor, *, median: bool) -> tf.Tensor:
        return gradient_saliency(self.logits, self.images_of(images), labels, median=median)

    def logits(self, images: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Return the logits (B, C) of images (B, H, W, 3) in the features model's own type."""
        return self.head(self.features_of(images, training=training), training=training)

    @tf.function(reduce_retracing=True)
    def explain(self, images: tf.Tensor, classes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Compute scores and, from the same features, where the network looks.

        Args:
            images: (B, H, W, 3).
            classes: the classes each image is asked about, (B, k), integers.

        Returns:
            Probabilities (B, C), and normalised attention (B, k, h, w) in [0, 1].
        """
        features = self.features_of(self.images_of(images), training=False)
        scores = self.probabilities(self.head(features, training=False))
        asked = tf.shape(classes)
        raw = grad_cam(tf.repeat(features, asked[1], axis=0), self.head, tf.reshape(classes, [-1]))
        maps = tf.reshape(normalise(raw), tf.concat([asked, tf.shape(raw)[1:]], axis=0))
        return scores, maps

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the model: its two parts and its settings."""
        serialise = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "backbone": serialise(self.features),
            "head": serialise(self.head),
            "classes": self.classes,
            "activation": self.activation,
            "mean_colour": list(self.mean_colour),
            # A head that was accepted once is the same head after loading.
            "audit": False,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Rebuild the model that `get_config` describes."""
        restore = keras.saving.deserialize_keras_object
        parts = {key: restore(config[key], custom_objects) for key in ("backbone", "head")}
        return cls(**{**config, **parts})


def _colour(given: Sequence[float] | None, channels: int | None) -> tuple[float, ...]:
    """Return a number for each channel of the images, zero where none is given."""
    channels = 3 if channels is None else channels
    colour = tuple(float(value) for value in (() if given is None else given))
    if not any(colour):
        # Older files hold three zeros, whatever the images.
        return (0.0,) * channels
    if len(colour) != channels:
        raise ValueError(
            f"mean_colour must have a number for each of the {channels} channels, not {colour}"
        )
    return colour
