"""Energy, RRR, raw evidence and revival: by hand, against NumPy, and their gradients."""

import numpy as np
import pytest
import tensorflow as tf
from reference import numeric_gradient

from gain_tf import losses

INSIDE = np.array([[[1.0, 0.5], [0.0, 0.0]]])


def close(made, expected, tolerance=1e-12):
    np.testing.assert_allclose(made, expected, rtol=0, atol=tolerance)


def test_energy_by_hand():
    maps = tf.constant([[[0.2, 0.4], [0.4, 0.0]]], tf.float64)
    # inside 0.2 + 0.5 x 0.4 = 0.4 of 1.0
    close(losses.energy(maps, INSIDE), 0.6)
    close(losses.energy(5 * maps, INSIDE), 0.6)
    # without the lower row: 0.4 of 0.6
    known = np.array([[[1.0, 1.0], [0.0, 0.0]]])
    close(losses.energy(maps, INSIDE, known=known), 1 / 3)
    close(losses.energy(0 * maps, INSIDE), 1)
    two = tf.concat([maps, 0 * maps], 0)
    close(losses.energy(two, np.repeat(INSIDE, 2, 0), tf.constant([0.5, 0.25])), 0.55)


def test_rrr_by_hand():
    gradient = np.zeros((1, 2, 2, 3))
    gradient[0, 0, 0] = 100  # inside
    gradient[0, 0, 1] = [2, 0, 0]  # half inside: (0.5 x 2)^2
    gradient[0, 1, 0] = [1, -2, 3]
    close(losses.rrr(tf.constant(gradient), INSIDE), 1 + 1 + 4 + 9)
    known = np.array([[[1.0, 1.0], [0.5, 1.0]]])
    close(losses.rrr(tf.constant(gradient), INSIDE, known=known), 1 + 14 / 4)


def test_evidence_by_hand():
    maps = np.zeros((1, 2, 2, 2))
    maps[0, 0, 0] = [9, -9]  # inside
    maps[0, 0, 1] = [4, 0]  # half inside; centred 2 and -2: (0.5 x 2)^2 for both
    maps[0, 1, 1] = [3, 3]  # centred 0
    close(losses.evidence(tf.constant(maps), INSIDE), 1 / 4)
    # not centred: (4 + 0) / 2 and 9, over four cells
    close(losses.evidence(tf.constant(maps), INSIDE, centred=False), (2 + 9) / 4)
    known = np.array([[[1.0, 1.0], [0.0, 0.0]]])
    close(losses.evidence(tf.constant(maps), INSIDE, known=known), 1 / 2)


def test_revive_by_hand():
    evidence = tf.constant([[[-1.0, -2.0], [-9.0, 9.0]]], tf.float64)
    # (1 x 1 + 0.5 x 2) / 1.5
    close(losses.revive(evidence, INSIDE), 4 / 3)
    close(losses.revive(-evidence, INSIDE), 0)
    known = np.array([[[0.0, 1.0], [1.0, 1.0]]])
    close(losses.revive(evidence, INSIDE, known=known), 2)


REFERENCES = {
    "energy": lambda a, m, known: 1 - (a * m * known).sum((1, 2)) / (a * known).sum((1, 2)),
    "rrr": lambda g, m, known: (((1 - m) * known)[..., None] ** 2 * g**2).sum((1, 2, 3)),
    "evidence": lambda e, m, known: (
        (known[..., None] * ((1 - m)[..., None] * (e - e.mean(-1, keepdims=True))) ** 2).sum(
            (1, 2, 3)
        )
        / known.sum((1, 2))
        / e.shape[-1]
    ),
    "revive": lambda e, m, known: np.maximum(
        0, -(m * known * e).sum((1, 2)) / (m * known).sum((1, 2))
    ),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_the_numpy_reference_and_the_gradient(rng, name):
    inside, known = rng.uniform(size=(2, 2, 3, 3))
    weights = np.array([0.3, 0.7])
    channels = () if name in ("energy", "revive") else (3,)
    at = rng.uniform(size=(2, 3, 3, *channels))
    if name == "revive":
        # One object speaks against its class, one for it: neither lies on the kink.
        at[0] -= 2

    def expected(values):
        return (weights * REFERENCES[name](values, inside, known)).sum()

    with tf.GradientTape() as tape:
        moved = tf.constant(at)
        tape.watch(moved)
        value = getattr(losses, name)(moved, inside, tf.constant(weights), known=known)
    close(value, expected(at))
    exact = tape.gradient(value, moved)
    close(exact, numeric_gradient(expected, at), 1e-7)
    assert np.abs(exact).max() > 1e-3
