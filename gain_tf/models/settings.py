"""The settings of guided training, and which loss terms they switch on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from gain_tf.attention.masking import Normalisation

Kind = Literal["pixel", "box", "both", "none"]
EraseTo = Literal["mean", "black", "blur"]
BoxPrior = Literal["fill", "free"]

TERMS = {
    "pixel": "pixel_attention",
    "box": "box_attention",
    "energy": "energy",
    "rrr": "rrr",
    "evidence": "evidence",
    "revive": "revive",
}
"""The guidance losses, and the name of each one's term in logs and metrics."""

PAPERS: Mapping[Kind, tuple[str, ...]] = {
    "pixel": ("pixel",),
    "box": ("box",),
    "both": ("pixel", "box"),
    "none": (),
}
"""The paper's own guidance losses, by the annotation that guides."""


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
    losses: Mapping[str, float | None] | None = None

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
        problems += self._problems_of_losses()
        if problems:
            raise ValueError("; ".join(problems))

    def _problems_of_losses(self) -> list[str]:
        if self.losses is None or self.kind not in PAPERS:
            return []
        if not self.losses:
            return ["losses lists none: leave it out for the paper's own, or set omega to 0"]
        problems = [
            f"losses knows {', '.join(TERMS)}, not {name!r}"
            for name in self.losses
            if name not in TERMS
        ]
        problems += [
            f"the weight of {name} must be above 0, not {weight}"
            for name, weight in self.losses.items()
            if weight is not None and not weight > 0
        ]
        problems += [
            f"losses lists {name}, which kind {self.kind!r} leaves without annotation"
            for name in self.losses
            if self.kind == "none" or (name in ("pixel", "box") and name not in PAPERS[self.kind])
        ]
        return problems

    @property
    def guides(self) -> dict[str, float]:
        """The guidance losses that are switched on, each with its weight."""
        if not self.omega > 0:
            return {}
        listed = dict.fromkeys(PAPERS[self.kind]) if self.losses is None else self.losses
        return {
            name: self.omega if weight is None else float(weight) for name, weight in listed.items()
        }

    @property
    def mines(self) -> bool:
        """Whether Eq. 5 is part of the loss."""
        return self.alpha > 0

    @property
    def uses_masks(self) -> bool:
        """Whether masks guide."""
        return bool(self.guides) and self.kind in ("pixel", "both")

    @property
    def uses_boxes(self) -> bool:
        """Whether boxes guide."""
        return bool(self.guides) and self.kind in ("box", "both")

    @property
    def attends(self) -> bool:
        """Whether any term needs attention maps; without, training is that of a plain network."""
        return self.mines or bool(self.guides)

    @property
    def weights(self) -> dict[str, float]:
        """The loss terms that are switched on, each with its weight in the total."""
        mining = {"attention_mining": self.alpha} if self.mines else {}
        guiding = {TERMS[name]: weight for name, weight in self.guides.items()}
        return {"classification": 1.0, **mining, **guiding}
