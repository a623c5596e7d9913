"""The backward pass of each layer in plain forward operations: one small rule a layer.

A rule takes the layer, its inputs, its output and the cotangent of the output (the derivative of
the score by it), and returns the cotangents of the inputs. Runtimes for inference know no
gradients; these are what an exported graph is made of. Inference mode throughout.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from gain_tf.errors import UserError

Inputs = list[tf.Tensor]
Rule = Callable[[Any, Inputs, tf.Tensor, tf.Tensor], Inputs]

RULES: dict[type, Rule] = {}
"""By the layer's class."""


class NoRuleError(UserError):
    """A layer of the head cannot be written backwards; the message names it."""


def rule(*layers: type) -> Callable[[Rule], Rule]:
    """Enter a function as the rule of some layers."""

    def enter(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(layers, function))
        return function

    return enter
