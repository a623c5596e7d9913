"""From a config to a model ready for `fit`."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from gain_tf.config import Config, ConfigError, Optimizer
from gain_tf.data.dataset import DataSet
from gain_tf.models.gain import GAIN
from gain_tf.models.registry import fixes_the_size
from gain_tf.models.replicas import replicas
from gain_tf.models.weights import WeightsUnavailableError


def build_model(config: Config, data: DataSet, steps: int) -> GAIN:
    """Build and compile the model of a run.

    Args:
        config: of the run.
        data: the data set.
        steps: optimiser steps of the whole training, for the learning rate's schedule.

    Returns:
        The model.

    Raises:
        ConfigError: the network, its layers or its weights are not to be had.
    """
    keras.config.set_dtype_policy(config.training.precision)
    keras.utils.set_random_seed(config.seed)
    settings = config.model
    activation = settings.activation
    if activation == "auto":
        activation = "softmax" if data.single_label else "sigmoid"
    sized = fixes_the_size(settings.backbone, settings.head)
    try:
        model = GAIN(
            settings.backbone,
            settings.head,
            len(data.class_names),
            weights=settings.weights,
            activation=activation,
            unguided_classes=data.unguided_classes,
            image_size=config.data.image_size if sized else None,
            target_layer=settings.target_layer,
            output_stride=settings.output_stride,
            remat=config.training.remat,
            max_labels=_labels_an_image(config, data),
            **_guidance(config),
        )
    except (ValueError, WeightsUnavailableError, OSError) as error:
        raise ConfigError(f"model: {error}") from error
    freeze(model.features, settings.freeze_until, batch_norm=settings.freeze_batch_norm)
    # With a target layer inside the network, the rest of it is part of the head.
    freeze(model.head, None, batch_norm=settings.freeze_batch_norm)
    for part in (model.features, model.head):
        set_momentum(part, settings.batch_norm_momentum)
        share_statistics(part)
    model.compile(
        optimizer=build_optimizer(config.training.optimizer, steps),
        metrics=[_accuracy(data)],
        jit_compile=config.training.jit,
        steps_per_execution=config.training.steps_per_execution,
    )
    # Variables that the first step had to make would have it traced a second time.
    model.optimizer.build(model.trainable_variables)
    return model


def _accuracy(data: DataSet) -> keras.metrics.Metric:
    if data.single_label:
        return keras.metrics.CategoricalAccuracy("accuracy")
    return keras.metrics.BinaryAccuracy("binary_accuracy")


def _labels_an_image(config: Config, data: DataSet) -> int | None:
    """Return as many labels as each image is padded to, None where it is not.

    Where every image has one object, fixed shapes cost nothing, and `training.jit: auto` compiles
    on a GPU.
    """
    asked = config.guidance.max_labels
    one_object = data.single_label and not data.unguided_classes
    gpu = bool(tf.config.list_physical_devices("GPU"))
    compiles = gpu and config.training.jit == "auto" and replicas() == 1
    return 1 if asked is None and one_object and compiles else asked


def _guidance(config: Config) -> dict[str, Any]:
    """Return the settings of `GAIN`, to which saliency comes with the examples."""
    settings = config.guidance.model_dump(exclude={"max_labels"})
    prior = settings["box_prior"]
    listed = config.guidance.losses
    return {
        **settings,
        "box_prior": "free" if prior == "free" else "fill",
        "losses": None if listed is None else {loss.name: loss.weight for loss in listed},
    }


def build_optimizer(settings: Optimizer, steps: int) -> keras.optimizers.Optimizer:
    """Build an optimiser whose learning rate is spent after `steps`."""
    rate: Any = settings.learning_rate
    if settings.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, max(steps, 1))
    elif settings.schedule == "steps":
        rate = keras.optimizers.schedules.ExponentialDecay(
            settings.learning_rate, settings.decay_every, settings.decay, staircase=True
        )
    common: Mapping[str, Any] = {
        "learning_rate": rate,
        "weight_decay": settings.weight_decay or None,
        "global_clipnorm": settings.clip_norm,
    }
    if settings.name == "sgd":
        return keras.optimizers.SGD(momentum=settings.momentum, **common)
    kinds = {"adam": keras.optimizers.Adam, "adamw": keras.optimizers.AdamW}
    return kinds[settings.name](**common)


def freeze(features: keras.Model, until: str | None, *, batch_norm: bool) -> None:
    """Keep pretrained weights: all layers up to one, every batch norm, or both.

    Args:
        features: whose layers stop being trained.
        until: the last of the layers that are kept; None for none.
        batch_norm: whether every batch norm keeps its statistics too.

    Raises:
        ConfigError: there is no layer of that name.
    """
    layers = [layer for layer in features.layers if not isinstance(layer, keras.layers.InputLayer)]
    names = [layer.name for layer in layers]
    if until is not None:
        if until not in names:
            raise ConfigError(
                f"model.freeze_until: there is no layer {until!r}; known are {', '.join(names)}"
            )
        for layer in layers[: names.index(until) + 1]:
            layer.trainable = False
    if batch_norm:
        for layer in _batch_norms(features):
            layer.trainable = False


def set_momentum(features: keras.Model, momentum: float | None) -> None:
    """Say how much of its statistics every batch norm keeps in a step; None as it is."""
    if momentum is not None:
        for layer in _batch_norms(features):
            layer.momentum = momentum


def share_statistics(features: keras.Model) -> None:
    """Take the statistics of every batch norm over all replicas that share a batch.

    As one device would; each replica's own are those of a smaller batch.
    """
    if replicas() > 1:
        for layer in _batch_norms(features):
            layer.synchronized = True


def _batch_norms(features: keras.Model) -> list[keras.layers.BatchNormalization]:
    return [
        layer for layer in features.layers if isinstance(layer, keras.layers.BatchNormalization)
    ]
