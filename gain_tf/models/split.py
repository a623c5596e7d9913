"""A network as features + head: do the two fit together?"""

import keras

from gain_tf.models.audit import audit_second_order

FEATURE_RANK = 4


def check_pair(
    features: keras.Model, head: keras.Model, classes: int | None, *, audit: bool
) -> int:
    """Check that features and head make a classifier whose attention can be trained.

    Args:
        features: images (B, H, W, 3) to features (B, h, w, K).
        head: features (B, h, w, K) to logits (B, C).
        classes: the number of classes wanted; None for the head's own.
        audit: differentiate the head's layers twice, and compare with finite differences.

    Returns:
        The number of classes.

    Raises:
        ValueError: shapes, types or the number of classes do not fit; all that does not is named.
        SecondOrderError: a layer of the head has no correct second derivative.
    """
    problems = _form_problems("features model", features) + _form_problems("head", head)
    if problems:
        # Nothing else can be asked of them.
        raise ValueError("; ".join(problems))
    made = features.output_shape
    taken = head.input_shape
    logits = head.output_shape
    if not isinstance(made, tuple) or len(made) != FEATURE_RANK:
        problems.append(
            f"features model {features.name!r} must give one output (B, h, w, K), not {made}"
        )
    elif not isinstance(taken, tuple) or len(taken) != FEATURE_RANK:
        problems.append(f"head {head.name!r} must take features (B, h, w, K), not {taken}")
    elif taken[-1] != made[-1]:
        problems.append(
            f"head {head.name!r} takes {taken[-1]} channels, features model {features.name!r} "
            f"gives {made[-1]}"
        )
    if not isinstance(logits, tuple) or len(logits) != 2 or logits[1] is None:
        problems.append(f"head {head.name!r} must give logits (B, C), not {logits}")
    elif classes is not None and logits[1] != classes:
        problems.append(f"head {head.name!r} gives {logits[1]} logits, but classes is {classes}")
    problems += _image_problems(features) + _precision_problems(head) + _activation_problems(head)
    problems += _sharing_problems(features, head)
    if problems:
        raise ValueError("; ".join(problems))
    if audit:
        audit_second_order(head, features.output_shape)
    return logits[1]


def _form_problems(what: str, model: keras.Model) -> list[str]:
    inputs = getattr(model, "inputs", None)
    if not inputs:
        return [
            f"{what} {model.name!r} must be a functional or Sequential model that begins with "
            "keras.Input: its layers cannot be seen"
        ]
    if len(inputs) > 1:
        return [f"{what} {model.name!r} must take one input, not {len(inputs)}"]
    return []


def _image_problems(features: keras.Model) -> list[str]:
    dtype = features.inputs[0].dtype
    if keras.backend.is_float_dtype(dtype):
        return []
    return [
        f"features model {features.name!r} takes {dtype} images, which cannot be erased softly and "
        "have no gradient: build its keras.Input with dtype='float32'"
    ]


def _precision_problems(head: keras.Model) -> list[str]:
    reduced = [
        layer.name
        for layer in head._flatten_layers(include_self=False)
        if layer.compute_dtype in ("float16", "bfloat16")
        and not isinstance(layer, keras.layers.InputLayer | keras.Model)
    ]
    if not reduced:
        return []
    return [
        "the head computes attention and must stay in float32: build its layers "
        f"{', '.join(reduced)} with dtype='float32'"
    ]


def _activation_problems(head: keras.Model) -> list[str]:
    last = head
    while isinstance(last, keras.Model):
        last = last.outputs[0]._keras_history.operation
    # A layer with an activation, or the activation itself: a layer, or a function of keras.ops.
    activation = getattr(last, "activation", None)
    name = getattr(activation, "__name__", type(last).__name__.lower())
    if name not in ("softmax", "sigmoid"):
        return []
    return [
        f"head {head.name!r} must end in logits: layer {last.name!r} applies {name}; remove it "
        "and give GAIN(activation=...) instead"
    ]


def _sharing_problems(features: keras.Model, head: keras.Model) -> list[str]:
    own = {id(layer) for layer in features._flatten_layers(include_self=False)}
    shared = [
        layer.name
        for layer in head._flatten_layers(include_self=False)
        if id(layer) in own and layer.weights and not isinstance(layer, keras.Model)
    ]
    if not shared:
        return []
    # In a saved file each model has layers of its own; the weights of one of the two are missing.
    return [
        f"features model {features.name!r} and head {head.name!r} share the layers "
        f"{', '.join(shared)}, which a saved model cannot hold: give each its own"
    ]
