"""What a config may say of the data sets that are rendered or built here."""

from pydantic import Field

from gain_tf.config.section import Section, Seed


class Workpiece(Section):
    """The rendered workpiece: `bias` is how often the desk goes with the orientation."""

    bias: float = Field(default=1.0, ge=0, le=1)
    train: int = Field(default=1200, ge=4)
    validation: int = Field(default=200, ge=4)
    test: int = Field(default=600, ge=4)
    seed: Seed = 0


class Camera(Section):
    """The rendered camera: `bias` is how often the bench goes with the orientation.

    `test` is taken as `train` is, `test_2` in another place and from other viewpoints.
    """

    bias: float = Field(default=1.0, ge=0, le=1)
    train: int = Field(default=700, ge=2)
    validation: int = Field(default=100, ge=2)
    test: int = Field(default=100, ge=2)
    test_2: int = Field(default=100, ge=2)
    seed: Seed = 0


class Shapes(Section):
    """The rendered blocks: `bias` is how often the table goes with the first block of an image.

    `voc_format` makes 20 classes instead of 6, and masks as VOC's: unknown along every outline.
    """

    bias: float = Field(default=0.8, ge=0, le=1)
    voc_format: bool = False
    train: int = Field(default=1200, ge=20)
    validation: int = Field(default=200, ge=20)
    test: int = Field(default=300, ge=20)
    seed: Seed = 0


class Boat(Section):
    """The rendered boats, cars and sheep: `bias` is how often they stand on their own ground.

    `test` is the number of images of each of the two test sets.
    """

    bias: float = Field(default=0.95, ge=0, le=1)
    train: int = Field(default=1600, ge=4)
    validation: int = Field(default=200, ge=4)
    test: int = Field(default=150, ge=3)
    seed: Seed = 0


class DecoyMnist(Section):
    """Decoy-MNIST: `bias` is how often the swatch says the digit; `train` is what is left of 5,000.

    Splits are balanced where `validation` and `test` are multiples of 10.
    """

    bias: float = Field(default=1.0, ge=0, le=1)
    validation: int = Field(default=400, ge=10)
    test: int = Field(default=1000, ge=10)
    seed: Seed = 0
