"""Which rule takes the backward pass through which layer."""

from typing import Any

# Imported to enter their rules.
from gain_export import activation_rules, layer_rules, window_rules
from gain_export.rule import RULES, NoRuleError, Rule

__all__ = ["RULES", "NoRuleError", "activation_rules", "layer_rules", "rule_of", "window_rules"]


def rule_of(layer: Any) -> Rule:
    """Return the rule of a layer.

    Raises:
        NoRuleError: there is none.
    """
    if type(layer) not in RULES:
        raise NoRuleError(
            f"layer {layer.name!r} ({type(layer).__name__}) of the head has no rule for its "
            "backward pass, so the attention map cannot be part of the exported graph; "
            f"layers with a rule are {', '.join(sorted(known.__name__ for known in RULES))}"
        )
    return RULES[type(layer)]
