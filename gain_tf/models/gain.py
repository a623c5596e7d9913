"""GAIN: a classifier whose attention is part of its training (Eq. 6, 8 and 10).

Source: Li et al., "Guided Attention Inference Network", Section 3.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal, NamedTuple

import keras
import tensorflow as tf

from gain_tf import losses
from gain_tf.attention import (
    Pairs,
    area_average,
    erase,
    grad_cam,
    images_carrying,
    normalise,
    pair_weights,
    pairs_of,
    zero_maps,
)
from gain_tf.attention.masking import Normalisation
from gain_tf.losses.classification import Activation
from gain_tf.models.classifier import AttentiveClassifier, Example
from gain_tf.models.fill import fill_for
from gain_tf.models.settings import BoxPrior, EraseTo, GuidanceSettings, Kind
from gain_tf.models.targets import box_target, mask_target


class Term(NamedTuple):
    """A loss term of a batch: its value, and the number of images (or pairs) it averages over."""

    value: tf.Tensor
    count: tf.Tensor


class _LossOfFunction(keras.losses.Loss):
    """A function (labels, probabilities) -> (B,) as a Keras loss."""

    def __init__(self, function: Callable[..., tf.Tensor]) -> None:
        super().__init__(name="classification")
        self.call = function


def _as_loss(loss: Any) -> keras.losses.Loss:
    found = keras.losses.get(loss)
    return found if isinstance(found, keras.losses.Loss) else _LossOfFunction(found)


def _replicas() -> int:
    return tf.distribute.get_strategy().num_replicas_in_sync


@keras.saving.register_keras_serializable("gain_tf")
class GAIN(AttentiveClassifier):
    """Guided Attention Inference Network.

    Training minimises `L_cl + alpha L_am + omega (L_e + L_bbox)`: Eq. 6 where no image is
    annotated, Eq. 8 with masks, Eq. 10 with boxes, and both where a batch has both. Each attention
    term averages over the images of the batch that carry it. `alpha=0, omega=0` is the plain
    classifier, at the cost of a plain classifier.

    `fit` takes images (B, H, W, 3), or a dictionary with `image` and any of `mask` (B, H, W:
    class index + 1, 0 background, 255 unknown), `has_mask` (B,), `boxes` (B, N, 4: y0 x0 y1 x1 in
    [0, 1]), `box_labels` (B, N: -1 for padding), `has_boxes` (B,), `saliency` (B, H, W in [0, 1]);
    labels are multi-hot or one-hot (B, C), or class indices (B,).

    Args:
        backbone: name of a network (`vgg16`, `resnet50`, `resnet101`, `densenet121`,
            `efficientnet_lite0`, or any of keras.applications), or a Keras model from images to
            features (B, h, w, K).
        head: "auto", "gap" or "fc" for a named backbone; for a features model a Keras model from
            features to logits (B, C), in float32, without a final activation.
        classes: number C of classes; None takes it from a head that is a model.
        weights: "auto" finds pretrained weights for a named backbone, None starts at random, a
            path reads a file.
        activation: "sigmoid" for images with any number of labels, "softmax" for exactly one.
        alpha: weight of attention mining, Eq. 6.
        omega: weight of the annotation, Eq. 8 and 10.
        kind: which annotation guides: "pixel", "box", "both" or "none".
        sigma: threshold of Eq. 4.
        slope: steepness of Eq. 4, the paper's omega there.
        normalise: "max" or "none", see `gain_tf.attention.normalise`.
        weight_gradient: second-order gradient through the channel weights of Eq. 1.
        erase_to: what Eq. 3 erases to: "mean" colour, "black" or "blur".
        box_prior: the foreground S of Eq. 9 where an example brings no `saliency`: "fill" (all
            of the box) or "free" (inside the box attention is left alone).
        max_labels: None computes exactly the (image, class) pairs there are; a number pads each
            image to as many, the static form that XLA needs.
        unguided_classes: classes without an object to attend to ("free of defects"): they are
            classified, but have no attention terms.
        image_size: (height, width) for heads that need it; None for any size.
        target_layer: name of the layer whose output is explained; None for the last
            convolutional features.
        output_stride: pixels of the image to a cell of the map, for a named backbone that lets
            one choose; None for its own.
        mean_colour: RGB that the features model maps to zero; None takes the named backbone's
            own, or zero for a features model of the user's.
        audit: check that the head can be differentiated twice, layer by layer.
        **kwargs: passed to `keras.Model`.

    Raises:
        ValueError: a setting is out of range, or features and head do not fit.
        SecondOrderError: a layer of the head has no correct second derivative.
        WeightsUnavailableError: pretrained weights are found nowhere.
    """

    def __init__(
        self,
        backbone: str | keras.Model = "vgg16",
        head: str | keras.Model = "auto",
        classes: int | None = None,
        *,
        weights: str | None = "auto",
        activation: Activation = "sigmoid",
        alpha: float = 1.0,
        omega: float = 10.0,
        kind: Kind = "both",
        sigma: float = 0.5,
        slope: float = 10.0,
        normalise: Normalisation = "max",
        weight_gradient: bool = True,
        erase_to: EraseTo = "mean",
        box_prior: BoxPrior = "fill",
        max_labels: int | None = None,
        unguided_classes: Sequence[int] = (),
        image_size: tuple[int, int] | None = None,
        target_layer: str | None = None,
        output_stride: int | None = None,
        mean_colour: Sequence[float] | None = None,
        audit: bool = True,
        **kwargs: Any,
    ) -> None:
        guidance = GuidanceSettings(
            alpha, omega, kind, sigma, slope, normalise, weight_gradient, erase_to, box_prior
        )
        default_loss = losses.Classification(activation)
        super().__init__(
            backbone,
            head,
            classes,
            weights=weights,
            activation=activation,
            image_size=image_size,
            target_layer=target_layer,
            output_stride=output_stride,
            mean_colour=mean_colour,
            audit=audit,
            **kwargs,
        )
        self.guidance = guidance
        self.max_labels = max_labels
        self.unguided_classes = tuple(int(c) for c in unguided_classes)
        self._default_loss = default_loss
        self._given_loss: keras.losses.Loss | None = None
        names = [*self.guidance.weights, *(["zero_maps"] if self.guidance.attends else [])]
        self.term_metrics = {name: keras.metrics.Mean(name=name) for name in names}

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        *,
        jit_compile: bool | Literal["auto"] = "auto",
        **kwargs: Any,
    ) -> None:
        """Configure training as `keras.Model.compile` does.

        Args:
            optimizer: as in Keras.
            loss: L_cl of multi-hot labels and probabilities, both (B, C): a Keras loss, its
                name, or a function; None takes the activation's own cross-entropy, computed on
                logits.
            jit_compile: "auto" compiles with XLA where there is a GPU and the pairs are static:
                on a CPU XLA is several times slower than the plain graph.
            **kwargs: as in Keras.

        Raises:
            ValueError: `jit_compile=True` with a number of pairs that changes from batch to
                batch.
        """
        static = self.max_labels is not None or not self.guidance.attends
        if jit_compile is True and not static:
            raise ValueError(
                "jit_compile=True needs a fixed number of classes an image: give max_labels "
                "(1 for images with one label) to GAIN"
            )
        super().compile(optimizer, loss=loss, jit_compile=jit_compile, **kwargs)
        if jit_compile == "auto":
            self.jit_compile = static and bool(tf.config.list_physical_devices("GPU"))
        self._given_loss = None if loss is None else _as_loss(loss)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as `get_compile_config` describes, with the optimiser's state to be loaded."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step down Eq. 6, 8 or 10, whichever the batch's annotation makes of it."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            scores, terms = self.terms(x, y, sample_weight, training=True)
            total = self.total(terms)
            scaled_total = self.optimizer.scale_loss(total / _replicas())
        gradients = tape.gradient(scaled_total, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return self._track(x, y, sample_weight, scores, terms, total)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Compute every term that training minimises, without a step."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        scores, terms = self.terms(x, y, sample_weight, training=False)
        return self._track(x, y, sample_weight, scores, terms, self.total(terms))

    def terms(
        self, x: Any, y: Any, sample_weight: Any = None, *, training: bool
    ) -> tuple[tf.Tensor, dict[str, Term]]:
        """Compute scores, attention, erased images and from them each term of the loss.

        Args:
            x: images (B, H, W, 3), or an example.
            y: labels, (B, C) or (B,).
            sample_weight: of each image, (B,).
            training: whether the classification stream runs in training mode.

        Returns:
            Probabilities (B, C), and the terms by name: those of `GuidanceSettings.weights`, and
            `zero_maps`, the share of maps that are zero everywhere.
        """
        example = x if isinstance(x, Mapping) else {"image": x}
        images = self.images_of(x)
        labels = self._multi_hot(y)
        batch = tf.shape(images)[0]

        features = self.features_of(images, training=training)
        logits = self.head(features, training=training)
        scores = self.probabilities(logits)
        loss = self._classification(labels, logits, scores, sample_weight)
        terms = {"classification": Term(loss, batch)}
        if not self.guidance.attends:
            return scores, terms

        pairs = pairs_of(self._guided(labels), self.max_labels)
        maps = self._attention(features, pairs)
        terms["zero_maps"] = self._share_of_zero_maps(maps, pairs)

        def weigh(carried: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            count = images_carrying(pairs, carried, batch)
            return pair_weights(pairs, carried, batch, sample_weight), count

        if self.guidance.mines:
            weights, count = weigh(pairs.valid)
            erased_scores = self._erased_scores(images, maps, pairs)
            terms["attention_mining"] = Term(
                losses.attention_mining(erased_scores, weights), count
            )
        height, width = tf.shape(maps)[1], tf.shape(maps)[2]
        if self.guidance.uses_masks and "mask" in example:
            mask = mask_target(example, pairs, height, width)
            weights, count = weigh(mask.carried)
            distance = losses.pixel_attention(maps, mask.value, weights, known=mask.known)
            terms["pixel_attention"] = Term(distance, count)
        if self.guidance.uses_boxes and "boxes" in example:
            box = box_target(example, pairs, height, width)
            weights, count = weigh(box.carried)
            saliency = self._saliency(example, maps, pairs)
            distance = losses.box_attention(maps, box.value, saliency, weights)
            terms["box_attention"] = Term(distance, count)
        return scores, terms

    def total(self, terms: Mapping[str, Term]) -> tf.Tensor:
        """Sum the terms by their weights (Eq. 6, 8, 10), with the layers' own regularisation."""
        weights = self.guidance.weights
        guided = [weights[name] * term.value for name, term in terms.items() if name in weights]
        return tf.add_n([*guided, *(tf.cast(loss, guided[0].dtype) for loss in self.losses)])

    def _attention(self, features: tf.Tensor, pairs: Pairs) -> tf.Tensor:
        """Eq. 1 and 2 for each pair, normalised: (P, h, w)."""
        raw = grad_cam(
            tf.gather(features, pairs.image),
            self.head,
            pairs.category,
            weight_gradient=self.guidance.weight_gradient,
        )
        return normalise(raw, self.guidance.normalise)

    def _erased_scores(self, images: tf.Tensor, maps: tf.Tensor, pairs: Pairs) -> tf.Tensor:
        """Eq. 3 and 4, then `s^c(I*^c)` of each pair: (P,).

        In inference mode: erased images must not enter the moving statistics of batch norm.
        """
        images = tf.gather(images, pairs.image)
        fill = fill_for(images, self.guidance.erase_to, self.mean_colour)
        erased = erase(
            images, maps, sigma=self.guidance.sigma, slope=self.guidance.slope, fill=fill
        )
        logits = self.head(self.features_of(erased, training=False), training=False)
        return tf.gather(self.probabilities(logits), pairs.category, batch_dims=1)

    def _saliency(self, example: Example, maps: tf.Tensor, pairs: Pairs) -> tf.Tensor | None:
        """S of Eq. 9 at the resolution of the maps: the example's own, or the box prior."""
        if "saliency" in example:
            saliency = tf.gather(tf.cast(example["saliency"], maps.dtype), pairs.image)
            return area_average(saliency, tf.shape(maps)[1], tf.shape(maps)[2])
        return tf.stop_gradient(maps) if self.guidance.box_prior == "free" else None

    def _share_of_zero_maps(self, maps: tf.Tensor, pairs: Pairs) -> Term:
        count = tf.reduce_sum(pairs.valid)
        dead = tf.reduce_sum(tf.cast(zero_maps(maps), tf.float32) * pairs.valid)
        return Term(tf.math.divide_no_nan(dead, count), count)

    def _classification(
        self, labels: tf.Tensor, logits: tf.Tensor, scores: tf.Tensor, sample_weight: Any
    ) -> tf.Tensor:
        if self._given_loss is None:
            loss = self._default_loss(labels, logits, sample_weight=sample_weight)
        else:
            loss = self._given_loss(labels, scores, sample_weight=sample_weight)
        # Keras divides its losses by the number of replicas; `train_step` divides the total.
        return loss * _replicas()

    def _multi_hot(self, labels: Any) -> tf.Tensor:
        labels = tf.convert_to_tensor(labels)
        if labels.shape.rank == 2 and labels.shape[1] == 1 and self.classes > 1:
            labels = labels[:, 0]
        if labels.shape.rank == 1:
            return tf.one_hot(tf.cast(labels, tf.int32), self.classes)
        return tf.cast(labels, tf.float32)

    def _guided(self, labels: tf.Tensor) -> tf.Tensor:
        keep = [0.0 if c in self.unguided_classes else 1.0 for c in range(self.classes)]
        return labels * tf.constant(keep)

    def _track(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        scores: tf.Tensor,
        terms: Mapping[str, Term],
        total: tf.Tensor,
    ) -> dict[str, Any]:
        self._loss_tracker.update_state(total, sample_weight=terms["classification"].count)
        for name, term in terms.items():
            self.term_metrics[name].update_state(term.value, sample_weight=term.count)
        return self.compute_metrics(x, y, scores, sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the model: its two parts and its settings."""
        return {
            **super().get_config(),
            **asdict(self.guidance),
            "max_labels": self.max_labels,
            "unguided_classes": list(self.unguided_classes),
        }
