"""The settings of guided training, and which loss terms they switch on."""

from dataclasses import dataclass
from typing import Literal, get_args

from gain_tf.attention.masking import Normalisation

Kind = Literal["pixel", "box", "both", "none"]
EraseTo = Literal["mean", "black", "blur"]
BoxPrior = Literal["fill", "free"]


@dataclass(frozen=True)
class GuidanceSettings:
    """The choices of Eq. 1 to 10; see `gain_tf.GAIN` for what each means.

    Raises:
        ValueError: one or more settings are out of range; all are named.
    """

    alpha: float = 1.0
    omega: float = 10.0
    kind: Kind = "both"
    sigma: float = 0.5
    slope: float = 10.0
    normalise: Normalisation = "max"
    weight_gradient: bool = True
    erase_to: EraseTo = "mean"
    box_prior: BoxPrior = "fill"

    def __post_init__(self) -> None:
        problems = [
            f"{name} must be one of {', '.join(get_args(allowed))}, not {getattr(self, name)!r}"
            for name, allowed in (
                ("kind", Kind),
                ("normalise", Normalisation),
                ("erase_to", EraseTo),
                ("box_prior", BoxPrior),
            )
            if getattr(self, name) not in get_args(allowed)
        ]
        problems += [
            f"{name} must be at least 0, not {getattr(self, name)}"
            for name in ("alpha", "omega")
            if not getattr(self, name) >= 0
        ]
        if not self.slope > 0:
            problems.append(f"slope must be above 0, not {self.slope}")
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def mines(self) -> bool:
        """Whether Eq. 5 is part of the loss."""
        return self.alpha > 0

    @property
    def uses_masks(self) -> bool:
        """Whether Eq. 7 is part of the loss."""
        return self.omega > 0 and self.kind in ("pixel", "both")

    @property
    def uses_boxes(self) -> bool:
        """Whether Eq. 9 is part of the loss."""
        return self.omega > 0 and self.kind in ("box", "both")

    @property
    def attends(self) -> bool:
        """Whether any term needs attention maps; without, training is that of a plain network."""
        return self.mines or self.uses_masks or self.uses_boxes

    @property
    def weights(self) -> dict[str, float]:
        """The loss terms that are switched on, each with its weight in the total."""
        terms = {"classification": 1.0}
        if self.mines:
            terms["attention_mining"] = self.alpha
        if self.uses_masks:
            terms["pixel_attention"] = self.omega
        if self.uses_boxes:
            terms["box_attention"] = self.omega
        return terms
