"""The segmenter of a row from its config, and whether what it needs is there."""

import keras

from gain_tf.config import Config, ConfigError
from gain_tf.data.dataset import DataSet
from gain_tf.data.saliency import check_opencv
from gain_tf.models.segmenter import WeakSegmenter
from gain_tf.models.segmenter_terms import Method
from gain_tf.models.weights import WeightsUnavailableError
from gain_tf.segmentation.full_crf import check_available
from gain_tf.segmentation.true_masks import only_known
from gain_tf.training.build import build_optimizer, freeze, set_momentum


def build_segmenter(config: Config, data: DataSet, steps: int) -> WeakSegmenter:
    """Build and compile the segmenter of a row.

    Args:
        config: of the row.
        data: the data set.
        steps: that it is trained for.

    Returns:
        The segmenter, from its start weights.

    Raises:
        ConfigError: the network or its weights are not to be had.
    """
    settings = config.segmenter
    keras.utils.set_random_seed(config.seed)
    method: Method = "supervised" if settings.supervision == "masks" else settings.method
    try:
        model = WeakSegmenter(
            settings.network or "",
            len(data.class_names),
            method=method,
            weights=settings.weights,
            output_stride=settings.output_stride,
            weight_decay=settings.weight_decay,
            logits_rate=settings.logits_rate,
            bias_rate=settings.bias_rate,
        )
    except (ValueError, WeightsUnavailableError, OSError) as error:
        raise ConfigError(f"segmenter: {error}") from error
    freeze(model.network, None, batch_norm=settings.freeze_batch_norm)
    set_momentum(model.network, settings.batch_norm_momentum)
    optimizer = build_optimizer(settings.optimizer, steps)
    model.compile(optimizer, jit_compile=config.training.jit)
    # As for the classifier: the first step is traced once.
    model.optimizer.build(model.trainable_variables)
    return model


def check_segmenter(config: Config, data: DataSet) -> None:
    """Find out before the attention network is trained what its segmenter would fail for.

    Args:
        config: of a row that trains one.
        data: the data set.

    Raises:
        ConfigError: the network or its weights are not to be had, or OpenCV lacks a module.
        DataError: full supervision finds no mask.
        UserError: pydensecrf is not installed.
    """
    if config.segmenter.inference.crf == "full":
        check_available()
    if config.segmenter.supervision == "masks":
        only_known(data.splits["train"], data.unguided_classes)
    elif config.cues.background.source == "opencv":
        check_opencv("cues.background")
    build_segmenter(config, data, steps=1)
