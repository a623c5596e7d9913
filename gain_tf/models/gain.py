"""GAIN: a classifier whose attention is part of its training (Eq. 6, 8 and 10).

Source: Li et al., "Guided Attention Inference Network", Section 3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import keras
import tensorflow as tf

from gain_tf.attention import pairs_of
from gain_tf.attention.masking import Normalisation
from gain_tf.losses.classification import Activation
from gain_tf.models.attended import attend
from gain_tf.models.example import as_example
from gain_tf.models.guided_terms import guided_terms
from gain_tf.models.labels import multi_hot, without_classes
from gain_tf.models.recomputed import check_recomputable
from gain_tf.models.replicas import (
    clipped_together,
    never_empty,
    of_the_whole_batch,
    replicas,
)
from gain_tf.models.settings import BoxPrior, EraseTo, GuidanceSettings, Kind
from gain_tf.models.stacked_dense import stacked_kernel_gradients
from gain_tf.models.term import Term
from gain_tf.models.trainable import TrainableClassifier


@keras.saving.register_keras_serializable("gain_tf")
class GAIN(TrainableClassifier):
    """Guided Attention Inference Network.

    Training minimises `L_cl + alpha L_am + omega (L_e + L_bbox)`: Eq. 6 where no image is
    annotated, Eq. 8 with masks, Eq. 10 with boxes, and both where a batch has both; `losses` puts
    other guidance losses in the place of L_e and L_bbox, or beside them. Each attention term
    averages over the images of the batch that carry it. `alpha=0, omega=0` is the plain
    classifier, at the cost of a plain classifier.

    `fit` takes images (B, H, W, 3), or a dictionary with `image` and any of `mask` (B, H, W:
    class index + 1, 0 background, 255 unknown), `has_mask` (B,), `boxes` (B, N, 4: y0 x0 y1 x1 in
    [0, 1]), `box_labels` (B, N: -1 for padding), `has_boxes` (B,), `saliency` (B, H, W in [0, 1]);
    boxes and their labels may be ragged. Labels are multi-hot or one-hot (B, C), or class indices
    (B,). Masks and boxes that cannot be meant (pixels, classes there are not) are refused where
    they come as arrays; those of a data set are not looked at.

    Args:
        backbone: name of a network (`vgg16`, `resnet50`, `resnet101`, `densenet121`,
            `efficientnet_lite0`, or any of keras.applications), or a Keras model from images to
            features (B, h, w, K).
        head: "auto", "gap", "fc" or "truncate" for a named backbone (see
            `gain_tf.models.registry.build_backbone`); for a features model a Keras model from
            features to logits (B, C), in float32, without a final activation.
        classes: number C of classes; None takes it from a head that is a model.
        weights: "auto" finds pretrained weights for a named backbone, None starts at random, a
            path reads a file.
        activation: "sigmoid" for images with any number of labels, "softmax" for exactly one.
        alpha: weight of attention mining, Eq. 6.
        omega: weight of the annotation, Eq. 8 and 10: of each guidance loss that `losses` gives
            none of its own. 0 switches all of them off.
        kind: which annotation guides: "pixel", "box", "both" or "none".
        sigma: threshold of Eq. 4.
        slope: steepness of Eq. 4, the paper's omega there.
        normalise: "max" or "none", see `gain_tf.attention.normalise`.
        weight_gradient: second-order gradient through the channel weights of Eq. 1.
        erase_to: what Eq. 3 erases to: "mean" colour, "black" or "blur".
        box_prior: the foreground S of Eq. 9 where an example brings no `saliency`: "fill" (all
            of the box) or "free" (inside the box attention is left alone).
        losses: the guidance losses and the weight of each, None for omega's: "pixel" (Eq. 7, for
            masks), "box" (Eq. 9, for boxes), and for whichever of the two `kind` lets guide (the
            mask of an image that has both) "energy", "rrr", "evidence" and "revive": see
            `gain_tf.losses`. "rrr" and "evidence" leave out images whose annotation does not show
            all their classes. None is the paper's own: "pixel" where masks guide, "box" where boxes
            do. "rrr" takes images for numbers in [0, 255].
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
        remat: compute the classification stream's features a second time for their gradient
            instead of keeping what lies between: less memory, more time, see
            docs/results/step_cost.md.
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
        losses: Mapping[str, float | None] | None = None,
        max_labels: int | None = None,
        unguided_classes: Sequence[int] = (),
        image_size: tuple[int, int] | None = None,
        target_layer: str | None = None,
        output_stride: int | None = None,
        mean_colour: Sequence[float] | None = None,
        remat: bool = False,
        audit: bool = True,
        **kwargs: Any,
    ) -> None:
        guidance = GuidanceSettings(
            alpha,
            omega,
            kind,
            sigma,
            slope,
            normalise,
            weight_gradient,
            erase_to,
            box_prior,
            None if losses is None else dict(losses),
        )
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
        self._check_classes()
        self.remat = remat
        if remat:
            check_recomputable(self.features)
        names = [*self.guidance.weights]
        names += ["zero_maps"] if self.guidance.attends else []
        names += ["regularisation"] if self.losses else []
        self.track_terms(names)

    def _check_classes(self) -> None:
        strange = [c for c in self.unguided_classes if not 0 <= c < self.classes]
        if strange:
            raise ValueError(f"unguided_classes must lie in 0 to {self.classes - 1}, not {strange}")
        if self.max_labels is not None and not 1 <= self.max_labels <= self.classes:
            raise ValueError(f"max_labels must lie in 1 to {self.classes}, not {self.max_labels}")

    @property
    def static(self) -> bool:
        """Whether every batch has as many pairs, which XLA needs."""
        return self.max_labels is not None or not self.guidance.attends

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step down Eq. 6, 8 or 10, whichever the batch's annotation makes of it."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with stacked_kernel_gradients() as kernels:
            with tf.GradientTape() as tape:
                scores, terms = self.terms(x, y, sample_weight, training=True)
                total = self.total(terms)
                scaled_total = self.optimizer.scale_loss(total / replicas())
            gradients = kernels.gradients(tape.gradient, scaled_total, self.trainable_variables)
        gradients = clipped_together(gradients, self.optimizer)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return self.tracked(x, y, sample_weight, scores, terms, total)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Compute every term that training minimises, without a step."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        scores, terms = self.terms(x, y, sample_weight, training=False)
        return self.tracked(x, y, sample_weight, scores, terms, self.total(terms))

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

        Raises:
            ValueError: keys or shapes of the example, or the shape of the labels, do not fit.
        """
        example = as_example(x)
        batch = tf.shape(self.images_of(example))[0]
        # Class indices first become rows: an index of zero is a class, a row of zeros none.
        labels = multi_hot(y, self.classes)
        example, labels, sample_weight = never_empty((example, labels, sample_weight))
        images = self.images_of(example)

        # Without attention there is one stream, whose activations are all needed at once.
        remat = self.remat and training and self.guidance.attends
        features = self.features_of(images, training=training, remat=remat)
        logits = self.head(features, training=training)
        scores = self.probabilities(logits)
        loss = self.classification(labels, logits, scores, sample_weight)
        terms = {"classification": Term(loss, batch)}
        if self.losses:
            # Read before the erased stream: its calls would replace activity regularisers.
            terms["regularisation"] = Term(tf.add_n(self.losses), batch)
        if not self.guidance.attends:
            return scores[:batch], terms

        guided = without_classes(labels, self.unguided_classes, self.classes)
        pairs = pairs_of(guided, self.max_labels)
        seen = attend(
            self, self.guidance, example, features, guided, pairs, sample_weight, static=self.static
        )
        return scores[:batch], terms | guided_terms(seen)

    def total(self, terms: Mapping[str, Term]) -> tf.Tensor:
        """Sum the terms by their weights (Eq. 6, 8, 10), with the layers' own regularisation."""
        terms = of_the_whole_batch(terms)
        weights = {**self.guidance.weights, "regularisation": 1.0, "zero_maps": 0.0}
        dtype = terms["classification"].value.dtype
        return tf.add_n([weights[name] * tf.cast(t.value, dtype) for name, t in terms.items()])

    def get_config(self) -> dict[str, Any]:
        """Return what rebuilds the model: its two parts and its settings."""
        return {
            **super().get_config(),
            **asdict(self.guidance),
            "max_labels": self.max_labels,
            "remat": self.remat,
            "unguided_classes": list(self.unguided_classes),
        }
