"""A classifier that trains on terms: L_cl as `compile` gives it, and a metric for each term."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import keras
import tensorflow as tf

from gain_tf.losses import Classification
from gain_tf.losses.classification import Activation
from gain_tf.losses.given import as_loss
from gain_tf.models.annotation_values import check_annotation
from gain_tf.models.classifier import AttentiveClassifier
from gain_tf.models.replicas import averaged, replicas, require_compilable
from gain_tf.models.term import Term


class TrainableClassifier(AttentiveClassifier):
    """Compiled with a classification loss, it tracks the terms of the total; base of `GAIN`.

    Args:
        activation: of the scores; it chooses the loss where `compile` is given none.
        *args: of `AttentiveClassifier`.
        **kwargs: of `AttentiveClassifier`.
    """

    term_metrics: dict[str, keras.metrics.Mean]

    def __init__(self, *args: Any, activation: Activation, **kwargs: Any) -> None:
        default_loss = Classification(activation)
        super().__init__(*args, activation=activation, **kwargs)
        self._default_loss = default_loss
        self._given_loss: keras.losses.Loss | None = None

    @property
    def static(self) -> bool:
        """Whether every batch has tensors of the same shapes, which XLA needs."""
        return True

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
            jit_compile: "auto" compiles with XLA where there is a GPU, one device alone, and the
                pairs are static: on a CPU XLA is several times slower than the plain graph.
            **kwargs: as in Keras.

        Raises:
            ValueError: `jit_compile=True` with a number of pairs that changes from batch to
                batch, or with CPU devices that share a batch; or `loss_weights`, which would
                weigh nothing.
        """
        if kwargs.get("loss_weights") is not None:
            raise ValueError(
                "loss_weights weighs nothing here: the terms have their weights from the model "
                "(GAIN's alpha, omega and losses)"
            )
        if jit_compile is True and not self.static:
            raise ValueError(
                "jit_compile=True needs a fixed number of classes an image: give max_labels "
                "(1 for images with one label) to GAIN"
            )
        if jit_compile is True:
            require_compilable()
        asked = jit_compile
        if not self.static:
            # Keras's own "auto" does not know of the pairs.
            jit_compile = False
        super().compile(optimizer, loss=loss, jit_compile=jit_compile, **kwargs)
        self._asked_jit_compile = asked
        self._given_loss = None if loss is None else as_loss(loss)

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Train as `keras.Model.fit` does.

        Args:
            x: as in Keras. The annotation in a dictionary of arrays is looked at once, before the
                first step; what a data set brings is not.
            *args: as in Keras.
            **kwargs: as in Keras.

        Returns:
            The history.

        Raises:
            ValueError: masks or boxes have values that cannot be meant, such as pixels.
        """
        check_annotation(x, self.classes)
        return super().fit(x, *args, **kwargs)

    def get_compile_config(self) -> dict[str, Any]:
        """Return what `compile` was given: what "auto" comes to is the loading machine's affair."""
        config = super().get_compile_config()
        return config and {**config, "jit_compile": self._asked_jit_compile}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as `get_compile_config` describes, with the optimiser's state to be loaded."""
        given = keras.saving.deserialize_keras_object(config)
        if not self.static and given.get("jit_compile") is True:
            # `compile` refuses it: an older file, which holds what "auto" came to on a GPU.
            given["jit_compile"] = "auto"
        self.compile(**given)
        self.optimizer.build(self.trainable_variables)

    def _maybe_symbolic_build(self, iterator: Any = None, data_batch: Any = None) -> None:
        """Build the metrics on what the first device gets of the first batch.

        Keras takes the mean over the devices, which flags do not have, nor parts of unequal size.
        """
        if iterator is not None and self._distribute_strategy is not None:
            shared = next(next(batches for _, _, batches in iterator))
            local = self._distribute_strategy.experimental_local_results
            iterator, data_batch = (
                None,
                keras.tree.map_structure(
                    lambda values: local(values)[0], shared, none_is_leaf=False
                ),
            )
        super()._maybe_symbolic_build(iterator=iterator, data_batch=data_batch)

    def classification(
        self, labels: tf.Tensor, logits: tf.Tensor, scores: tf.Tensor, sample_weight: Any
    ) -> tf.Tensor:
        """Compute L_cl of a batch, a scalar, from labels, logits and probabilities (B, C)."""
        given = self._given_loss
        loss: Any = (
            self._default_loss(labels, logits, sample_weight=sample_weight)
            if given is None
            else given(labels, scores, sample_weight=sample_weight)
        )
        # Keras divides its losses by the number of replicas; `train_step` divides the total.
        return loss * replicas()

    def track_terms(self, names: Iterable[str]) -> None:
        """Make a metric for each term of the total."""
        self.term_metrics = {name: keras.metrics.Mean(name=name) for name in names}

    def tracked(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        scores: tf.Tensor,
        terms: Mapping[str, Term],
        total: tf.Tensor,
    ) -> dict[str, Any]:
        """Update the loss, the metric of each term and the compiled metrics, and return them."""
        images = averaged(terms["classification"].carriers)
        self._loss_tracker.update_state(total, sample_weight=images)
        for name, term in terms.items():
            if name in self.term_metrics:
                self.term_metrics[name].update_state(term.value, sample_weight=term.carriers)
        return self.compute_metrics(x, y, scores, sample_weight=sample_weight)
