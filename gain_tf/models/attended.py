"""What the guidance losses see of a batch, computed once for all of them."""

from dataclasses import dataclass

import tensorflow as tf

from gain_tf.attention import (
    Pairs,
    class_evidence,
    images_carrying,
    normalise,
    pair_weights,
    pairs_of,
)
from gain_tf.models.classifier import AttentiveClassifier, Example
from gain_tf.models.settings import GuidanceSettings
from gain_tf.models.targets import Target, annotated_images, annotation_target, object_target


@dataclass(frozen=True)
class Attended:
    """A batch, the attention of its pairs, and what its annotation asks.

    Attributes:
        model: whose weights are trained.
        guidance: the choices of Eq. 1 to 10.
        example: images (B, H, W, 3) and what annotation there is.
        features: of the images, (B, h, w, K).
        labels: classes of each image that have an object, multi-hot (B, C).
        pairs: whose maps are computed.
        evidence: Eq. 2 before its ReLU, (P, h, w), any sign.
        maps: attention, normalised as the settings say, (P, h, w).
        static: whether the pairs of every batch are as many.
        sample_weight: of each image, (B,); None for ones.
    """

    model: AttentiveClassifier
    guidance: GuidanceSettings
    example: Example
    features: tf.Tensor
    labels: tf.Tensor
    pairs: Pairs
    evidence: tf.Tensor
    maps: tf.Tensor
    static: bool
    sample_weight: tf.Tensor | None

    @property
    def images(self) -> tf.Tensor:
        """The images, (B, H, W, 3)."""
        return self.model.images_of(self.example)

    @property
    def grid(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Rows and columns of the maps."""
        return tf.shape(self.features)[1], tf.shape(self.features)[2]

    def weights(self, carried: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Weigh the pairs that carry a term, (P,), and count the images that do."""
        return self._weighed(self.pairs, carried)

    def target(self) -> Target:
        """Return what the annotation that guides says of each pair, mask before boxes."""
        return annotation_target(self.example, self.pairs, self.grid, self.guidance)

    def annotated(self) -> tuple[Pairs, tf.Tensor, tf.Tensor]:
        """Return the images whose annotation shows all their classes, their weights and number.

        The images come as pairs. With a static number of pairs every image is returned, the others
        with a weight of zero.
        """
        flags = annotated_images(self.example, self.labels, self.guidance)
        images = pairs_of(flags[:, tf.newaxis], 1 if self.static else None)
        return images, *self._weighed(images, images.valid)

    def objects(self, images: Pairs, grid: tuple[tf.Tensor, tf.Tensor]) -> Target:
        """Return where each image has an object, of whatever class, on a grid (h, w)."""
        return object_target(self.example, self.labels, images, grid, self.guidance)

    def _weighed(self, pairs: Pairs, carried: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        batch = tf.shape(self.features)[0]
        return (
            pair_weights(pairs, carried, batch, self.sample_weight),
            images_carrying(pairs, carried, batch),
        )


def attend(
    model: AttentiveClassifier,
    guidance: GuidanceSettings,
    example: Example,
    features: tf.Tensor,
    labels: tf.Tensor,
    pairs: Pairs,
    sample_weight: tf.Tensor | None,
    *,
    static: bool,
) -> Attended:
    """Compute the attention of a batch's pairs (Eq. 1 and 2); see `Attended` for the arguments."""
    evidence = class_evidence(
        tf.gather(features, pairs.image),
        model.head,
        pairs.category,
        weight_gradient=guidance.weight_gradient,
    )
    maps = normalise(tf.nn.relu(evidence), guidance.normalise)
    return Attended(
        model, guidance, example, features, labels, pairs, evidence, maps, static, sample_weight
    )
