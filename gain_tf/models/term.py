"""A loss term of a batch."""

from typing import NamedTuple

import tensorflow as tf


class Term(NamedTuple):
    """A loss term of a batch: its value, and the number of images (or pairs) it averages over."""

    value: tf.Tensor
    carriers: tf.Tensor
