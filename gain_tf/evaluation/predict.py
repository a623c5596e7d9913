"""A model on a split: scores of every image, figures of every map."""

import numpy as np
import tensorflow as tf

from gain_tf.data.bad_images import BadImages
from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.pipeline import evaluation_batches
from gain_tf.evaluation.predictions import Judge, Predictions
from gain_tf.models.classifier import AttentiveClassifier


def predict_split(
    model: AttentiveClassifier,
    data: DataSet,
    split: Split,
    image_size: tuple[int, int],
    batch_size: int,
    *,
    attention: bool = True,
) -> Predictions:
    """Run a model over a split.

    Args:
        model: to be judged.
        data: the data set of the split.
        split: annotated as far as it is; nothing of it reaches the model but the images.
        image_size: (height, width) the model sees.
        batch_size: images computed at a time.
        attention: whether maps are judged as well.

    Returns:
        Scores of every image, and figures of the map of each class that a mask shows.

    Raises:
        FailedError: an image cannot be read.
    """
    most = max(int(split.labels.sum(axis=1).max()), 1)
    judge = Judge(data, split)
    scores: list[np.ndarray] = []
    # Figures of other images than those of the split would be none.
    bad_images = BadImages(None, limit=0)
    batches = bad_images.watched(evaluation_batches(split, image_size, batch_size, bad_images))
    done = 0
    for example, labels in batches:
        first, done = done, done + len(labels)
        # The image's own classes first; what fills up is asked about but not judged.
        classes = tf.math.top_k(labels, k=most).indices
        batch_scores, maps = model.explain(example["image"], classes)
        scores.append(batch_scores.numpy())
        if not attention:
            continue
        for offset in np.flatnonzero(example["has_mask"].numpy()):
            index = first + int(offset)
            own = int(split.labels[index].sum())
            asked = zip(classes[offset, :own].numpy(), maps[offset, :own].numpy(), strict=True)
            judge.judge(index, ((int(c), m) for c, m in asked), example["mask"][offset].numpy())
    return judge.predictions(np.concatenate(scores))
