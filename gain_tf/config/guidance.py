"""What the config says of guidance: the choices of Eq. 1 to 10."""

from typing import Literal

from pydantic import Field, model_validator

from gain_tf.config.section import Section

NEEDS = {"pixel": ("pixel", "both"), "box": ("box", "both")}
"""The kinds of annotation that a guidance loss cannot do without; the others take either."""


class GuidanceLoss(Section):
    """One guidance loss, and its weight in the total (null: `guidance.omega`)."""

    name: Literal["pixel", "box", "energy", "rrr", "evidence", "revive"]
    weight: float | None = Field(default=None, gt=0)


class Guidance(Section):
    """The choices of Eq. 1 to 10: see `gain_tf.GAIN`.

    `kind` says which annotation guides: masks (`pixel`), boxes (`box`), `both` or `none`. `losses`
    says by which formulas, such as `[{name: energy, weight: 1}, {name: revive}]`; null is the
    paper's own, `pixel` for masks and `box` for boxes. `omega` is the weight of each loss that
    names none; `omega: 0` switches all of them off.

    `box_prior` is the foreground S of Eq. 9: `fill` (all of the box), `free` (inside the box
    attention is left alone), `saliency` (what `data.saliency` makes); `auto` is `saliency` where
    `data.saliency` has a source, else `fill`.

    `max_labels` pads every image to as many maps: XLA wants the same number in every batch. Where
    every image has one class and every class is an object, a run on one GPU with `training.jit:
    auto` needs no such number.
    """

    alpha: float = Field(default=1.0, ge=0)
    omega: float = Field(default=10.0, ge=0)
    kind: Literal["pixel", "box", "both", "none"] = "both"
    losses: tuple[GuidanceLoss, ...] | None = None
    sigma: float = 0.5
    slope: float = Field(default=10.0, gt=0)
    normalise: Literal["max", "none"] = "max"
    weight_gradient: bool = True
    erase_to: Literal["mean", "black", "blur"] = "mean"
    box_prior: Literal["auto", "fill", "free", "saliency"] = "auto"
    max_labels: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _losses_fit(self) -> "Guidance":
        names = [loss.name for loss in self.losses or ()]
        problems = [
            f"losses lists {name} twice: give it once, with one weight"
            for name in dict.fromkeys(names)
            if names.count(name) > 1
        ]
        if self.losses == ():
            problems.append(
                "losses is empty: leave it out for the paper's own, or set omega: 0 to train "
                "without annotation"
            )
        if names and self.kind == "none":
            problems.append(
                "kind: none lets no annotation guide, but losses lists "
                f"{', '.join(names)}: leave losses out, or say which annotation guides"
            )
        problems += [
            f"losses lists {name}, but kind: {self.kind} lets no "
            f"{'masks' if name == 'pixel' else 'boxes'} guide: leave {name} out, or set kind to "
            f"{' or '.join(NEEDS[name])}"
            for name in dict.fromkeys(names)
            if self.kind != "none" and self.kind not in NEEDS.get(name, (self.kind,))
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def guides(self) -> bool:
        """Whether annotation is part of the loss at all."""
        return self.omega > 0 and self.kind != "none"

    @property
    def plain(self) -> bool:
        """Whether nothing but the classification loss trains the network."""
        return self.alpha == 0 and not self.guides

    @property
    def uses_masks(self) -> bool:
        """Whether masks are part of the loss."""
        return self._uses("pixel", "box")

    @property
    def uses_boxes(self) -> bool:
        """Whether boxes are part of the loss."""
        return self._uses("box", "pixel")

    def _uses(self, own: str, other: str) -> bool:
        listed = self.losses is None or any(loss.name != other for loss in self.losses)
        return self.guides and self.kind in NEEDS[own] and listed

    @property
    def uses_box_formula(self) -> bool:
        """Whether Eq. 9 is part of the loss."""
        listed = self.losses is None or any(loss.name == "box" for loss in self.losses)
        return self.guides and self.kind in NEEDS["box"] and listed
