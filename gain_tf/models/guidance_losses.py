"""The losses that annotation can guide by, each a function of what a batch shows.

The formulas are in `gain_tf.losses`; here each gets its inputs. A loss returns None where the batch
brings no annotation of its kind.
"""

from collections.abc import Callable, Mapping

import tensorflow as tf

from gain_tf import losses
from gain_tf.attention import area_average, class_evidence, log_probability_gradient
from gain_tf.models.attended import Attended
from gain_tf.models.targets import box_target, mask_target
from gain_tf.models.term import Term


def pixel(seen: Attended) -> Term | None:
    """Eq. 7, for the pairs with a mask."""
    if "mask" not in seen.example:
        return None
    target = mask_target(seen.example, seen.pairs, seen.grid)
    weights, count = seen.weights(target.carried)
    return Term(losses.pixel_attention(seen.maps, target.value, weights, known=target.known), count)


def box(seen: Attended) -> Term | None:
    """Eq. 9, for the pairs with boxes."""
    if "boxes" not in seen.example:
        return None
    target = box_target(seen.example, seen.pairs, seen.grid)
    weights, count = seen.weights(target.carried)
    foreground = _foreground(seen, target.value)
    return Term(losses.box_attention(seen.maps, target.value, foreground, weights), count)


def energy(seen: Attended) -> Term | None:
    """Attention beside the object, for the pairs with any annotation."""
    if not _has_annotation(seen):
        return None
    target = seen.target()
    weights, count = seen.weights(target.carried)
    return Term(losses.energy(seen.maps, target.value, weights, known=target.known), count)


def revive(seen: Attended) -> Term | None:
    """Objects that speak against their class, for the pairs with any annotation."""
    if not _has_annotation(seen):
        return None
    target = seen.target()
    weights, count = seen.weights(target.carried)
    raw = seen.evidence * _cells(seen)
    return Term(losses.revive(raw, target.value, weights, known=target.known), count)


def evidence(seen: Attended) -> Term | None:
    """Evidence of all classes beside the objects, for the images annotated with all of theirs."""
    if not _has_annotation(seen):
        return None
    images, weights, count = seen.annotated()
    classes = seen.model.classes
    rows = tf.repeat(tf.gather(seen.features, images.image), classes, axis=0)
    asked = tf.tile(tf.range(classes), tf.shape(images.image))
    raw = class_evidence(
        rows, seen.model.head, asked, weight_gradient=seen.guidance.weight_gradient
    )
    height, width = seen.grid
    raw = tf.reshape(raw * _cells(seen), [-1, classes, height, width])
    target = seen.objects(images, seen.grid)
    penalty = losses.evidence(
        tf.transpose(raw, [0, 2, 3, 1]),
        target.value,
        weights,
        known=target.known,
        centred=seen.model.activation == "softmax",
    )
    return Term(penalty, count)


def rrr(seen: Attended) -> Term | None:
    """The input gradient beside the objects, for the images annotated with all their classes.

    In inference mode, as all that explains the network.
    """
    if not _has_annotation(seen):
        return None
    images, weights, count = seen.annotated()
    pictures = tf.gather(seen.images, images.image)
    model = seen.model
    gradient = log_probability_gradient(model.logits, pictures, model.activation)
    # Squares of small numbers: float16 has none.
    gradient = tf.cast(gradient, seen.maps.dtype)
    target = seen.objects(images, (tf.shape(pictures)[1], tf.shape(pictures)[2]))
    return Term(losses.rrr(gradient, target.value, weights, known=target.known), count)


GUIDANCE_LOSSES: Mapping[str, Callable[[Attended], Term | None]] = {
    "pixel": pixel,
    "box": box,
    "energy": energy,
    "rrr": rrr,
    "evidence": evidence,
    "revive": revive,
}
"""By the name that a config gives them."""


def _has_annotation(seen: Attended) -> bool:
    return (seen.guidance.uses_masks and "mask" in seen.example) or (
        seen.guidance.uses_boxes and "boxes" in seen.example
    )


def _cells(seen: Attended) -> tf.Tensor:
    """Count the cells of a map: with global average pooling their evidence adds to the logit."""
    height, width = seen.grid
    return tf.cast(height * width, seen.evidence.dtype)


def _foreground(seen: Attended, boxes: tf.Tensor) -> tf.Tensor | None:
    """S of Eq. 9 at the resolution of the maps: the example's own, or the box prior."""
    if "saliency" in seen.example:
        saliency = tf.cast(seen.example["saliency"], seen.maps.dtype)
        averaged = area_average(tf.gather(saliency, seen.pairs.image), *seen.grid)
        return losses.foreground_prior(averaged, tf.cast(boxes, averaged.dtype))
    return tf.stop_gradient(seen.maps) if seen.guidance.box_prior == "free" else None
