"""What the dense CRF believes of neighbouring pixels."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class CrfParameters:
    """Parameters of the fully connected CRF of Krähenbühl and Koltun, 2011.

    Pixels i and j at (y, x) and of colour c want the same class with the strength

    `bilateral_weight exp(-|p_i - p_j|^2 / 2 bilateral_xy^2 - |c_i - c_j|^2 / 2 bilateral_rgb^2)
    + gaussian_weight exp(-|p_i - p_j|^2 / 2 gaussian_xy^2)`

    each of the two kernels normalised symmetrically. The defaults are those of SEC at the full
    size of the image.

    Attributes:
        iterations: of mean field.
        bilateral_weight: of the kernel that looks at place and colour.
        bilateral_xy: its reach in pixels.
        bilateral_rgb: its reach in colour, of 255.
        gaussian_weight: of the kernel that looks at the place alone.
        gaussian_xy: its reach in pixels.
    """

    iterations: int = 10
    bilateral_weight: float = 10.0
    bilateral_xy: float = 80.0
    bilateral_rgb: float = 13.0
    gaussian_weight: float = 3.0
    gaussian_xy: float = 3.0

    def __post_init__(self) -> None:
        if self.iterations < 0:
            raise ValueError(f"iterations must be at least 0, not {self.iterations}")
        reaches = self.bilateral_xy, self.bilateral_rgb, self.gaussian_xy
        if min(reaches) <= 0:
            raise ValueError(f"reaches must be greater than 0, not {min(reaches)}")

    def reduced(self, factor: float) -> "CrfParameters":
        """Return the same beliefs on an image whose sides are `factor` times smaller."""
        return replace(
            self,
            bilateral_xy=self.bilateral_xy / factor,
            gaussian_xy=self.gaussian_xy / factor,
        )


FULL_SIZE = CrfParameters()
"""At test time, on the image at its own size."""

TRAINING = CrfParameters().reduced(12)
"""In the constrain loss, on 41 x 41 cells: a twelfth of an image of about 500 pixels."""

LEAST_PROBABILITY = 1e-5
"""Floor of probabilities before their logarithm, as in SEC's inference."""
