"""A model judged on one split, a part of one, or all there are."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gain_tf.config import Config
from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.shard import Shard
from gain_tf.evaluation.parts import Parts
from gain_tf.evaluation.predictions import Predictions
from gain_tf.evaluation.predictor import chosen_split, evaluate_predictor

if TYPE_CHECKING:
    from gain_tf.models.classifier import AttentiveClassifier


def evaluate_model(
    model: "AttentiveClassifier",
    config: Config,
    data: DataSet,
    split: str | None = None,
    parts: Parts | None = None,
) -> tuple[dict[str, Any], Predictions]:
    """Judge a model on a split, as `evaluate_predictor` does.

    Args:
        model: to be judged.
        config: of its run.
        data: the data set.
        split: name; None for the data set's own choice.
        parts: the model's answers, made before by `answer_part`; None asks it now.

    Returns:
        What `evaluation.json` holds, and the predictions it was computed from.

    Raises:
        UserError: there is no such split, or parts of it are missing.
    """
    if parts is None:
        return _judged(model, _predictor(model, config, data), config, data, split)
    names = {id(part): name for name, part in data.splits.items()}
    return _judged(model, lambda part: parts.joined(names[id(part)], part), config, data, split)


def answer_part(
    model: "AttentiveClassifier",
    config: Config,
    data: DataSet,
    split: str | None,
    parts: Parts,
    shard: Shard,
) -> list[str]:
    """Let a model answer for a part of a split, and of what its threshold is chosen on.

    Args:
        model: to be judged.
        config: of its run.
        data: the data set.
        split: name; None for the data set's own choice.
        parts: where the answers go.
        shard: which part.

    Returns:
        Names of the splits.

    Raises:
        UserError: there is no such split.
    """
    names = [chosen_split(data, split)]
    if config.evaluation.attention and "validation" in data.splits:
        names = list(dict.fromkeys([*names, "validation"]))
    for name in names:
        parts.answer(name, data.splits[name], shard, _predictor(model, config, data))
    return names


def evaluate_everywhere(
    model: "AttentiveClassifier", config: Config, data: DataSet
) -> tuple[dict[str, Any], Predictions]:
    """Judge a model on every split that is there to judge on.

    Args:
        model: to be judged.
        config: of its run.
        data: the data set.

    Returns:
        What `evaluate_model` says of the data set's own choice; where there are other test splits,
        `splits` holds the same of each by its name.
    """
    predict = _predictor(model, config, data)
    answered: dict[int, Predictions] = {}

    def once(part: Split) -> Predictions:
        # The validation split chooses the threshold for every other.
        if id(part) not in answered:
            answered[id(part)] = predict(part)
        return answered[id(part)]

    figures, predictions = _judged(model, once, config, data)
    others = {name: _judged(model, once, config, data, name)[0] for name in data.also_evaluated}
    return (figures | {"splits": others} if others else figures), predictions


def _predictor(
    model: "AttentiveClassifier", config: Config, data: DataSet
) -> Callable[[Split], Predictions]:
    # An exported model is judged without TensorFlow.
    from gain_tf.evaluation.predict import predict_split

    def predict(part: Split) -> Predictions:
        return predict_split(
            model,
            data,
            part,
            config.data.image_size,
            config.data.batch_size,
            attention=config.evaluation.attention,
        )

    return predict


def _judged(
    model: "AttentiveClassifier",
    predict: Callable[[Split], Predictions],
    config: Config,
    data: DataSet,
    split: str | None = None,
) -> tuple[dict[str, Any], Predictions]:
    figures, predictions = evaluate_predictor(predict, config, data, split)
    return figures | _faithfulness(model, config, data, figures["split"]), predictions


def _faithfulness(
    model: "AttentiveClassifier", config: Config, data: DataSet, split: str
) -> dict[str, Any]:
    wanted = config.evaluation.faithfulness
    if not wanted:
        return {}
    from gain_tf.evaluation.faithfulness import faithfulness_figures

    found = faithfulness_figures(model, data, data.splits[split], config.data.image_size, wanted)
    return {} if found is None else {"faithfulness": found}
