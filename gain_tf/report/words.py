"""The comparison in words: what the figures say, and what they cannot say.

Every function is pure: figures in the form of `evaluation.json` in, sentences out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gain_tf.config.study import BASELINE, GUIDED
from gain_tf.report.result import RowResult

ONE_SEED = (
    "Every row was trained once, from one seed. The intervals say how far a figure could move "
    "with other test images, not with another seed: no order of the rows is settled by one run."
)

NO_BASELINE = (
    "No plain baseline stands beside this network (evaluation.baseline is false, or guidance "
    "itself is off): whether guidance helps cannot be said from this run."
)

INCOMPARABLE = "The rows have no balanced accuracy that could be compared."


@dataclass(frozen=True)
class Difference:
    """One figure of two rows.

    Attributes:
        first: of the row in question, in per cent.
        second: of the row it is held against, in per cent.
        overlap: whether the 95 % intervals have a point in common; None without intervals.
    """

    first: float
    second: float
    overlap: bool | None

    @property
    def points(self) -> float:
        """By how much the first is larger, in percentage points; of the figures as printed."""
        return round(round(self.first, 1) - round(self.second, 1), 1)


def difference(
    first: Mapping[str, Any], second: Mapping[str, Any], section: str, key: str
) -> Difference | None:
    """Hold one figure of two rows against each other.

    Args:
        first: what `evaluation.json` of the row in question holds.
        second: the same of the other row.
        section: `classification` or `attention`.
        key: of the figure.

    Returns:
        The difference; None where a row does not have the figure.
    """
    parts = [figures.get(section, {}) for figures in (first, second)]
    values = [part.get(key) for part in parts]
    if None in values:
        return None
    spreads = [part.get("intervals", {}).get(key) for part in parts]
    overlap = None
    if None not in spreads:
        (low, high), (other_low, other_high) = spreads
        overlap = low <= other_high and other_low <= high
    return Difference(values[0] * 100, values[1] * 100, overlap)


def verdict(found: Difference, question: str, other: str) -> str:
    """Answer a question about a difference, no more firmly than the intervals allow.

    Args:
        found: in balanced accuracy.
        question: the answer begins with it.
        other: the row it is held against, as it stands in a sentence.

    Returns:
        One or two sentences.
    """
    figures = f"{found.first:.1f} % balanced accuracy against {found.second:.1f} % of {other}"
    if found.points == 0:
        return f"{question} No: {figures}, no difference."
    direction = "more" if found.points > 0 else "less"
    size = f"{figures}, {abs(found.points):.1f} points {direction}."
    if found.overlap is None:
        answer = "On these images, yes" if found.points > 0 else "No"
        return f"{question} {answer}: {size} No intervals were computed."
    if found.overlap:
        answer = "Perhaps" if found.points > 0 else "No"
        return (
            f"{question} {answer}: {size} The 95 % intervals overlap: by these alone, other test "
            "images could turn it round."
        )
    answer = "On these images, yes" if found.points > 0 else "No, it is worse"
    return (
        f"{question} {answer}: {size} The 95 % intervals do not overlap: other test images "
        "would hardly turn it round."
    )


def against_baseline(results: Sequence[RowResult]) -> str:
    """Say whether the guided network beats the plain baseline."""
    rows = {result.name: result.figures for result in results}
    if BASELINE not in rows:
        return NO_BASELINE
    found = difference(rows[GUIDED], rows[BASELINE], "classification", "balanced_accuracy")
    if found is None:
        return INCOMPARABLE
    return verdict(found, "Does the guided network beat the plain one?", "the plain baseline")


def against_control(results: Sequence[RowResult], *, annotated: bool) -> str:
    """Say whether the guided network, if it is `annotated`, beats annotation at random places."""
    if not annotated:
        return (
            "No mask or box guides this network, so there is nothing a control could move to a "
            "random place."
        )
    guided = next(result.figures for result in results if result.name == GUIDED)
    control = next((result.figures for result in results if result.is_control), None)
    if control is None:
        return (
            "No control was trained (evaluation.control): without the same annotation rolled to "
            "random places, a gain may be mere regularisation."
        )
    found = difference(guided, control, "classification", "balanced_accuracy")
    if found is None:
        return INCOMPARABLE
    said = verdict(
        found,
        "Does it beat its control, the same annotation rolled to random places?",
        "the control",
    )
    if found.points <= 0 or found.overlap is not False:
        said += " Until it clearly does, a gain over the baseline may be mere regularisation."
    return said


def about_attention(results: Sequence[RowResult]) -> list[str]:
    """Say how much of each row's attention lies on the object, beside what chance would give."""
    rows = {result.name: result.figures.get("attention") for result in results}
    guided = rows.get(GUIDED)
    if guided is None:
        return ["Attention was not judged: no image of the split has a mask, or it was not asked."]
    sentences = [
        f"{guided['energy_in_mask'] * 100:.1f} % of the guided network's attention lies on the "
        f"object, which takes {guided['mask_area'] * 100:.1f} % of the image: attention spread "
        "evenly would score just that."
    ]
    others = [
        f"{figures['energy_in_mask'] * 100:.1f} % of {name}'s"
        for name, figures in rows.items()
        if name != GUIDED and figures
    ]
    if others:
        sentences.append(f"For comparison: {', '.join(others)}.")
    if guided["zero_maps"] > 0:
        sentences.append(
            f"{guided['zero_maps'] * 100:.1f} % of the guided network's maps are zero "
            "everywhere; they count as attention that misses. The guidance loss `revive` is made "
            "to bring dead maps back."
        )
    sentences.append(
        "Attention on the object is no proof that the verdict rests on it: judge a bias by the "
        "accuracy on images without that bias."
    )
    return sentences


def about_threshold(figures: Mapping[str, Any]) -> str | None:
    """Say at which threshold IoU is reported, and where that was chosen; None without IoU."""
    attention = figures.get("attention")
    if attention is None:
        return None
    chosen_on = attention["iou_threshold_chosen_on"]
    said = (
        f"each row's threshold was chosen on the {chosen_on} split "
        f"(for the guided network {attention['iou_threshold']:.2f} of a map's maximum)"
    )
    if chosen_on == figures["split"]:
        return f"IoU: {said}, the one that is reported here: it is somewhat flattered."
    return f"IoU: {said}, not on the {figures['split']} split reported here."


def other_rows(results: Sequence[RowResult]) -> list[str]:
    """Hold every further row against the guided network, a sentence each."""
    guided = next((result.figures for result in results if result.name == GUIDED), None)
    sentences = []
    for result in results:
        if result.name in (GUIDED, BASELINE) or result.is_control or guided is None:
            continue
        found = difference(guided, result.figures, "classification", "balanced_accuracy")
        if found is not None:
            sentences.append(verdict(found, f"Does it beat {result.name}?", result.name))
    return sentences
